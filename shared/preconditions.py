"""If-Match: whether a change was made from what still stands (RFC 9110 §13.1.1). Pure."""

import re
from typing import Final

# A weak tag never matches here.
_STRONG_TAG: Final = re.compile(r'(?<!W/)"[^"]*"')


def matches(if_match: str, tag: str) -> bool:
    """Whether the header names `tag`, an entity tag with its quotes, or says that any will do."""
    return if_match.strip() == "*" or tag in _STRONG_TAG.findall(if_match)
