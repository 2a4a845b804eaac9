"""The words of the table of operations: what a cell says, and the kinds of cell."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.roles import Role

# The service answers: with success, or with a refusal that is its own to make (409, 422, ...).
ANSWERED = "answered"
# 404: not there, or not the caller's to know. Every other word is the code of a 403.
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Cell:
    """What the caller is answered where the thing is its department's own, another's, another's
    while the caller's department is the competent authority, nobody's, and its own while its
    department is suspended (None: the same as its own).

    `everywhere` names the roles for which all departments' things are there, `overseeing` those at
    the competent authority, `at_home` those for which only their own department's are, `but` what
    some are told of their own, `machines` a machine's refusal, `names` what a path's name is.
    """

    own: str
    theirs: str
    overseen: str
    nobodys: str
    suspended: str | None = None
    everywhere: frozenset[Role] = frozenset()
    overseeing: frozenset[Role] = frozenset()
    at_home: frozenset[Role] = frozenset()
    but: Mapping[str, str] = field(default_factory=dict)
    machines: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)


def everybody(machines: str | None = None) -> Cell:
    """Nobody's in particular: all who have the permission are answered."""
    return Cell(ANSWERED, ANSWERED, ANSWERED, ANSWERED, machines=machines)


def unknown() -> Cell:
    """What is asked for is not there, whosever it would be."""
    return Cell(UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN)


def known_to_all(**names: str) -> Cell:
    """Every department's is there for every department."""
    return Cell(ANSWERED, ANSWERED, ANSWERED, UNKNOWN, names=names)


def own_only(*everywhere: Role, **names: str) -> Cell:
    """One's own department's; to all others it does not exist."""
    return Cell(ANSWERED, UNKNOWN, UNKNOWN, UNKNOWN, everywhere=frozenset(everywhere), names=names)


def overseen(**names: str) -> Cell:
    """One's own department's, and the competent authority may see it."""
    return Cell(ANSWERED, UNKNOWN, ANSWERED, UNKNOWN, names=names)


def not_the_authoritys(code: str, **names: str) -> Cell:
    """One's own department's to do; the competent authority sees it and may not."""
    return Cell(ANSWERED, UNKNOWN, code, UNKNOWN, names=names)


def the_other_sides(code: str, **names: str) -> Cell:
    """Seen by one's own department and the authority, and neither's to do."""
    return Cell(code, UNKNOWN, code, UNKNOWN, names=names)


def the_authority_alone(code: str, nobodys: str) -> Cell:
    """The competent authority's to do, in its region, and no department's."""
    return Cell(code, code, ANSWERED, nobodys)


def taking() -> Cell:
    """Others' data under a grant of one's own department, unless it is suspended."""
    return Cell(ANSWERED, UNKNOWN, UNKNOWN, UNKNOWN, suspended="department-suspended")
