"""Patterns that a provider writes, matched by an engine whose time is bounded. Pure.

Python's own engine can be kept busy for years by a short pattern and a short text; pydantic's is
that of Rust, which has neither look-around nor back references and is linear in the text.
"""

from functools import lru_cache
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError
from pydantic_core import SchemaError


@lru_cache(maxsize=1000)
def whole(pattern: str) -> TypeAdapter[str]:
    """What matches texts that are the pattern from beginning to end. Raises ValueError."""
    try:
        # By itself too: what only makes sense inside the brackets would open them.
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
        return TypeAdapter(Annotated[str, StringConstraints(pattern=rf"\A(?:{pattern})\z")])
    except SchemaError:
        raise ValueError("this is no regular expression, or not one of bounded time") from None


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text matches."""
    try:
        whole(pattern).validate_python(text)
    except ValidationError:
        return False
    return True
