"""信息资源分类 and 信息资源代码: where an entry stands in the trees, and the code it is given.

The trees come from 《政务信息资源目录编制指南（试行）》 (发改高技〔2017〕1272号). Which digits
a class has differs between provinces, so digits belong to the installation's `CodePattern`;
inside the platform a class is always a named enum.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

_BRANCH: Final = re.compile(r"\d{3}", re.ASCII)
_DETAIL: Final = re.compile(r"\d{1,20}", re.ASCII)


class Attribute(StrEnum):
    """类: the class of a resource by attribute."""

    BASE = "base"
    THEME = "theme"
    DEPARTMENT = "department"


class Topic(StrEnum):
    """项: the second level of the tree, under one class each (see TOPICS)."""

    POPULATION = "population"
    LEGAL_ENTITY = "legal-entity"
    GEOGRAPHY = "natural-resources-and-geography"
    CREDIT = "social-credit"
    CERTIFICATE = "electronic-certificate"

    PUBLIC_SERVICE = "public-service"
    HEALTH = "health"
    SOCIAL_SECURITY = "social-security"
    FOOD_AND_DRUGS = "food-and-drug-safety"
    WORK_SAFETY = "work-safety"
    PRICES = "price-supervision"
    ENERGY = "energy-security"
    CREDIT_SYSTEM = "credit-system"
    CONSTRUCTION = "urban-and-rural-construction"
    COMMUNITY = "community-governance"
    ENVIRONMENT = "environmental-protection"
    EMERGENCY = "emergency-and-stability"
    POVERTY_RELIEF = "poverty-relief"
    FINANCE = "finance"
    TAXATION = "taxation"
    STATISTICS = "statistics"

    PARTY = "party-committee"
    CONGRESS = "peoples-congress"
    GOVERNMENT = "government"
    CONSULTATIVE = "consultative-conference"
    COURT = "court"
    PROCURATORATE = "procuratorate"
    MASS_ORGANISATION = "mass-organisation"
    PUBLIC_INSTITUTION = "public-institution"


class Level(StrEnum):
    """层级: whose catalogue the entry belongs to."""

    DEPARTMENT = "department"
    LOCAL = "local"
    NATIONAL = "national"


TOPICS: Final[dict[Attribute, dict[Topic, str]]] = {
    Attribute.BASE: {
        Topic.POPULATION: "人口信息",
        Topic.LEGAL_ENTITY: "法人单位信息",
        Topic.GEOGRAPHY: "自然资源和空间地理信息",
        Topic.CREDIT: "社会信用信息",
        Topic.CERTIFICATE: "电子证照信息",
    },
    Attribute.THEME: {
        Topic.PUBLIC_SERVICE: "公共服务",
        Topic.HEALTH: "健康保障",
        Topic.SOCIAL_SECURITY: "社会保障",
        Topic.FOOD_AND_DRUGS: "食品药品安全",
        Topic.WORK_SAFETY: "安全生产",
        Topic.PRICES: "价格监管",
        Topic.ENERGY: "能源安全",
        Topic.CREDIT_SYSTEM: "信用体系",
        Topic.CONSTRUCTION: "城乡建设",
        Topic.COMMUNITY: "社区治理",
        Topic.ENVIRONMENT: "生态环保",
        Topic.EMERGENCY: "应急维稳",
        Topic.POVERTY_RELIEF: "精准扶贫",
        Topic.FINANCE: "金融",
        Topic.TAXATION: "税收",
        Topic.STATISTICS: "统计",
    },
    Attribute.DEPARTMENT: {
        Topic.PARTY: "党委",
        Topic.CONGRESS: "人大",
        Topic.GOVERNMENT: "政府",
        Topic.CONSULTATIVE: "政协",
        Topic.COURT: "法院",
        Topic.PROCURATORATE: "检察院",
        Topic.MASS_ORGANISATION: "群团组织",
        Topic.PUBLIC_INSTITUTION: "公共企事业单位",
    },
}

ATTRIBUTE_OF: Final[dict[Topic, Attribute]] = {
    topic: attribute for attribute, topics in TOPICS.items() for topic in topics
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """A place in the tree: 类, 项, and, where the installation has them, 目 and 细目.

    `branch` (目) is three digits, `detail` (细目) any number of digits under a branch; both are
    the installation's own and have no meaning to the platform.
    """

    attribute: Attribute
    topic: Topic
    branch: str | None = None
    detail: str | None = None

    @property
    def contradiction(self) -> str | None:
        """A sentence on what is wrong with the place, None when it exists."""
        if ATTRIBUTE_OF[self.topic] is not self.attribute:
            return f"The topic {self.topic} stands under {ATTRIBUTE_OF[self.topic]}."
        if self.branch is not None and not _BRANCH.fullmatch(self.branch):
            return "A branch (目) has exactly three digits."
        if self.detail is not None and self.branch is None:
            return "A detail (细目) needs the branch (目) that it stands under."
        if self.detail is not None and not _DETAIL.fullmatch(self.detail):
            return "A detail (细目) consists of digits."
        return None


def _default_topics() -> dict[Topic, str]:
    return {
        topic: f"{number:02d}"
        for topics in TOPICS.values()
        for number, topic in enumerate(topics, start=1)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePattern:
    """How this installation writes 信息资源代码: classification digits, separator, sequence.

    `sequence_digits` is the least width of the sequence; it may grow beyond, since the guide
    gives a sequence any length. `unclassified` stands for an entry without a place in the
    trees, which only a rulebook that asks for none lets in.
    """

    attributes: dict[Attribute, str] = field(
        default_factory=lambda: {
            Attribute.BASE: "1",
            Attribute.THEME: "2",
            Attribute.DEPARTMENT: "3",
        }
    )
    topics: dict[Topic, str] = field(default_factory=_default_topics)
    separator: str = "/"
    sequence_digits: int = 6
    unclassified: str = "0"

    def __post_init__(self) -> None:
        missing = [*(set(Attribute) - set(self.attributes)), *(set(Topic) - set(self.topics))]
        if missing:
            raise ValueError(f"the code pattern has no digits for: {', '.join(sorted(missing))}")
        for attribute, topics in TOPICS.items():
            if len({self.topics[topic] for topic in topics}) < len(topics):
                raise ValueError(f"two topics under {attribute} have the same digits")
        if len(set(self.attributes.values())) < len(self.attributes):
            raise ValueError("two classes have the same digits")

    def class_digits(self, place: Classification | None) -> str:
        """The digits of a place in the tree, e.g. `102` for base, legal entities."""
        if place is None:
            return self.unclassified
        return "".join(
            (
                self.attributes[place.attribute],
                self.topics[place.topic],
                place.branch or "",
                place.detail or "",
            )
        )

    def code(self, place: Classification | None, sequence: int) -> str:
        """The code of the `sequence`-th resource of a place, e.g. `102/000001`."""
        return f"{self.class_digits(place)}{self.separator}{sequence:0{self.sequence_digits}d}"
