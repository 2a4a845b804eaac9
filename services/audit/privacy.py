"""What may never enter a log that cannot forget: personal numbers, wherever somebody typed them.

Events and records speak of people by opaque ids only; this is the net below that rule, for free
text such as a purpose or a reason. Resident identity numbers (GB 11643) and mobile numbers are
withheld; which fields lost one is said, what stood there is not.
"""

import re

from pydantic import JsonValue
from stdnum.cn import ric

WITHHELD = "[withheld]"

# Any personal number has eleven digits in a row: one search over the bytes of an entry settles
# nearly every one of them without looking at its fields.
_SUSPECT = re.compile(rb"\d{11}")
_IDENTITY = re.compile(r"(?<![0-9A-Za-z])\d{17}[0-9Xx](?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<![0-9A-Za-z])(?:\+?86[- ]?)?1[3-9]\d{9}(?![0-9A-Za-z])")


def suspect(body: bytes) -> bool:
    """Whether `body` might contain a personal number at all."""
    return _SUSPECT.search(body) is not None


def withhold(value: JsonValue, place: str = "") -> tuple[JsonValue, list[str]]:
    """`value` without personal numbers, and the dotted places of the texts that lost one."""
    match value:
        case str():
            cleaned = _MOBILE.sub(WITHHELD, _IDENTITY.sub(_unless_code, value))
            return cleaned, [place] if cleaned != value else []
        case dict():
            pairs = {name: withhold(part, _under(place, name)) for name, part in value.items()}
            lost = [at for _, places in pairs.values() for at in places]
            return {name: part for name, (part, _) in pairs.items()}, lost
        case list():
            parts = [withhold(part, _under(place, str(n))) for n, part in enumerate(value)]
            return [part for part, _ in parts], [at for _, places in parts for at in places]
    return value, []


def _unless_code(found: re.Match[str]) -> str:
    # Eighteen digits may also be a unified social credit code; region, birth date and check
    # character tell them apart.
    return WITHHELD if ric.is_valid(found[0]) else found[0]


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name
