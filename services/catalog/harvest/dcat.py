"""A DCAT catalogue: one document, as Turtle or JSON-LD.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Iterator
from typing import Final

import orjson
from pydantic import JsonValue
from rdflib import DCAT, DCTERMS, RDF, Graph, Literal, Node, URIRef

from services.catalog.harvest.records import Record, SourceUnreadable, told
from services.catalog.mappings.translation import Translation

LARGEST: Final = 8 << 20
MOST: Final = 10_000
TURTLE: Final = "text/turtle"
JSON_LD: Final = "application/ld+json"
ACCEPTED: Final = f"{TURTLE}, {JSON_LD};q=0.9"
_CHINESE: Final = ("zh-hans", "zh-cn", "zh", None, "en")


def records(body: bytes, kind: str, translation: Translation) -> list[Record]:
    """The datasets of a document. Raises SourceUnreadable."""
    graph = Graph()
    try:
        if kind == JSON_LD:
            _refuse_remote(orjson.loads(body))
        graph.parse(data=body, format="turtle" if kind == TURTLE else "json-ld")
    except SourceUnreadable:
        raise
    except Exception as error:
        # rdflib's parsers raise whatever happens to them; each of it means the same here.
        raise SourceUnreadable(
            "source-not-dcat",
            "对方没有返回可读的 DCAT（Turtle 或 JSON-LD）。",
            f"That is no readable DCAT document ({type(error).__name__}).",
        ) from error
    found = [_record(graph, node, translation) for node in sorted(_datasets(graph))]
    if not found:
        raise SourceUnreadable(
            "source-without-datasets",
            "文档中没有 dcat:Dataset。",
            "The document describes no dcat:Dataset.",
        )
    return found


def _datasets(graph: Graph) -> Iterator[URIRef]:
    """The datasets that have a name of their own in the world; a blank node has none."""
    for node in set(graph.subjects(RDF.type, DCAT.Dataset)):
        if isinstance(node, URIRef):
            yield node


def _refuse_remote(told: JsonValue) -> None:
    """Refuse a document that has its meaning fetched from elsewhere: nothing is fetched for it."""
    waiting: list[tuple[bool, JsonValue]] = [(False, told)]
    while waiting:
        context, part = waiting.pop()
        if context and isinstance(part, str):
            raise SourceUnreadable(
                "source-context-remote",
                "JSON-LD 引用了外部 @context；请改用内嵌 @context 或 Turtle。",
                "The JSON-LD takes its @context from elsewhere; use an inline one, or Turtle.",
            )
        if isinstance(part, list):
            waiting += [(context, piece) for piece in part]
        elif isinstance(part, dict):
            waiting += [(key in ("@context", "@import"), value) for key, value in part.items()]


def _record(graph: Graph, node: URIRef, translation: Translation) -> Record:
    others = {
        graph.namespace_manager.normalizeUri(predicate): str(value)
        for predicate, value in graph.predicate_objects(node)
        if isinstance(predicate, URIRef) and isinstance(value, URIRef | Literal)
    }
    formats = [
        str(value)
        for distribution in graph.objects(node, DCAT.distribution)
        for predicate in (DCTERMS["format"], DCAT.mediaType)
        for value in graph.objects(distribution, predicate)
    ]
    name = _text(graph, node, DCTERMS.title) or str(node)
    abstract = _text(graph, node, DCTERMS.description)
    return Record(str(node), told(name, abstract, formats, dict(others), translation))


def _text(graph: Graph, node: Node, predicate: URIRef) -> str | None:
    """The literal, in Chinese where there is one."""
    found = {
        value.language: str(value)
        for value in graph.objects(node, predicate)
        if isinstance(value, Literal)
    }
    for language in _CHINESE:
        if language in found:
            return found[language]
    return next(iter(found.values()), None)
