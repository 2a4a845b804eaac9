"""What a caller gives an operation, against what the provider registered; and the request of it.

Pure. No refusal carries a value: it may be personal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode

import orjson

from services.exchange.apis import patterns
from services.exchange.apis.definition import (
    BodyForm,
    Kind,
    Method,
    Operation,
    Parameter,
    Place,
    dotted,
)
from shared.errors import FieldError, Malformed

Value: TypeAlias = str | int | float | bool
_EXACT: Final = 2**53
_KINDS: Final = {
    Kind.TEXT: "a text",
    Kind.INTEGER: "a whole number",
    Kind.NUMBER: "a number",
    Kind.BOOLEAN: "true or false",
    Kind.DATE: "a date like 2026-11-22",
}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request for the provider's system: `target` is path and query, behind its address."""

    method: str
    target: str = field(repr=False)
    content_type: str | None
    body: bytes | None = field(repr=False)


def checked(operation: Operation, given: Mapping[str, Value | None]) -> dict[str, Value]:
    """What was given, by name; null is as good as absent. Raises Malformed, field by field."""
    known = {parameter.name: parameter for parameter in operation.parameters}
    found = {name: value for name, value in given.items() if value is not None}
    # Names that are not known may be anything, also personal: they are counted, not repeated.
    faults = [
        FieldError("body.parameters", "unknown", f"{strange} parameters are not known here.")
        for strange in [len(found.keys() - known.keys())]
        if strange
    ]
    for name, parameter in known.items():
        at = f"body.parameters.{name}"
        if name not in found:
            if parameter.required:
                faults.append(FieldError(at, "missing", "This parameter is required."))
            continue
        fault = _fault(parameter, found[name])
        if fault is not None:
            faults.append(FieldError(at, *fault))
    if not faults and dotted(_path(operation, found, encoded=False)):
        faults.append(FieldError("body.parameters", "path", "The path would lead elsewhere."))
    if faults:
        where = ", ".join(dict.fromkeys(fault.field for fault in faults))
        raise Malformed(f"The request is malformed at: {where[:400]}.", errors=faults)
    return found


def outgoing(operation: Operation, given: Mapping[str, Value]) -> Outgoing:
    """The request of what `checked` gave."""
    target = _path(operation, given, encoded=True)
    query = _placed(operation, given, Place.QUERY)
    if query:
        target += "?" + urlencode({name: _text(value) for name, value in query.items()})
    if operation.method is Method.GET:
        return Outgoing("GET", target, None, None)
    members = _placed(operation, given, Place.BODY)
    if operation.body is BodyForm.FORM:
        body = urlencode({name: _text(value) for name, value in members.items()}).encode()
        return Outgoing("POST", target, "application/x-www-form-urlencoded", body)
    return Outgoing("POST", target, "application/json", orjson.dumps(members))


def canonical(operation: Operation, given: Mapping[str, Value]) -> bytes:
    """The question as bytes: equal questions, equal bytes."""
    return orjson.dumps([operation.name, sorted(given.items())])


def _fault(parameter: Parameter, value: Value) -> tuple[str, str] | None:
    """The code and the sentence of what is wrong with a value."""
    if not _of_kind(parameter.kind, value):
        return "type", f"This is {_KINDS[parameter.kind]}."
    if isinstance(value, str):
        return _fault_of_text(parameter, value)
    if not isinstance(value, bool):
        number = Decimal(str(value))
        if parameter.least is not None and number < parameter.least:
            return "too-small", f"The least is {parameter.least}."
        if parameter.most is not None and number > parameter.most:
            return "too-large", f"The most is {parameter.most}."
    return None


def _of_kind(kind: Kind, value: Value) -> bool:
    match kind:
        case Kind.TEXT:
            return isinstance(value, str)
        case Kind.BOOLEAN:
            return isinstance(value, bool)
        case Kind.DATE:
            return isinstance(value, str) and _is_date(value)
        case Kind.INTEGER:
            return isinstance(value, int) and _is_number(value)
        case Kind.NUMBER:
            return _is_number(value)


def _is_number(value: Value) -> bool:
    """A number that every system reads alike: finite, and whole ones exact in floating point."""
    if isinstance(value, str | bool):
        return False
    return abs(value) <= _EXACT and isfinite(value)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _fault_of_text(parameter: Parameter, text: str) -> tuple[str, str] | None:
    if any(not c.isprintable() for c in text):
        return "not-printable", "A parameter has no control characters."
    if not parameter.shortest <= len(text) <= parameter.longest:
        return "length", f"This has {parameter.shortest} to {parameter.longest} characters."
    if parameter.place is Place.PATH and ("/" in text or "\\" in text):
        return "path", "What stands in a path has no slash."
    if parameter.pattern is not None and not patterns.fits(parameter.pattern, text):
        return "pattern", "This is not of the form that the provider registered."
    if parameter.choices is not None and text not in parameter.choices:
        return "choice", "This is none of the values that the provider registered."
    return None


def _path(operation: Operation, given: Mapping[str, Value], *, encoded: bool) -> str:
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place is Place.PATH:
            text = _text(given.get(parameter.name, ""))
            path = path.replace(f"{{{parameter.name}}}", quote(text, safe="") if encoded else text)
    return path


def _placed(operation: Operation, given: Mapping[str, Value], place: Place) -> dict[str, Value]:
    return {
        parameter.name_there: given[parameter.name]
        for parameter in operation.parameters
        if parameter.place is place and parameter.name in given
    }


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
