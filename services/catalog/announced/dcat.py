"""The public catalogue as DCAT-AP 3, for other catalogues to harvest. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rdflib import DCAT, DCTERMS, FOAF, RDF, SKOS, XSD, Graph, Literal, Namespace, URIRef

from services.catalog.announced.entries import Entry
from services.catalog.items import Openness
from shared.events.catalog import UpdateCycle

_VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
_HYDRA: Final = Namespace("http://www.w3.org/ns/hydra/core#")
_AUTHORITY: Final = "http://publications.europa.eu/resource/authority"
# The European Publications Office's names, which every reader of DCAT-AP knows.
_FREQUENCIES: Final = {
    UpdateCycle.REAL_TIME: "CONT",
    UpdateCycle.DAILY: "DAILY",
    UpdateCycle.WEEKLY: "WEEKLY",
    UpdateCycle.MONTHLY: "MONTHLY",
    UpdateCycle.QUARTERLY: "QUARTERLY",
    UpdateCycle.HALF_YEARLY: "ANNUAL_2",
    UpdateCycle.YEARLY: "ANNUAL",
    UpdateCycle.IRREGULAR: "IRREG",
}
_CHINESE: Final = "zh"


class Syntax(StrEnum):
    """How a graph is written."""

    TURTLE = "ttl"
    JSON_LD = "jsonld"

    @property
    def media_type(self) -> str:
        """The media type of the syntax."""
        return "text/turtle" if self is Syntax.TURTLE else "application/ld+json"


@dataclass(frozen=True, slots=True)
class Place:
    """Where the catalogue is published, and by whom."""

    base: str
    title: str
    publisher: str


def catalogue(entries: Iterable[Entry], place: Place, next_page: str | None) -> Graph:
    """One page of the catalogue with its entries; `next_page` is the address of the next."""
    graph = _graph()
    home = URIRef(f"{place.base}/catalogue")
    graph.add((home, RDF.type, DCAT.Catalog))
    graph.add((home, DCTERMS.title, _text(place.title)))
    graph.add((home, DCTERMS.description, _text(f"{place.title}中可以向社会公布的部分。")))
    graph.add((home, DCTERMS.language, URIRef(f"{_AUTHORITY}/language/ZHO")))
    graph.add((URIRef(f"{_AUTHORITY}/language/ZHO"), RDF.type, DCTERMS.LinguisticSystem))
    graph.add((home, FOAF.homepage, home))
    graph.add((home, RDF.type, FOAF.Document))
    graph.add((home, DCAT.themeTaxonomy, _topics(graph, place)))
    _agent(graph, home, URIRef(f"{home}#publisher"), place.publisher)
    for entry in entries:
        graph.add((home, DCAT.dataset, _dataset(graph, entry, place)))
    if next_page is not None:
        graph.add((home, _HYDRA.next, URIRef(next_page)))
    return graph


def single(entry: Entry, place: Place) -> Graph:
    """One entry."""
    graph = _graph()
    _dataset(graph, entry, place)
    return graph


def written(graph: Graph, syntax: Syntax) -> str:
    """The graph in a syntax."""
    if syntax is Syntax.TURTLE:
        return graph.serialize(format="turtle")
    return graph.serialize(format="json-ld", auto_compact=True, indent=None)


def _dataset(graph: Graph, entry: Entry, place: Place) -> URIRef:
    page = f"{place.base}/catalogue/{entry.id}"
    it = URIRef(f"{page}#dataset")
    graph.add((it, RDF.type, DCAT.Dataset))
    graph.add((it, DCTERMS.title, _text(entry.name)))
    graph.add((it, DCTERMS.description, _text(entry.abstract or entry.name)))
    graph.add((it, DCTERMS.identifier, Literal(entry.code or str(entry.id))))
    graph.add((it, DCAT.landingPage, URIRef(page)))
    graph.add((URIRef(page), RDF.type, FOAF.Document))
    _agent(graph, it, URIRef(f"urn:uuid:{entry.provider.id}"), entry.provider.name)
    contact = URIRef(f"urn:uuid:{entry.provider.id}#contact")
    graph.add((it, DCAT.contactPoint, contact))
    graph.add((contact, RDF.type, _VCARD.Organization))
    graph.add((contact, RDF.type, _VCARD.Kind))
    graph.add((contact, _VCARD.fn, Literal(entry.provider.name)))
    if entry.topic is not None:
        theme = URIRef(f"{place.base}/catalogue?topic={entry.topic}")
        graph.add((it, DCAT.theme, theme))
        graph.add((theme, RDF.type, SKOS.Concept))
        graph.add((theme, SKOS.prefLabel, _text(entry.topic_name or entry.topic)))
        graph.add((theme, SKOS.inScheme, _topics(graph, place)))
    for item in entry.items:
        graph.add((it, DCAT.keyword, _text(item)))
    if entry.published_on is not None:
        graph.add((it, DCTERMS.issued, Literal(entry.published_on, datatype=XSD.date)))
    if entry.cycle is not None:
        frequency = URIRef(f"{_AUTHORITY}/frequency/{_FREQUENCIES[entry.cycle]}")
        graph.add((it, DCTERMS.accrualPeriodicity, frequency))
        graph.add((frequency, RDF.type, DCTERMS.Frequency))
    right = "PUBLIC" if entry.openness is Openness.OPEN else "RESTRICTED"
    rights = URIRef(f"{_AUTHORITY}/access-right/{right}")
    graph.add((it, DCTERMS.accessRights, rights))
    graph.add((rights, RDF.type, DCTERMS.RightsStatement))
    return it


def _topics(graph: Graph, place: Place) -> URIRef:
    """The classification in which topics stand."""
    scheme = URIRef(f"{place.base}/catalogue#topics")
    graph.add((scheme, RDF.type, SKOS.ConceptScheme))
    graph.add((scheme, DCTERMS.title, _text("信息资源分类")))
    return scheme


def _agent(graph: Graph, of: URIRef, agent: URIRef, name: str) -> None:
    graph.add((of, DCTERMS.publisher, agent))
    graph.add((agent, RDF.type, FOAF.Agent))
    graph.add((agent, FOAF.name, _text(name)))


def _graph() -> Graph:
    # None of the thirty prefixes that rdflib knows and nobody needs here.
    graph = Graph(bind_namespaces="none")
    graph.bind("dcat", DCAT)
    graph.bind("dct", DCTERMS)
    graph.bind("foaf", FOAF)
    graph.bind("vcard", _VCARD)
    graph.bind("hydra", _HYDRA)
    graph.bind("skos", SKOS)
    graph.bind("xsd", XSD)
    return graph


def _text(words: str) -> Literal:
    return Literal(words, lang=_CHINESE)
