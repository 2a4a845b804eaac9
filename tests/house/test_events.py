"""The published language: every event has its own subject, and audit records every one."""

import re
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Union, get_args, get_origin
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel

from services.audit import reading
from services.audit.entry import Kind
from services.audit.intake import SUBJECTS
from services.audit.reading import Arrived
from shared.bus import EVENT_SOURCES, EVENTS
from shared.crypto import STANDARD
from shared.events import Event, document, parse
from tests.house.walk import modules

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SUBJECT = re.compile(r"^[a-z]+(\.[a-z]+(-[a-z]+)*)+\.v[1-9][0-9]*$")


def spoken() -> list[type[Event]]:
    """Every class of event that has a subject, found by importing the published language."""
    list(modules("shared.events"))

    def below(kind: type[Event]) -> list[type[Event]]:
        return [k for sub in kind.__subclasses__() for k in (sub, *below(sub))]

    return [
        kind
        for kind in below(Event)
        if "subject" in vars(kind) and kind.__module__.startswith("shared.events.")
    ]


def test_every_source_publishes_something() -> None:
    assert {kind.subject.partition(".")[0] for kind in spoken()} == set(EVENT_SOURCES)


def test_every_event_has_a_subject_of_its_own() -> None:
    subjects = [kind.subject for kind in spoken()]
    assert len(subjects) == len(set(subjects))
    assert [subject for subject in subjects if not SUBJECT.match(subject)] == []


def test_an_event_is_spoken_by_the_part_whose_file_it_stands_in() -> None:
    found = [
        f"{kind.__module__}.{kind.__name__}: {kind.subject}"
        for kind in spoken()
        # A part that says much has several files: catalog, catalog_guide.
        if kind.subject.partition(".")[0] != kind.__module__.rpartition(".")[2].partition("_")[0]
    ]
    assert found == []


def test_no_event_hides_a_member_of_the_envelope() -> None:
    """A member of the same name would be lost on the wire, where the envelope has its own."""
    found = [
        f"{kind.__name__}.{name}"
        for kind in spoken()
        for base in kind.__mro__[: kind.__mro__.index(Event)]
        for name in vars(base).get("__annotations__", {})
        if name in Event.model_fields
    ]
    assert found == []


def test_every_event_says_what_happened() -> None:
    assert [kind.__name__ for kind in spoken() if "__doc__" not in vars(kind)] == []


@pytest.mark.parametrize("kind", spoken(), ids=lambda kind: str(kind.subject))
def test_audit_hears_every_event_and_can_read_it(kind: type[Event]) -> None:
    heard = [pattern.removesuffix(">") for pattern in SUBJECTS[EVENTS]]
    assert any(kind.subject.startswith(prefix) for prefix in heard)
    part = kind.subject.partition(".")[0]
    body = {**document(example(kind)), "source": f"/huitong/{part}", "sequence": "1"}
    sent = orjson.dumps(body)
    assert parse(sent).event(kind) == example(kind).model_copy(update={"source_sequence": 1})
    (parcel,) = reading.read(Arrived(kind.subject, sent, "1"), STANDARD, AT)
    assert parcel.entry.kind is Kind.EVENT
    assert parcel.entry.content["data"] == body["data"]


def example(kind: type[Event]) -> Event:
    """One event of that class, with a plausible value for each member."""
    fields = {name: sample(field.annotation) for name, field in kind.model_fields.items()}
    return kind.model_validate({**fields, "actor": f"operator:{UUID(int=1)}"})


def sample(annotation: object) -> object:
    """A value of that type."""
    if get_origin(annotation) in (Union, UnionType):
        return sample(next(a for a in get_args(annotation) if a is not NoneType))
    if get_origin(annotation) in (list, tuple, frozenset, set):
        return [sample(get_args(annotation)[0])]
    if get_origin(annotation) is dict:
        return {"key": sample(get_args(annotation)[1])}
    if isinstance(annotation, type):
        if issubclass(annotation, Enum):
            return next(iter(annotation))
        if issubclass(annotation, BaseModel):
            return {n: sample(f.annotation) for n, f in annotation.model_fields.items()}
        plain: dict[type, object] = {
            UUID: UUID(int=7),
            str: "610000/610300",
            bool: True,
            int: 3,
            float: 0.5,
            datetime: AT,
            date: AT.date(),
        }
        return plain[annotation]
    raise TypeError(f"no example of {annotation}")
