"""Match: which rule a request falls under. A path that is not plain matches none."""

import re
from collections.abc import Iterable
from uuid import UUID

from gateway.rules import Rule

# Plain segments only: no empty one (`//`), no escape (`%2e`), no dot segment, nothing to decode.
_PLAIN = re.compile(rb"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
_LONGEST_PATH = 512
_PLACE = "{"


class Matcher:
    """The rules, ordered for finding one by method and path."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules: dict[tuple[str, int], list[tuple[Rule, list[str]]]] = {}
        for rule in rules:
            segments = rule.path.split("/")[1:]
            self._rules.setdefault((rule.method, len(segments)), []).append((rule, segments))
        for candidates in self._rules.values():
            # A literal segment is tried before a named one.
            candidates.sort(key=lambda c: [segment.startswith(_PLACE) for segment in c[1]])

    def match(self, method: str, raw_path: bytes) -> tuple[Rule, dict[str, str]] | None:
        """The rule and the values of its named segments; None where nothing is listed."""
        if len(raw_path) > _LONGEST_PATH or not _PLAIN.fullmatch(raw_path):
            return None
        parts = raw_path.decode("ascii").split("/")[1:]
        for rule, segments in self._rules.get((method, len(parts)), ()):
            values: dict[str, str] = {}
            for segment, part in zip(segments, parts, strict=True):
                if segment.startswith(_PLACE):
                    values[segment[1:-1]] = part
                elif segment != part:
                    break
            else:
                return rule, values
        return None


def uuid_in(values: dict[str, str], name: str) -> UUID | None:
    """The id in a named segment, None where it is absent or no id."""
    try:
        return UUID(values[name])
    except (KeyError, ValueError):
        return None
