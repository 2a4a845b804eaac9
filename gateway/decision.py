"""Decide: may this member do this now? Pure: no database, no HTTP, no clock."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway import demands
from gateway.demands import Call
from gateway.live import LiveGrant, Member
from gateway.rules import Rule
from shared.access import PermissionMissing
from shared.errors import Conflict, DomainError, Forbidden, NotFound, Unavailable
from shared.lease import Lease


class NothingHere(NotFound):
    """Unlisted, or not the caller's to know of."""


class GrantUnknown(NotFound):
    """No such grant, not the caller's to know, ended or revoked: all the same to the caller."""

    code = "grant-unknown"
    title = "No such grant"


class CircleMissing(Conflict):
    """The rulebook demands that the grant name its circle of knowledge, and it names none."""

    code = "grant-circle-missing"
    title = "Circle of knowledge missing"


class DepartmentSuspended(Forbidden):
    """The caller's department gives on, but may not take others' data for now."""

    code = "department-suspended"
    title = "Department suspended"


class GrantsStale(Unavailable):
    """What is known of grants is older than the bound for the resource's grade."""

    code = "grants-stale"
    title = "Grants cannot be confirmed"


@dataclass(slots=True)  # Not frozen: there is one for each request, and that would cost thrice.
class Decision:
    """What was decided, and the grant that it rests on."""

    refusal: DomainError | None
    grant: LiveGrant | None = None


def decide(
    rule: Rule,
    member: Member,
    grant_named: UUID | None,
    grant: LiveGrant | None,
    suspended_under: str | None,
    lease: Lease,
    call: Call,
    at: datetime,
) -> Decision:
    """Decide on one request. `grant` is what is known of the grant that the path names.

    `suspended_under` is the article under which the caller's department is suspended, None where
    it is not. Sources: identity and authorisation through the whole life of the data, baoji-2017
    §4(4); only for the granted department, baoji-2017 §18; the circle of knowledge, baoji-2017
    §15(4): whoever is outside it is not told of the grant; suspension, baoji-2017 §29; what the
    grade demands, baoji-2017 §20.
    """
    if rule.permission not in member.permissions:
        return Decision(
            PermissionMissing(f"This operation needs the permission {rule.permission.value}.")
        )
    elsewhere = demands.outside(member.addresses, call.address)
    if elsewhere is not None:
        return Decision(elsewhere)
    if not rule.data:
        return Decision(None, grant if grant and grant.grantee == member.department else None)
    if grant_named is None or grant is None or grant.grantee != member.department:
        return Decision(GrantUnknown("There is no such grant."))
    if not grant.holds(at) or not grant.knows(member.id):
        return Decision(GrantUnknown("There is no such grant."), grant)
    if suspended_under is not None:
        return Decision(
            DepartmentSuspended(
                "Your department's right to others' data is suspended until the competent "
                "authority lifts the suspension. What your department provides goes on.",
                article=suspended_under,
            ),
            grant,
        )
    if grant.circle is None and grant.circle_article is not None:
        return Decision(
            CircleMissing(
                "Name who in your department may use this grant before data flows under it "
                "(PUT /v1/grants/{grant}/circle).",
                article=grant.circle_article,
            ),
            grant,
        )
    if not lease.allows(grant.grade, at):
        return Decision(
            GrantsStale(
                "Whether this grant still holds cannot be confirmed now; try again.", retry_after=5
            ),
            grant,
        )
    demand = grant.demand
    if rule.path in demands.FOR_ONE_MATTER:
        demand = demands.demanded(grant.grade, named=True)
    lacking = demands.missing(member.kind, member.addresses, demand, call)
    return Decision(lacking, grant)
