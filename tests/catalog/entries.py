"""Entries to judge, and what a rulebook finds wrong with them."""

from dataclasses import replace
from datetime import date

from services.catalog import rules
from services.catalog.entry import Entry, Provider, Surroundings
from services.catalog.examples import LEGAL_ENTITIES, PENALTIES
from services.catalog.formats import Format, FormatClass
from services.catalog.items import Item
from services.catalog.schemas import EntryBody
from shared import rulebooks
from shared.events.catalog import ItemType, Secrecy, ShareMethod, ShareType
from shared.rulebooks import Rulebook
from tests.catalog.world import CREDIT_CODE

J12, J17, Y16, B17 = ALL = ("jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017")
PROVIDER = Provider("示例市市场监督管理局", CREDIT_CODE)
ALONE = Surroundings()

LEGAL = EntryBody.model_validate(LEGAL_ENTITIES).entry()
NOT_SHARED = EntryBody.model_validate(PENALTIES).entry()
# The least that a rulebook without a guide asks for.
BARE = Entry(
    name="公共停车场名录",
    format=Format(FormatClass.DOCUMENT, "pdf"),
    share_type=ShareType.UNCONDITIONAL,
    share_methods=(ShareMethod.FILE,),
    update_cycle=LEGAL.update_cycle,
)
PHONE = Item(
    code="phone", name="联系电话", type=ItemType.CHARACTER, length=20, secrecy=Secrecy.PRIVACY
)


def book(rulebook: str) -> Rulebook:
    """A rulebook as it is in force."""
    return rulebooks.load(rulebook, date(2026, 3, 2))


def found(
    entry: Entry, rulebook: str, provider: Provider = PROVIDER, around: Surroundings = ALONE
) -> list[tuple[str, str, str | None]]:
    """The problems of an entry: field, code and article."""
    problems = rules.problems(entry, provider, book(rulebook), around)
    return [(problem.field, problem.code, problem.article) for problem in problems]


def with_item(entry: Entry, item: Item) -> Entry:
    """The entry with one item more."""
    return replace(entry, items=(*entry.items, item))
