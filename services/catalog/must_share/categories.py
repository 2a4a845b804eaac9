"""Which categories of information a rulebook wants shared, and which one an entry is of. Pure.

jiangsu-2012 §7, jiangsu-2017 §11(3), baoji-2017 §15(3).
"""

from collections.abc import Mapping
from typing import Final

from services.catalog.classification import Topic
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import MustShare, Theme

# The categories that a place in the tree implies; the others are stated by the compiler.
IMPLIED: Final[Mapping[Topic, MustShare]] = {
    Topic.POPULATION: MustShare.POPULATION,
    Topic.LEGAL_ENTITY: MustShare.LEGAL_ENTITIES,
    Topic.GEOGRAPHY: MustShare.GEOGRAPHY,
    Topic.FINANCE: MustShare.FINANCE,
    Topic.TAXATION: MustShare.TAX,
    Topic.STATISTICS: MustShare.STATISTICS,
}
THEMES: Final[Mapping[Topic, Theme]] = {
    Topic.PUBLIC_SERVICE: Theme.GOVERNMENT_SERVICES,
    Topic.HEALTH: Theme.HEALTH,
    Topic.SOCIAL_SECURITY: Theme.SOCIAL_SECURITY,
    Topic.FOOD_AND_DRUGS: Theme.FOOD_AND_DRUGS,
    Topic.WORK_SAFETY: Theme.WORK_SAFETY,
    Topic.PRICES: Theme.PRICES,
    Topic.ENERGY: Theme.ENERGY,
    Topic.CREDIT_SYSTEM: Theme.CREDIT_SYSTEM,
    Topic.CONSTRUCTION: Theme.CONSTRUCTION,
    Topic.COMMUNITY: Theme.COMMUNITY,
    Topic.ENVIRONMENT: Theme.ECOLOGY,
    Topic.EMERGENCY: Theme.EMERGENCY,
    Topic.POVERTY_RELIEF: Theme.POVERTY_RELIEF,
}


def of_rulebook(rulebook: Rulebook) -> frozenset[MustShare]:
    """The categories that the rulebook wants shared; empty where it says nothing."""
    return frozenset() if rulebook.must_share.silent else rulebook.must_share.value.categories


def topics_of(rulebook: Rulebook) -> frozenset[Topic]:
    """The places in the tree whose information the rulebook wants shared."""
    categories = of_rulebook(rulebook)
    found = {topic for topic, category in IMPLIED.items() if category in categories}
    if MustShare.THEMES in categories:
        named = rulebook.must_share.value.themes
        found |= {topic for topic, theme in THEMES.items() if theme in named}
    return frozenset(found)


def category_of(
    stated: MustShare | None, topic: Topic | None, rulebook: Rulebook
) -> MustShare | None:
    """The category of what stands at `topic` or says so itself; None: it need not be shared."""
    if stated is not None and stated in of_rulebook(rulebook):
        return stated
    if topic is None or topic not in topics_of(rulebook):
        return None
    return IMPLIED.get(topic, MustShare.THEMES)
