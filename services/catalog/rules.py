"""What an entry must fulfil to enter the catalogue under the chosen rulebook.

`problems` finds everything at once, each with its field, a sentence that a clerk can act on,
and the article behind it. What a rulebook leaves open but the guide rules, or every compiling
manual, is cited under the article by which the entry must be stated at all.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import Final

from stdnum.cn import uscc

from services.catalog import conditions, formats, names, sharing
from services.catalog.entry import Entry, Provider, Surroundings
from services.catalog.formats import FormatClass
from shared.errors import Conflict, FieldError
from shared.events.catalog import Secrecy
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import CatalogueField

LONGEST_ABSTRACT: Final = 256

# Tables are typed and checked row by row, so they need their items under every rulebook.
_TABULAR: Final = frozenset({FormatClass.DATABASE, FormatClass.SPREADSHEET})

# What a rulebook's word for a field means in an entry; the platform states the rest itself.
_FIELDS: Final[dict[CatalogueField, tuple[str, ...]]] = {
    CatalogueField.NAME: ("name",),
    CatalogueField.CLASSIFICATION: ("classification",),
    CatalogueField.RESPONSIBLE_PARTY: ("provider",),
    CatalogueField.PROVIDER: ("provider",),
    CatalogueField.FORMAT: ("format",),
    CatalogueField.ATTRIBUTES: ("items", "openness"),
    CatalogueField.PROVISION_METHOD: ("share_methods",),
    CatalogueField.SHARE_METHOD: ("share_methods",),
    CatalogueField.SHARE_TYPE: ("share_type",),
    # An empty one means unconditional; where types are named, sharing.py asks for it.
    CatalogueField.SHARING_CONDITION: (),
    CatalogueField.USE_REQUIREMENTS: (),
    CatalogueField.UPDATE_LIMIT: ("update_cycle",),
    CatalogueField.PUBLICATION_DATE: (),
}
_GUIDE: Final = (
    "classification",
    "abstract",
    "format",
    "items",
    "share_type",
    "share_methods",
    "openness",
    "update_cycle",
)
_CHINESE: Final[dict[str, str]] = {
    "name": "信息资源名称",
    "provider": "信息资源提供方",
    "classification": "信息资源分类",
    "abstract": "信息资源摘要",
    "format": "信息资源格式",
    "items": "信息项",
    "share_type": "共享类型",
    "share_methods": "共享方式",
    "openness": "开放属性",
    "update_cycle": "更新周期",
}


class EntryRefused(Conflict):
    """The entry does not fulfil what the rulebook demands; all reasons are in `errors`."""

    code = "entry-refused"
    title = "Entry refused"


class RulingMissing(Conflict):
    """Two articles pull apart here, and the authority's ruling is not stated."""

    code = "ruling-missing"
    title = "Ruling missing"


class SecrecyDiffers(Conflict):
    """The secrecy review found other secrets than the entry states."""

    code = "secrecy-differs"
    title = "Secrecy differs"


def problems(
    entry: Entry, provider: Provider, rulebook: Rulebook, around: Surroundings
) -> list[FieldError]:
    """All that keeps the entry out of the catalogue, in the order of its fields."""
    article = basis(rulebook)
    return [
        *_missing(entry, provider, rulebook),
        *_name(entry, around, article),
        *_provider(provider, article),
        *_texts(entry, article),
        *_place_and_format(entry, article),
        *sharing.problems(entry, rulebook),
        *sharing.network_problems(entry, rulebook, around.network),
        *_related(entry, around, article),
        *_items(entry, article),
        *_elements(entry, rulebook, around),
    ]


def check(entry: Entry, provider: Provider, rulebook: Rulebook, around: Surroundings) -> None:
    """Refuse an entry with problems. Raises EntryRefused with all of them."""
    found = problems(entry, provider, rulebook, around)
    if found:
        fields = ", ".join(dict.fromkeys(error.field for error in found))
        raise EntryRefused(
            f"{len(found)} points keep this entry out of the catalogue, at: {fields[:400]}.",
            article=found[0].article if len(found) == 1 else None,
            errors=found,
        )


def check_ruling(entry: Entry, rulebook: Rulebook, remarks: str | None) -> None:
    """Refuse a publication that needs a ruling and states none. Raises RulingMissing."""
    needed = sharing.ruling_needed(entry, rulebook)
    if needed is not None and not (remarks or "").strip():
        raise RulingMissing(needed.message, article=needed.article, errors=[needed])


def check_secrecy(entry: Entry, found: Collection[Secrecy], rulebook: Rulebook) -> None:
    """Refuse a clearance of what states other secrets than were found. Raises SecrecyDiffers."""
    stated = {entry.secrecy, *(item.secrecy for item in entry.items)} - {Secrecy.NONE}
    if stated != set(found) - {Secrecy.NONE}:
        names = ", ".join(sorted(stated)) or "nothing secret or private"
        raise SecrecyDiffers(
            f"The entry states: {names}. Return it, so that its compilers state what you found.",
            article=rulebook.secrecy_review.article,
            errors=[FieldError("found", "secrecy-differs", "Not what the entry states.")],
        )


def basis(rulebook: Rulebook) -> str | None:
    """The article under which core metadata is demanded: the guide's, or the entry's own."""
    if rulebook.catalogue_guide.silent:
        return rulebook.catalogue_entry.article
    return rulebook.catalogue_guide.article


def _missing(entry: Entry, provider: Provider, rulebook: Rulebook) -> Iterator[FieldError]:
    demanded: dict[str, str | None] = {}
    for required in sorted(rulebook.catalogue_entry.value.required):
        for field in _FIELDS[required]:
            demanded.setdefault(field, rulebook.catalogue_entry.article)
    if not rulebook.catalogue_guide.silent:
        for field in _GUIDE:
            demanded.setdefault(field, rulebook.catalogue_guide.article)
    if entry.format is not None and entry.format.kind in _TABULAR:
        demanded.setdefault("items", basis(rulebook))
    stated = {
        "name": entry.name.strip(),
        "provider": provider.name.strip(),
        "classification": entry.classification,
        "abstract": (entry.abstract or "").strip(),
        "format": entry.format,
        "items": entry.items,
        "share_type": entry.share_type,
        "share_methods": entry.share_methods,
        "openness": entry.openness,
        "update_cycle": entry.update_cycle,
    }
    for field, chinese in _CHINESE.items():
        if field in demanded and not stated[field]:
            yield FieldError(field, "missing", f"State the {chinese}.", demanded[field])


def _name(entry: Entry, around: Surroundings, article: str | None) -> Iterator[FieldError]:
    if not entry.name.strip():
        return
    if names.says_nothing(entry.name):
        yield FieldError(
            "name", "name-says-nothing", "Say in the name what the resource is about.", article
        )
    elif names.names_a_system(entry.name):
        yield FieldError(
            "name",
            "name-of-a-system",
            "Name the information and not the IT system that holds it.",
            article,
        )
    if around.namesake:
        yield FieldError(
            "name",
            "name-taken",
            "Another resource has this name; spaces and punctuation make no difference.",
            article,
        )


def _provider(provider: Provider, article: str | None) -> Iterator[FieldError]:
    if not uscc.is_valid(provider.credit_code):
        yield FieldError(
            "provider",
            "credit-code-invalid",
            "The provider's 统一社会信用代码 fails the check character of GB 32100; have the "
            "department's registration corrected.",
            article,
        )


def _texts(entry: Entry, article: str | None) -> Iterator[FieldError]:
    limits = (
        ("name", entry.name, names.LONGEST),
        ("abstract", entry.abstract or "", LONGEST_ABSTRACT),
        ("share_condition", entry.share_condition or "", conditions.LONGEST),
        ("open_condition", entry.open_condition or "", conditions.LONGEST),
    )
    for field, text, longest in limits:
        if len(text) > longest:
            yield FieldError(field, "too-long", f"At most {longest} characters.", article)
        if "\ufffd" in text:
            yield FieldError(field, "damaged-text", "The text is damaged; type it anew.", article)


def _place_and_format(entry: Entry, article: str | None) -> Iterator[FieldError]:
    if entry.classification is not None and entry.classification.contradiction:
        yield FieldError(
            "classification", "contradiction", entry.classification.contradiction, article
        )
    if entry.format is None:
        return
    if entry.format.contradiction:
        yield FieldError("format.type", "format-unknown", entry.format.contradiction, article)
    if formats.misfits(entry.format.kind, entry.share_methods):
        fitting = ", ".join(formats.fitting(entry.format.kind))
        yield FieldError(
            "share_methods",
            "contradiction",
            f"{formats.CHINESE[entry.format.kind]} is shared on the platform by: {fitting}.",
            article,
        )


def _related(entry: Entry, around: Surroundings, article: str | None) -> Iterator[FieldError]:
    for number, related in enumerate(entry.related):
        if related in around.unknown_related:
            yield FieldError(
                f"related.{number}",
                "related-unknown",
                "No resource of the catalogue has this id.",
                article,
            )


def _items(entry: Entry, article: str | None) -> Iterator[FieldError]:
    for number, item in enumerate(entry.items):
        for field, message in item.contradictions:
            yield FieldError(f"items.{number}.{field}", "contradiction", message, article)
    yield from _repeated("code", [item.code for item in entry.items], article)
    yield from _repeated("name", [names.key(item.name) for item in entry.items], article)


def _elements(entry: Entry, rulebook: Rulebook, around: Surroundings) -> Iterator[FieldError]:
    """Items are what the data elements say that they name (数据元)."""
    article = basis(rulebook) if rulebook.standards.silent else rulebook.standards.article
    for number, item in enumerate(entry.items):
        if item.element is None:
            continue
        element = around.elements.get(item.element)
        if element is None:
            sentence = "The registry of standards has no such data element."
            yield FieldError(f"items.{number}.element", "element-unknown", sentence, article)
            continue
        for field, sentence in element.contradictions(item):
            yield FieldError(f"items.{number}.{field}", "not-the-element", sentence, article)


def _repeated(field: str, values: Sequence[str], article: str | None) -> Iterator[FieldError]:
    seen = Counter[str]()
    for number, value in enumerate(values):
        seen[value] += 1
        if value and seen[value] > 1:
            yield FieldError(
                f"items.{number}.{field}", "repeated", "Another item above has it.", article
            )
