"""The wire shapes of share requests and grants."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from services.requests.deadlines import days_late
from services.requests.granting import Decision, GrantState, Path, grant_state
from services.requests.jurisdiction import Jurisdiction
from services.requests.known import KnownDepartment
from services.requests.models import Grant, ShareRequest
from services.requests.workflow import OPEN, State
from shared.events.catalog import ChangeKind, Grade
from shared.narrowing import Narrowing
from shared.rulebooks.vocabulary import RefusalGround
from shared.texts import filled, printable


def _one_line(text: str) -> str:
    """The same words on one line, so that a purpose is recognised however it is spaced."""
    return " ".join(printable(text).split())


Prose = Annotated[str, Field(max_length=2000), AfterValidator(printable)]
Duty = Annotated[str, Field(max_length=2000), AfterValidator(printable), AfterValidator(filled)]
Purpose = Annotated[str, Field(max_length=500), AfterValidator(_one_line), AfterValidator(filled)]
Items = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=63)]], Field(min_length=1, max_length=1000)
]
Circle = Annotated[list[UUID], Field(min_length=1, max_length=1000)]
Times = Annotated[int, Field(ge=1, le=1_000_000_000)]

_REQUEST_ID = "0197c1f0-6a00-7a3e-8f00-0242ac120002"
_RESOURCE_ID = "0197c1ee-1f00-7c11-9b00-0242ac120002"
_TAX = "0197c1e0-0000-7000-8000-000000000001"
_MARKET = "0197c1e0-0000-7000-8000-000000000002"
_DUTY = "《中华人民共和国税收征收管理法》第六条：建立、健全税务机关与政府其他管理机关的信息共享制度"


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubmitBody(_Body):
    """What a department asks for, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "resource": _RESOURCE_ID,
                    "duty": _DUTY,
                    "purpose": "核对新设企业的税务登记",
                    "items": ["uscc", "name", "registered_on"],
                }
            ]
        },
    )

    resource: UUID = Field(description="The resource, by its id in the catalogue.")
    duty: Duty = Field(description="职责依据: the duty that needs it, with the law behind it.")
    purpose: Purpose = Field(description="使用用途: what it will be used for; nothing else.")
    items: Items = Field(description="The codes of the items asked for, no more than needed.")


class QuotaTerms(_Body):
    """How much a grant may be used on one local day, so that use keeps to its purpose."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"calls_per_day": 2000, "keys_per_day": 5000}]},
    )

    calls_per_day: Times | None = Field(
        default=None, description="Data operations a day, of whatever kind; null: not bounded."
    )
    keys_per_day: Times | None = Field(
        default=None, description="Keys looked up a day; null: not bounded."
    )


class ApproveBody(_Body):
    """The terms of an approval; without any, all that was asked for, without end."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": ["uscc", "name"],
                    "valid_until": "2027-12-31T16:00:00Z",
                    "remarks": "仅限核对，不得批量留存",
                    "quota": {"calls_per_day": 2000, "keys_per_day": 5000},
                    "narrowing": {
                        "rows": [{"item": "city", "comparison": "=", "values": ["苏州"]}],
                        "masks": [{"item": "name", "mask": "name"}],
                    },
                }
            ]
        },
    )

    items: Items | None = Field(
        default=None, description="Codes of the items approved, of those asked for; null: all."
    )
    valid_until: AwareDatetime | None = Field(
        default=None, description="When the grant ends; null: without end."
    )
    remarks: Prose | None = Field(
        default=None, description="答复意见: by which the requester uses what it gets."
    )
    circle: Circle | None = Field(
        default=None, description="知悉范围: who may use it; null: the whole department."
    )
    quota: QuotaTerms | None = Field(
        default=None, description="使用限额: how much it may be used in a day; null: not bounded."
    )
    narrowing: Narrowing | None = Field(
        default=None,
        description="行条件与脱敏: which rows it lets through, which items come masked; null: all "
        "rows as they are.",
    )


class RefuseBody(_Body):
    """Why a request is refused."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reasons": "所申请的联系电话属于个人隐私，与所述职责无直接关系",
                    "ground": "personal-privacy",
                    "basis": None,
                }
            ]
        },
    )

    reasons: Prose = Field(default="", description="The reasons, in words; demanded.")
    ground: RefusalGround | None = Field(
        default=None, description="The statutory ground, where the rulebook admits no other."
    )
    basis: Prose | None = Field(
        default=None, description="The provision of law, with the ground statutory."
    )


class RevokeBody(_Body):
    """Why a grant ends before its time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "使用部门职能调整，不再需要该信息"}]},
    )

    reason: Duty = Field(description="The reason; the department that loses the grant reads it.")


class CircleBody(_Body):
    """Who inside the grantee may use a grant."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"circle": ["0197c1e4-0000-7000-8000-000000000007"]}]},
    )

    circle: Circle = Field(
        description="知悉范围: ids of clients and operators of the grantee, and nobody else."
    )


class RequestView(BaseModel):
    """A share request as both sides and the competent authority see it."""

    id: UUID = Field(examples=[_REQUEST_ID])
    version: int = Field(description="Counts the changes of this request.")
    state: State
    requester: UUID = Field(examples=[_TAX])
    requester_name: str | None = Field(examples=["示例市税务局"])
    provider: UUID = Field(examples=[_MARKET])
    provider_name: str | None = Field(examples=["示例市市场监督管理局"])
    resource: UUID = Field(examples=[_RESOURCE_ID])
    resource_version: int
    resource_code: str = Field(examples=["307/000001"])
    resource_name: str = Field(examples=["企业法人登记信息"])
    grade: Grade
    sensitive: bool = Field(description="Whether it touches secrets or privacy.")
    duty: str = Field(examples=[_DUTY])
    purpose: str = Field(examples=["核对新设企业的税务登记"])
    items: list[str] = Field(examples=[["uscc", "name", "registered_on"]])
    path: Path = Field(
        description="At once, by the provider's answer, by negotiation, or a takeover."
    )
    submitted_at: datetime
    rulebook: str = Field(examples=["baoji-2017"])
    rulebook_version: str = Field(description="The law as it held when the request began.")
    due_on: date | None = Field(description="Last day of the answer; null: no limit is set.")
    due_provisional: bool = Field(description="Counted through a year not announced yet.")
    due_article: str | None = Field(examples=["baoji-2017 §16"])
    overdue: bool = Field(description="Still unanswered after the last day.")
    days_late: int = Field(description="Calendar days from the last day to the answer or today.")
    decision: Decision | None
    decision_article: str | None = Field(examples=["baoji-2017 §16"])
    remarks: str | None
    reasons: str | None
    ground: RefusalGround | None
    basis: str | None
    decided_at: datetime | None
    filed_at: datetime | None = Field(description="On file with the competent authority since.")
    withdrawn_at: datetime | None
    grant: UUID | None = Field(description="The grant that it led to.")

    @classmethod
    def of(cls, request: ShareRequest, law: Jurisdiction, today: date) -> "RequestView":
        """The view of a complete request on a day."""
        ended_at = request.decided_at or request.withdrawn_at
        late = days_late(request.due_on, law.date_of(ended_at) if ended_at else None, today)
        return cls(
            id=request.id,
            version=request.version,
            state=request.state,
            requester=request.requester,
            requester_name=request.requester_named or _name(request.known_requester),
            provider=request.provider,
            provider_name=request.provider_named or _name(request.known_provider),
            resource=request.resource_id,
            resource_version=request.resource_version,
            resource_code=request.resource_code,
            resource_name=request.resource_name,
            grade=request.grade,
            sensitive=request.sensitive,
            duty=request.duty,
            purpose=request.purpose,
            items=request.items,
            path=request.path,
            submitted_at=request.submitted_at,
            rulebook=request.rulebook,
            rulebook_version=request.rulebook_version,
            due_on=request.due_on,
            due_provisional=request.due_provisional,
            due_article=request.due_article,
            overdue=request.state in OPEN and late > 0,
            days_late=late,
            decision=request.decision,
            decision_article=request.decision_article,
            remarks=request.remarks,
            reasons=request.reasons,
            ground=request.ground,
            basis=request.basis,
            decided_at=request.decided_at,
            filed_at=request.filed_at,
            withdrawn_at=request.withdrawn_at,
            grant=request.grant.id if request.grant else None,
        )


class ChangeAheadView(BaseModel):
    """What the catalogue has announced of the resource of a grant."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="In /v1/catalogue-changes, with successors where there are any.")
    kind: ChangeKind = Field(description="With a withdrawal the grant ends.")
    resource_version: int
    effective_at: datetime
    reason: str | None


class GrantView(BaseModel):
    """A grant as both sides and the competent authority see it."""

    id: UUID
    version: int = Field(description="Counts the changes of this grant; its ETag.")
    state: GrantState
    request: UUID = Field(examples=[_REQUEST_ID])
    grantee: UUID = Field(examples=[_TAX])
    grantee_name: str | None = Field(examples=["示例市税务局"])
    provider: UUID = Field(examples=[_MARKET])
    provider_name: str | None = Field(examples=["示例市市场监督管理局"])
    resource: UUID = Field(examples=[_RESOURCE_ID])
    resource_version: int
    resource_code: str = Field(examples=["307/000001"])
    resource_name: str = Field(examples=["企业法人登记信息"])
    purpose: str = Field(examples=["核对新设企业的税务登记"])
    items: list[str] = Field(examples=[["uscc", "name"]])
    grade: Grade
    remarks: str | None = Field(description="答复意见 of the provider.")
    valid_from: datetime
    valid_until: datetime | None = Field(description="Null: without end.")
    revoked_at: datetime | None
    revocation_reason: str | None
    circle: list[UUID] | None = Field(
        description="知悉范围: the clients and operators who may use it; null: the department."
    )
    circle_article: str | None = Field(
        description="The article by which a circle must be named before data flows.",
        examples=["baoji-2017 §15(4)"],
    )
    personal: bool = Field(description="Whether calls must name an end user and a matter.")
    quota: QuotaTerms | None = Field(
        description="使用限额: what may be used of it in a day; null: not bounded. "
        "What was used: /v1/grants/{grant}/usage."
    )
    narrowing: Narrowing | None = Field(
        description="行条件与脱敏: which rows it lets through, which items come masked; null: all "
        "rows as they are."
    )
    former_platform: str | None = Field(
        description="The old platform from which it was taken over; null: granted here."
    )
    former_reference: str | None = Field(description="Its number there.")
    changes_ahead: list[ChangeAheadView] = Field(
        description="What is announced of the resource, the next one first."
    )

    @classmethod
    def of(cls, grant: Grant, at: datetime) -> "GrantView":
        """The view of a complete grant at a moment."""
        request = grant.request
        return cls(
            id=grant.id,
            version=grant.version,
            state=grant_state(grant.valid_until, grant.revoked_at, at),
            request=grant.request_id,
            grantee=grant.grantee,
            grantee_name=_name(grant.known_grantee),
            provider=grant.provider,
            provider_name=_name(grant.known_provider),
            resource=grant.resource_id,
            resource_version=grant.resource_version,
            resource_code=request.resource_code,
            resource_name=request.resource_name,
            purpose=grant.purpose,
            items=grant.items,
            grade=grant.grade,
            remarks=request.remarks,
            valid_from=grant.valid_from,
            valid_until=grant.valid_until,
            revoked_at=grant.revoked_at,
            revocation_reason=grant.revocation_reason,
            circle=grant.circle,
            circle_article=grant.circle_article,
            personal=grant.personal,
            quota=QuotaTerms.model_validate(grant.quota) if grant.quota else None,
            narrowing=grant.narrowing,
            former_platform=grant.former_platform,
            former_reference=grant.former_reference,
            changes_ahead=[ChangeAheadView.model_validate(c) for c in grant.changes_ahead],
        )


def _name(department: KnownDepartment | None) -> str | None:
    return department.name if department else None
