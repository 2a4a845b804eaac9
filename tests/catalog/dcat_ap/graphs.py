"""What the public catalogue says as DCAT, and what shapes find wrong with it."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pyshacl import validate
from rdflib import SH, Graph

from services.catalog.announced import dcat
from services.catalog.announced.dcat import Place, Syntax
from services.catalog.announced.entries import Entry, Provider
from services.catalog.items import Openness
from shared.events.catalog import ShareType, UpdateCycle

PLACE = Place("https://huitong.example", "示例市政务信息资源目录", "示例市大数据管理局")
PROVIDER = Provider(UUID(int=7), "示例市市场监督管理局")
FULL = Entry(
    id=UUID(int=1),
    code="307/000001",
    name="法人单位基本信息",
    abstract="全市法人单位的登记信息。",
    provider=PROVIDER,
    topic="legal-entity",
    topic_name="法人单位",
    format="电子表格",
    share_type=ShareType.UNCONDITIONAL,
    share_condition=None,
    share_methods=(),
    openness=Openness.OPEN,
    open_condition=None,
    cycle=UpdateCycle.DAILY,
    published_on=date(2026, 3, 2),
    items=("统一社会信用代码", "名称"),
)
# As little as an entry may say.
SPARE = Entry(
    id=UUID(int=2),
    code=None,
    name="行政区划代码",
    abstract=None,
    provider=PROVIDER,
    topic=None,
    topic_name=None,
    format=None,
    share_type=ShareType.CONDITIONAL,
    share_condition=None,
    share_methods=(),
    openness=None,
    open_condition=None,
    cycle=None,
    published_on=None,
    items=(),
)


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What a shape finds: of which thing, about which property, how grave."""

    severity: str
    about: str
    path: str


def said(syntax: Syntax) -> Graph:
    """A page of the catalogue, and one entry alone, as they are read again by others."""
    read = Graph()
    page = dcat.catalogue([FULL, SPARE], PLACE, f"{PLACE.base}/catalogue.ttl?cursor=x")
    for graph in (page, dcat.single(FULL, PLACE)):
        kind = "turtle" if syntax is Syntax.TURTLE else "json-ld"
        read.parse(data=dcat.written(graph, syntax), format=kind)
    return read


def faults(data: Graph, shapes: Graph) -> set[Fault]:
    """Everything that the shapes find."""
    _, report, _ = validate(data, shacl_graph=shapes, allow_warnings=True)
    assert isinstance(report, Graph)
    found = set()
    for result in report.subjects(SH.resultSeverity):
        found.add(
            Fault(
                _end(report.value(result, SH.resultSeverity)),
                str(report.value(result, SH.focusNode)).removeprefix(PLACE.base),
                _end(report.value(result, SH.resultPath)),
            )
        )
    return found


def _end(node: object) -> str:
    return str(node).replace("#", "/").rsplit("/", 1)[-1]
