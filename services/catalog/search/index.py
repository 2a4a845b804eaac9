"""The index itself, in a folder or in memory: written by one process, searched by its threads.

It holds no secret that PostgreSQL does not hold: ids, words and classifications. Beside the
documents it keeps the mark of how far it has followed, in the same commit, so that a killed
process finds the two together.
"""

import shutil
import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import orjson
import tantivy

from services.catalog.search.documents import EVERYBODY, Document, Facet, Field
from services.catalog.search.words import BEGINNING, BETWEEN, Word, beginnings, fold

# Raised when what is written changes: an index of another form is built anew.
_FORM: Final = 3
_TOKENIZER: Final = "words"
_WRITER_BYTES: Final = 15_000_000
_WEIGHTS: Final = {Field.NAME: 8.0, Field.ITEMS: 3.0, Field.DEPARTMENT: 2.0, Field.ABSTRACT: 1.0}
_PUBLIC_WEIGHTS: Final = {
    Field.NAME: 8.0,
    Field.PUBLIC_ITEMS: 3.0,
    Field.DEPARTMENT: 2.0,
    Field.ABSTRACT: 1.0,
}
_TIE: Final = 0.1
_MARK: Final = "mark"
_NEWEST: Final = "order"


class IndexTaken(Exception):
    """Another process writes the index in that folder."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far PostgreSQL was followed.

    `origin` says which tables were followed. Every transaction before `before` is in the
    index, and of the later ones those in `beside`. `at` is when that was, in seconds since 1970.
    """

    origin: str
    before: int
    beside: frozenset[int]
    at: float


@dataclass(frozen=True, slots=True)
class Asked:
    """What is searched for: every one of `words`, and of each facet one of the values.

    `audiences` are the viewer's, beside EVERYBODY. The `public` finds nothing by what it may not
    know of.
    """

    words: tuple[Word, ...]
    facets: Mapping[Facet, Collection[str]]
    audiences: tuple[str, ...]
    public: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A resource that was found, and what it is ordered by: the higher the earlier."""

    resource: UUID
    key: float


@dataclass(frozen=True, slots=True)
class Count:
    """How many of what was found have each value of a facet, the most frequent first.

    `others` counts those whose value is not among `values`.
    """

    values: tuple[tuple[str, int], ...]
    others: int


class Index:
    """One index. Searching may go on in any thread while one thread writes."""

    def __init__(self, folder: Path | None) -> None:
        """Open the index in `folder`, or begin one; without a folder it lives in memory.

        Raises IndexTaken.
        """
        self._schema = _schema()
        self._index = self._opened(folder)
        analyzer = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        self._index.register_tokenizer(_TOKENIZER, analyzer)
        try:
            self._writer = self._index.writer(_WRITER_BYTES, 1)
        except ValueError as error:
            raise IndexTaken(str(folder)) from error
        self._writing = threading.Lock()

    def _opened(self, folder: Path | None) -> tantivy.Index:
        if folder is None:
            return tantivy.Index(self._schema)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return tantivy.Index(self._schema, path=str(folder))
        except ValueError:
            # Of another form, or torn: what it held is in PostgreSQL.
            shutil.rmtree(folder)
            folder.mkdir()
            return tantivy.Index(self._schema, path=str(folder))

    @property
    def size(self) -> int:
        """How many documents it holds."""
        return max(0, self._index.searcher().num_docs - 1)

    def mark(self) -> Mark | None:
        """How far it has followed; None where it has not begun, or is of another form."""
        searcher = self._index.searcher()
        found = searcher.search(self._term("told", _MARK), limit=1, count=False).hits
        if not found:
            return None
        told = orjson.loads(str(searcher.doc(found[0][1]).get_first("mark")))
        if told["form"] != _FORM:
            return None
        return Mark(told["origin"], told["before"], frozenset(told["beside"]), told["at"])

    def clear(self) -> None:
        """Forget everything."""
        with self._writing:
            self._writer.delete_all_documents()
            self._writer.commit()
            self._index.reload()

    def replace(
        self, resources: Collection[UUID], documents: Iterable[Document], mark: Mark | None
    ) -> None:
        """Let the index hold of these resources these documents and no others.

        Without a mark nothing is committed yet: the building of an index goes on.
        """
        with self._writing:
            for resource in resources:
                self._writer.delete_documents_by_term("resource", str(resource))
            for document in documents:
                self._writer.add_document(self._written(document))
            if mark is not None:
                self._writer.delete_documents_by_term("told", _MARK)
                self._writer.add_document(self._as_document(mark))
                self._writer.commit()
                self._index.reload()

    def find(self, asked: Asked, limit: int, offset: int = 0, *, newest: bool = False) -> list[Hit]:
        """What is found, the best match first, or the newest."""
        searcher = self._index.searcher()
        order = _NEWEST if newest else None
        found = searcher.search(
            self._query(asked), limit=limit, count=False, order_by_field=order, offset=offset
        )
        return [
            Hit(UUID(str(searcher.doc(address).get_first("resource"))), float(key))
            for key, address in found.hits
        ]

    def count(self, asked: Asked, facets: Collection[Facet], most: int) -> dict[Facet, Count]:
        """How what is found is spread over each facet, with at most `most` values of each."""
        spread = self._index.searcher().aggregate(
            self._query(asked),
            {facet.value: {"terms": {"field": facet.value, "size": most}} for facet in facets},
        )
        counts = {}
        for facet in facets:
            buckets = spread[facet.value]["buckets"]
            values = tuple((str(b["key"]), int(b["doc_count"])) for b in buckets)
            counts[facet] = Count(values, int(spread[facet.value]["sum_other_doc_count"]))
        return counts

    def total(self, asked: Asked) -> int:
        """How many are found."""
        found = self._index.searcher().search(self._query(asked), limit=1, count=True)
        return int(getattr(found, "count", 0) or 0)

    def complete(self, typed: str, limit: int) -> list[str]:
        """Names in the catalogue that begin with `typed`, or one of whose words does.

        The newest first, for what is short: a million names may begin so, and their terms are
        too many to walk.
        """
        folded = fold(typed)
        searcher = self._index.searcher()
        # A name may stand for several resources, so a few more are read than are told.
        most = limit * 8
        if len(folded) > BEGINNING:
            # A name stands under each of its words.
            terms = searcher.terms_with_prefix(
                "completion", folded, filter_query=self._public(), limit=most
            )
            found = [term.partition(BETWEEN)[2] for term, _ in terms]
        else:
            # Only what everybody is shown has beginnings.
            hits = searcher.search(
                self._term("beginning", folded), limit=most, count=False, order_by_field=_NEWEST
            ).hits
            found = [str(searcher.doc(address).get_first("called")) for _, address in hits]
        return list(dict.fromkeys(found))[:limit]

    def close(self) -> None:
        """Let go of the folder."""
        with self._writing:
            self._writer.wait_merging_threads()

    def _written(self, document: Document) -> tantivy.Document:
        return tantivy.Document.from_dict(
            {
                "resource": str(document.resource),
                "restricted": "" if EVERYBODY in document.audience else "yes",
                "audience": sorted(document.audience),
                "instead": sorted(document.instead),
                _NEWEST: document.order,
                "completion": list(document.completions),
                "beginning": sorted(beginnings(document.completions)),
                "called": _called(document),
                **{name.value: text for name, text in document.text.items()},
                **{facet.value: list(values) for facet, values in document.facets.items()},
            },
            self._schema,
        )

    def _as_document(self, mark: Mark) -> tantivy.Document:
        told = {
            "form": _FORM,
            "origin": mark.origin,
            "before": mark.before,
            "beside": sorted(mark.beside),
            "at": mark.at,
        }
        return tantivy.Document.from_dict(
            {"told": _MARK, "restricted": "yes", "mark": orjson.dumps(told).decode()},
            self._schema,
        )

    def _query(self, asked: Asked) -> tantivy.Query:
        weights = _PUBLIC_WEIGHTS if asked.public else _WEIGHTS
        must = [self._word(word, weights) for word in asked.words]
        for facet, values in asked.facets.items():
            one_of = tantivy.Query.term_set_query(self._schema, facet.value, sorted(values))
            must.append(tantivy.Query.const_score_query(one_of, 0.0))
        hidden = [
            tantivy.Query.boolean_query(
                [
                    (tantivy.Occur.Must, self._term("restricted", "yes")),
                    *[(tantivy.Occur.MustNot, self._term("audience", a)) for a in asked.audiences],
                ]
            ),
            *[self._term("instead", audience) for audience in asked.audiences],
        ]
        return tantivy.Query.boolean_query(
            [
                *[(tantivy.Occur.Must, query) for query in must or [tantivy.Query.all_query()]],
                *[(tantivy.Occur.MustNot, query) for query in hidden],
            ]
        )

    def _word(self, word: Word, weights: Mapping[Field, float]) -> tantivy.Query:
        whole = self._anywhere(word.whole, weights)
        if not word.parts:
            return whole
        parts = [(tantivy.Occur.Must, self._anywhere(part, weights)) for part in word.parts]
        return tantivy.Query.disjunction_max_query([whole, tantivy.Query.boolean_query(parts)])

    def _anywhere(self, word: str, weights: Mapping[Field, float]) -> tantivy.Query:
        return tantivy.Query.disjunction_max_query(
            [
                tantivy.Query.boost_query(self._term(field.value, word), weight)
                for field, weight in weights.items()
            ],
            _TIE,
        )

    def _public(self) -> tantivy.Query:
        return tantivy.Query.boolean_query(
            [
                (tantivy.Occur.Must, tantivy.Query.all_query()),
                (tantivy.Occur.MustNot, self._term("restricted", "yes")),
            ]
        )

    def _term(self, field: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, field, value, "freq")


def _called(document: Document) -> str:
    """The name to which its completions lead; empty where it has none."""
    return document.completions[0].partition(BETWEEN)[2] if document.completions else ""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("resource", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("called", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("mark", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("told", "restricted", "audience", "instead", "completion", "beginning"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for field in Field:
        builder.add_text_field(field.value, tokenizer_name=_TOKENIZER, index_option="freq")
    for facet in Facet:
        builder.add_text_field(facet.value, tokenizer_name="raw", fast=True, index_option="basic")
    builder.add_unsigned_field(_NEWEST, fast=True)
    return builder.build()
