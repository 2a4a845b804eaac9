"""What a project must bring before it is approved, accepted and funded. Pure.

jiangsu-2012 §29, jiangsu-2017 §22-23, baoji-2017 §26. Each demand is a duty that the rulebook
names; where it does not, nothing of the kind is demanded, and everything may still be filed.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden, NotFound
from shared.rulebooks import Rulebook
from shared.rulebooks.duties import ProjectDuty


class Stage(StrEnum):
    """How far a project is."""

    FILED = "filed"
    APPROVED = "approved"
    ACCEPTED = "accepted"
    ENDED = "ended"


class BudgetSource(StrEnum):
    """Where the money comes from; how much it is, the platform never knows."""

    INVESTMENT_PLAN = "investment-plan"
    DEPARTMENT_BUDGET = "department-budget"
    SPECIAL_FUND = "special-fund"
    OTHER = "other"


class Opinion(StrEnum):
    """What the authority says to a project before it is approved."""

    FAVOURABLE = "favourable"
    ADVERSE = "adverse"


class Purpose(StrEnum):
    """What funding is for."""

    CONSTRUCTION = "construction"
    OPERATION = "operation"


class Verdict(StrEnum):
    """Whether the duties of sharing are met."""

    COMPLIANT = "compliant"
    NOT_COMPLIANT = "not-compliant"


class Result(StrEnum):
    """What came of an evaluation."""

    MET = "met"
    PARTLY_MET = "partly-met"
    NOT_MET = "not-met"


class ProjectUnknown(NotFound):
    """There is no such project, or it is not the caller's to know of."""

    code = "project-unknown"
    title = "Project unknown"


class ProjectNotYours(Forbidden):
    """The department whose project it is files it and carries it on."""

    code = "project-not-yours"
    title = "Not your project"


class ProjectNotTheAuthority(Forbidden):
    """The competent authority of the department's region reviews, states and evaluates."""

    code = "project-not-the-authority"
    title = "Not the competent authority"


class ProjectStageUnfit(Conflict):
    """The project is not where the step begins."""

    code = "project-stage-unfit"
    title = "Not the stage for it"


class ProjectDayUnfit(Conflict):
    """What is put on record has happened, and in its order."""

    code = "project-day-unfit"
    title = "Not the day"


class ProjectListMissing(Conflict):
    """Before approval the project's list of resources is drawn up."""

    code = "project-list-missing"
    title = "Resource list missing"


class ProjectReviewMissing(Conflict):
    """Before approval the authority gives its opinion."""

    code = "project-review-missing"
    title = "Opinion missing"


class ProjectNotCompliant(Conflict):
    """Whoever does not meet the duties of sharing gets no project approved."""

    code = "project-not-compliant"
    title = "Duties of sharing not met"


class ProjectUncatalogued(Conflict):
    """Before acceptance each planned resource is in the catalogue; `errors` names those not."""

    code = "project-uncatalogued"
    title = "Not yet in the catalogue"


class ProjectFundingUnregistered(Conflict):
    """Funding is registered with the authority when it is applied for."""

    code = "project-funding-unregistered"
    title = "Funding not registered"


class ProjectFundingRegisteredAlready(Conflict):
    """Funding of a purpose is registered once."""

    code = "project-funding-registered-already"
    title = "Registered already"


class ProjectResourceUnknown(Conflict):
    """A planned resource is joined to a resource of the same department."""

    code = "project-resource-unknown"
    title = "Resource unknown"


class ProjectEntryUnknown(Conflict):
    """The list has no such place."""

    code = "project-entry-unknown"
    title = "No such planned resource"


class ProjectListUnfit(Conflict):
    """Two planned resources have one name."""

    code = "project-list-unfit"
    title = "List unfit"


def asks(rulebook: Rulebook, duty: ProjectDuty) -> bool:
    """Whether the rulebook asks this of projects."""
    return not rulebook.it_projects.silent and duty in rulebook.it_projects.value


def article_of(rulebook: Rulebook) -> str | None:
    """The articles on projects; None where the rulebook has none."""
    return rulebook.it_projects.article


def check_approval(
    rulebook: Rulebook, entries: int, opinion: Opinion | None, verdict: Verdict | None
) -> None:
    """Refuse what may not be approved yet; `verdict` is the last one on construction.

    The authority's opinion is given before approval, whatever it says: who approves weighs it.
    Raises ProjectListMissing, ProjectReviewMissing and ProjectNotCompliant.
    """
    article = article_of(rulebook)
    if asks(rulebook, ProjectDuty.RESOURCE_LIST) and not entries:
        raise ProjectListMissing(
            "Draw up the list of the resources that the project brings.", article=article
        )
    if asks(rulebook, ProjectDuty.AUTHORITY_REVIEW) and opinion is None:
        raise ProjectReviewMissing(
            "The competent authority gives its opinion before approval.", article=article
        )
    if asks(rulebook, ProjectDuty.FUNDING_DEPENDS) and verdict is Verdict.NOT_COMPLIANT:
        raise ProjectNotCompliant(
            "The authority has stated that the duties of sharing are not met; meet them first.",
            article=article,
        )


def check_acceptance(
    rulebook: Rulebook, linked: Sequence[UUID | None], in_catalogue: Collection[UUID]
) -> None:
    """Refuse acceptance while a planned resource is not in the catalogue.

    `linked` are the resources of the planned ones in their order. Raises ProjectUncatalogued.
    """
    if not asks(rulebook, ProjectDuty.CATALOGUED):
        return
    article = article_of(rulebook)
    faults = [
        FieldError(
            f"entries.{position}",
            "not-linked" if resource is None else "not-published",
            "Publish the resource and join it to this place of the list.",
            article=article,
        )
        for position, resource in enumerate(linked)
        if resource is None or resource not in in_catalogue
    ]
    if faults:
        raise ProjectUncatalogued(
            f"{len(faults)} planned resources are not in the catalogue.",
            errors=faults,
            article=article,
        )


def check_statement(rulebook: Rulebook, *, registered: bool) -> None:
    """Refuse a statement for funding that nobody registered. Raises ProjectFundingUnregistered."""
    if asks(rulebook, ProjectDuty.FUNDING_REGISTERED) and not registered:
        raise ProjectFundingUnregistered(
            "The department registers the funding that it applies for first.",
            article=article_of(rulebook),
        )


def check_names(keys: Sequence[str]) -> None:
    """Refuse a list in which two have one name. Raises ProjectListUnfit."""
    faults = [
        FieldError(f"entries.{position}.name", "repeated", "One planned resource, one name.")
        for position, key in enumerate(keys)
        if key in keys[:position]
    ]
    if faults:
        raise ProjectListUnfit("Name each planned resource once.", errors=faults)
