"""Match: which rule a request falls under. A path that is not plain matches none."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from gateway.rules import Rule

# Plain segments only: no empty one (`//`), no escape of what could be written (`%2e`), no dot
# segment. Beyond ASCII there is one way to write a name, and it means nothing to a path.
_BEYOND = rb"%[89A-F][0-9A-F]"
_PLAIN = re.compile(rb"(?:/(?:[A-Za-z0-9_~-]|%b)(?:[A-Za-z0-9._~-]|%b)*)+" % (_BEYOND, _BEYOND))
_LONGEST_PATH = 512
# Callers ask for the same again and again.
_REMEMBERED = 4096
_PLACE = "{"


class Matched:
    """The rule that a request falls under, the values of its named segments, and the ids among
    them that matter here: `grant` and `resource` are None where none is named."""

    __slots__ = ("grant", "resource", "rule", "values")

    def __init__(self, rule: Rule, values: dict[str, str]) -> None:
        self.rule = rule
        self.values = values
        self.grant = uuid_in(values, "grant")
        self.resource = uuid_in(values, "resource")


@dataclass(slots=True)
class _Step:
    """What may follow a beginning of paths: a literal segment, or one with a name."""

    literals: dict[str, "_Step"] = field(default_factory=dict)
    named: "_Step | None" = None
    # The rule whose path ends here, and its named segments by their place.
    rule: Rule | None = None
    names: tuple[tuple[int, str], ...] = ()


class Matcher:
    """The rules as a tree of segments, for each method."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._methods: dict[str, _Step] = {}
        self._known: dict[tuple[str, bytes], Matched] = {}
        for rule in rules:
            segments = rule.path.split("/")[1:]
            step = self._methods.setdefault(rule.method, _Step())
            for segment in segments:
                if segment.startswith(_PLACE):
                    step.named = step.named or _Step()
                    step = step.named
                else:
                    step = step.literals.setdefault(segment, _Step())
            if step.rule is None:
                step.rule = rule
                places = enumerate(segments)
                step.names = tuple((n, s[1:-1]) for n, s in places if s.startswith(_PLACE))

    def match(self, method: str, raw_path: bytes) -> Matched | None:
        """The rule and what the path names; None where nothing is listed."""
        known = self._known.get((method, raw_path))
        if known is None:
            known = self._read(method, raw_path)
            if known is not None:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[method, raw_path] = known
        return known

    def _read(self, method: str, raw_path: bytes) -> Matched | None:
        if len(raw_path) > _LONGEST_PATH or not _PLAIN.fullmatch(raw_path):
            return None
        first = self._methods.get(method)
        parts = raw_path.decode("ascii").split("/")[1:]
        found = None if first is None else _find(first, parts, 0)
        if found is None or found.rule is None:
            return None
        return Matched(found.rule, {name: parts[place] for place, name in found.names})


def _find(step: _Step, parts: list[str], place: int) -> _Step | None:
    """The step where the path ends. A literal segment is tried before a named one."""
    if place == len(parts):
        return step if step.rule is not None else None
    literal = step.literals.get(parts[place])
    found = None if literal is None else _find(literal, parts, place + 1)
    if found is None and step.named is not None:
        found = _find(step.named, parts, place + 1)
    return found


def uuid_in(values: dict[str, str], name: str) -> UUID | None:
    """The id in a named segment, None where it is absent or no id."""
    try:
        return UUID(values[name])
    except (KeyError, ValueError):
        return None
