"""Whether an entry that was found can become one: the shape that the API takes, then the rulebook.

Pure: no database, no HTTP, no clock.
"""

from dataclasses import dataclass, replace

from pydantic import ValidationError

from services.catalog import rules
from services.catalog.bulk.found import LONGEST_KEY, Found, Problem, Severity
from services.catalog.bulk.sentences import chinese
from services.catalog.entry import Provider, Surroundings
from services.catalog.schemas import EntryBody, TypeOpen
from shared.errors import FieldError
from shared.rulebooks import Rulebook

_MOST_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class Judged:
    """What an entry came to: `body` where it has the shape, and everything found wrong.

    `rest` is what has the shape where not all of it does, so that the rulebook can be asked
    about that much in one go; `lacks` are the fields that it goes without.
    """

    found: Found
    body: EntryBody | None
    problems: list[Problem]
    rest: EntryBody | None = None
    lacks: frozenset[str] = frozenset()

    @property
    def stated(self) -> EntryBody | None:
        """As much of it as has the shape."""
        return self.body or self.rest

    @property
    def good(self) -> bool:
        """Whether nothing keeps it out."""
        return self.body is not None and not any(
            problem.severity is Severity.ERROR for problem in self.problems
        )


def shape(found: Found) -> Judged:
    """The entry as the API would take it, or what is wrong with its shape."""
    problems = list(found.problems)
    if found.key is not None and not usable(found.key):
        problems.append(
            Problem(
                place=found.place,
                field="external_id",
                code="key-unusable",
                zh=f"编号应为 1 至 {LONGEST_KEY} 个可见字符。",
                en=f"An identifier has 1 to {LONGEST_KEY} printable characters.",
            )
        )
    body = rest = None
    lacks: frozenset[str] = frozenset()
    try:
        body = EntryBody.model_validate(found.told)
    except ValidationError as error:
        lacks = frozenset(str(fault["loc"][0]) for fault in error.errors() if fault["loc"])
        rest = _rest(found, lacks)
        seen = {problem.field for problem in problems if problem.severity is Severity.ERROR}
        for fault in error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]:
            path = ".".join(str(part) for part in fault["loc"])
            code = str(fault["type"]).replace("_", "-")
            # A cell that gave no value has said why; that its field is missing adds nothing.
            if not (code == "missing" and path in seen):
                problems.append(
                    Problem(
                        place=found.at(path),
                        field=path,
                        code=code,
                        zh=chinese(code),
                        en=str(fault["msg"])[:300],
                    )
                )
    return Judged(found, body, problems[: _MOST_PROBLEMS * 2], rest, lacks)


def under_rulebook(
    judged: Judged,
    provider: Provider,
    rulebook: Rulebook,
    around: Surroundings,
    *,
    unfinished: bool,
) -> Judged:
    """The same, with what the rulebook would say if the entry were submitted now.

    Where entries may come in `unfinished`, that is a warning: the draft comes in, and cannot be
    submitted before it is mended.
    """
    body = judged.stated
    if body is None:
        return judged
    severity = Severity.WARNING if unfinished else Severity.ERROR
    # A field whose cell gave no value is empty for the rules too; it was reported already.
    said = {problem.field for problem in judged.problems if problem.severity is Severity.ERROR}
    try:
        entry = body.entry(around.elements)
    except TypeOpen as refusal:
        open_ = [_problem(judged.found, error, Severity.ERROR) for error in refusal.errors]
        return replace(judged, problems=[*judged.problems, *open_])
    more = [
        _problem(judged.found, error, severity)
        for error in rules.problems(entry, provider, rulebook, around)
        if not (error.code == "missing" and error.field in said)
        and error.field.partition(".")[0] not in judged.lacks
    ]
    return replace(judged, problems=[*judged.problems, *more])


def _rest(found: Found, lacks: frozenset[str]) -> EntryBody | None:
    """What of the entry has the shape; None where not even its name does."""
    try:
        return EntryBody.model_validate({k: v for k, v in found.told.items() if k not in lacks})
    except ValidationError:
        return None


def usable(key: str) -> bool:
    """Whether an identifier can be kept."""
    return 0 < len(key) <= LONGEST_KEY and key.isprintable()


def _problem(found: Found, error: FieldError, severity: Severity) -> Problem:
    return Problem(
        place=found.at(error.field),
        field=error.field,
        code=error.code,
        zh=chinese(error.code),
        en=error.message,
        article=error.article,
        severity=severity,
    )
