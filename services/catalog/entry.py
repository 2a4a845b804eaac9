"""An entry of the catalogue (目录条目): the core metadata of one resource, as compiled.

Fields 1 to 15 of the core metadata in 《政务信息资源目录编制指南（试行）》, less what the platform
itself adds: the code, the provider's name and credit code, and the publication date. Everything
but the name may be missing while an entry is a draft.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from services.catalog.classification import Classification, Level
from services.catalog.conditions import LegalBasis
from services.catalog.formats import Format
from services.catalog.items import Item, Openness
from services.catalog.standards.elements import DataElement, shipped
from shared.events.catalog import Grade, Secrecy, ShareMethod, ShareType, UpdateCycle
from shared.rulebooks.vocabulary import BasicCategory, MustShare, Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the compiler states of a resource.

    `basic_category` says that the whole resource belongs to a kind of information that a
    rulebook wants unconditional and that no place in the tree implies (行政执法结果, 公共服务设施),
    `must_share` that it is of a kind that must be shared and that no place in the tree implies.
    `secrecy` is that of the resource as a whole; items may have their own.
    `related` are the ids of resources that this one reuses.
    """

    name: str
    provider_unit: str | None = None
    classification: Classification | None = None
    level: Level | None = None
    basic_category: BasicCategory | None = None
    must_share: MustShare | None = None
    abstract: str | None = None
    format: Format | None = None
    secrecy: Secrecy = Secrecy.NONE
    grade: Grade = Grade.ORDINARY
    share_type: ShareType | None = None
    share_condition: str | None = None
    legal_basis: LegalBasis | None = None
    share_methods: tuple[ShareMethod, ...] = ()
    openness: Openness | None = None
    open_condition: str | None = None
    update_cycle: UpdateCycle | None = None
    related: tuple[UUID, ...] = ()
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """信息资源提供方: the department as the gateway registered it."""

    name: str
    credit_code: str


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the catalogue around an entry says about it.

    `namesake`: another resource, the provider's own or a published one, has the same name.
    `unknown_related`: which of the entry's related resources are not in the catalogue.
    `elements`: those data elements that its items name and the registry has, by code.
    `network`: the one on which this installation stands, `inner` or `outer`.
    """

    namesake: bool = False
    unknown_related: frozenset[UUID] = frozenset()
    elements: Mapping[str, DataElement] = field(default_factory=shipped)
    network: Network = Network.INNER
