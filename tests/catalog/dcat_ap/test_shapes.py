"""The public catalogue passes the shapes of DCAT-AP, and says which recommendations it leaves."""

from pathlib import Path

import pytest
from rdflib import DCAT, DCTERMS, FOAF, RDF, Graph, Literal, URIRef

from services.catalog.announced.dcat import Syntax
from tests.catalog.dcat_ap.graphs import FULL, PLACE, SPARE, faults, said

SHAPES = Graph().parse(Path(__file__).with_name("shapes.ttl"))
HOME = URIRef(f"{PLACE.base}/catalogue")
# Files are the open-data portal's, licences nobody has stated, an entry says no time or place, and
# when the catalogue as a whole began or changed last, no page of it knows.
LEFT_OPEN = {
    "/catalogue": {"license", "issued", "modified", "spatial"},
    f"/catalogue/{FULL.id}#dataset": {"distribution", "spatial", "temporal"},
    f"/catalogue/{SPARE.id}#dataset": {"distribution", "spatial", "temporal", "theme", "keyword"},
}


# rdflib's own reader of JSON-LD still uses what rdflib has deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("syntax", list(Syntax), ids=str)
def test_what_is_announced_breaks_nothing_that_dcat_ap_demands(syntax: Syntax) -> None:
    found = faults(said(syntax), SHAPES)
    assert [fault for fault in found if fault.severity != "Warning"] == []
    left: dict[str, set[str]] = {}
    for fault in found:
        left.setdefault(fault.about, set()).add(fault.path)
    assert left == LEFT_OPEN


@pytest.mark.parametrize(
    "broken",
    [
        (DCTERMS.publisher, URIRef("urn:x:second")),
        (DCTERMS.language, Literal("zh")),
        (FOAF.homepage, Literal("here")),
        (DCAT.dataset, URIRef("urn:x:nothing")),
        (DCTERMS.modified, Literal("yesterday")),
        (DCTERMS.title, URIRef("urn:x:title")),
    ],
    ids=lambda broken: str(broken[0]).rsplit("/", 1)[-1],
)
def test_the_shapes_see_what_is_wrong(broken: tuple[URIRef, URIRef | Literal]) -> None:
    graph = said(Syntax.TURTLE)
    graph.add((HOME, *broken))
    assert any(fault.severity == "Violation" for fault in faults(graph, SHAPES))
    nameless = said(Syntax.TURTLE)
    for agent in list(nameless.subjects(RDF.type, FOAF.Agent)):
        nameless.remove((agent, FOAF.name, None))
    assert any(fault.path == "name" for fault in faults(nameless, SHAPES))
