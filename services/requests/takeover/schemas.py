"""The wire shapes of old grants."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from services.requests.schemas import Circle, Duty, Items, Prose, Purpose, QuotaTerms
from services.requests.takeover.models import FormerGrant
from services.requests.takeover.rules import TakeoverState, Terms
from shared.errors import FieldError
from shared.texts import filled, printable

Named = Annotated[str, Field(max_length=200), AfterValidator(printable), AfterValidator(filled)]

_TAX = "0197c1e0-0000-7000-8000-000000000001"
_MARKET = "0197c1e0-0000-7000-8000-000000000002"
_RESOURCE_ID = "0197c1ee-1f00-7c11-9b00-0242ac120002"
_OLD: dict[str, JsonValue] = {
    "reference": "共享协议〔2019〕17号",
    "granted_on": "2019-06-03",
    "grantee": _TAX,
    "resource": _RESOURCE_ID,
    "items": ["uscc", "name"],
    "purpose": "核对新设企业的税务登记",
    "basis": "《税收征收管理法》第六条；双方共享协议第三条",
    "valid_until": "2027-12-31T16:00:00Z",
    "quota": {"calls_per_day": 2000},
}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class OldGrantBody(_Body):
    """One grant as the old platform, or its paper, has it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_OLD]})

    reference: Named = Field(description="Its number there; it stays on the grant.")
    granted_on: date = Field(description="The local day on which it was granted there.")
    grantee: UUID = Field(description="The department that uses the data.")
    resource: UUID = Field(
        description="The resource here; /v1/catalogue/former-codes finds it by its old code."
    )
    items: Items = Field(description="The codes of the items that it covers, and no others.")
    purpose: Purpose = Field(description="使用用途: what they are used for; nothing else.")
    basis: Duty = Field(description="职责依据 and the agreement that it rests on.")
    valid_until: AwareDatetime | None = Field(
        default=None, description="When it ends; null: it has no end."
    )
    quota: QuotaTerms | None = Field(
        default=None, description="使用限额 that it carries; null: none."
    )

    @property
    def terms(self) -> Terms:
        """How far it reaches."""
        return _terms(self.valid_until, self.quota)


class TakeoverGrantsBody(_Body):
    """The old grants of one platform, and why they are taken over."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "platform": "旧共享交换平台",
                    "reason": "旧平台停用，市信息办〔2026〕9号通知要求在用授权整体迁移",
                    "grants": [_OLD],
                }
            ]
        },
    )

    platform: Named = Field(description="Whose grants they were.")
    reason: Duty = Field(description="Why they are taken over; both departments read it.")
    grants: Annotated[list[OldGrantBody], Field(min_length=1, max_length=1000)]


class FaultView(BaseModel):
    """What is wrong with one field."""

    field: str = Field(examples=["grants.3.resource"])
    code: str = Field(examples=["withdrawn"])
    message: str

    @classmethod
    def of(cls, fault: FieldError) -> "FaultView":
        """The view of a fault."""
        return cls(field=fault.field, code=fault.code, message=fault.message)


class TakeoverReport(BaseModel):
    """What came of old grants that were brought in, or would have come of them."""

    new: int = Field(description="Wait for their providers now.")
    known: int = Field(description="Were brought in before and say the same.")
    faults: list[FaultView] = Field(description="Why some cannot be taken over; empty: none.")
    applied: bool = Field(description="False: a dry run; nothing was kept.")


class ConfirmBody(_Body):
    """How far the provider lets it go on; without any terms as far as it went."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"items": ["uscc"], "remarks": "联系电话不再共享"}]},
    )

    items: Items | None = Field(default=None, description="Some of its items; null: all.")
    valid_until: AwareDatetime | None = Field(
        default=None, description="An earlier end than it had; null: as it had."
    )
    remarks: Prose | None = Field(
        default=None, description="答复意见: by which the grantee uses what it gets."
    )
    circle: Circle | None = Field(
        default=None, description="知悉范围: who may use it; null: the whole department."
    )
    quota: QuotaTerms | None = Field(
        default=None, description="使用限额, no more than it had; null: as it had."
    )

    @property
    def terms(self) -> Terms:
        """How far the provider lets it reach."""
        return _terms(self.valid_until, self.quota)


class EndBody(_Body):
    """Why an old grant does not go on."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "协议已于2024年终止"}]}
    )

    reason: Duty = Field(description="The reason; both departments read it.")


class FormerGrantView(BaseModel):
    """旧授权: an old grant on its way to become a grant here."""

    id: UUID
    version: int
    state: TakeoverState
    platform: str = Field(examples=["旧共享交换平台"])
    reference: str = Field(examples=["共享协议〔2019〕17号"])
    granted_on: date
    grantee: UUID = Field(examples=[_TAX])
    grantee_name: str | None = Field(examples=["示例市税务局"])
    provider: UUID = Field(examples=[_MARKET])
    resource: UUID = Field(examples=[_RESOURCE_ID])
    resource_code: str = Field(examples=["307/000001"])
    resource_name: str = Field(examples=["企业法人登记信息"])
    items: list[str] = Field(examples=[["uscc", "name"]])
    purpose: str
    basis: str
    valid_until: datetime | None
    quota: QuotaTerms | None
    reason: str = Field(description="Why it is taken over.")
    proposed_at: datetime
    settled_at: datetime | None
    remarks: str | None = Field(description="What its provider, or the authority, said to it.")
    grant: UUID | None = Field(description="The grant that it became.")

    @classmethod
    def of(cls, former: FormerGrant) -> "FormerGrantView":
        """The view of a complete old grant."""
        bounded = former.calls_per_day is not None or former.keys_per_day is not None
        return cls(
            id=former.id,
            version=former.version,
            state=former.state,
            platform=former.platform,
            reference=former.reference,
            granted_on=former.granted_on,
            grantee=former.grantee,
            grantee_name=former.known_grantee.name if former.known_grantee else None,
            provider=former.resource.provider,
            resource=former.resource_id,
            resource_code=former.resource.code,
            resource_name=former.resource.name,
            items=former.items,
            purpose=former.purpose,
            basis=former.basis,
            valid_until=former.valid_until,
            quota=QuotaTerms(calls_per_day=former.calls_per_day, keys_per_day=former.keys_per_day)
            if bounded
            else None,
            reason=former.reason,
            proposed_at=former.proposed_at,
            settled_at=former.settled_at,
            remarks=former.remarks,
            grant=former.grant_id,
        )


def _terms(valid_until: datetime | None, quota: QuotaTerms | None) -> Terms:
    return Terms(
        valid_until,
        quota.calls_per_day if quota else None,
        quota.keys_per_day if quota else None,
    )
