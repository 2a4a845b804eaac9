"""The wire shapes of interfaces; what is registered has its shapes in definition.py."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from services.exchange.apis.breaker import State
from services.exchange.apis.credentials import Credential
from services.exchange.apis.definition import Definition, Method, Operation, Way
from services.exchange.apis.front_ends import Served
from services.exchange.apis.models import Api, ApiDefinition, ApiOutage
from services.exchange.apis.queries import Granted
from services.exchange.apis.serving import Wrong
from services.exchange.apis.systems import Seen
from services.exchange.apis.trials import Tried

_PERSON = "11010519491231002X"


class CredentialBody(BaseModel):
    """What the system is shown. It is kept sealed and can be replaced, never read."""

    model_config = ConfigDict(extra="forbid")

    credential: Credential = Field(
        examples=[{"kind": "header", "name": "X-Api-Key", "value": "the key that the system gave"}]
    )


class CredentialView(BaseModel):
    """That a credential is there; nobody is told what it is."""

    kind: str = Field(examples=["header"])
    since: datetime | None


class SystemView(BaseModel):
    """Whether the system is there, as far as is known at this moment."""

    breaker: State = Field(description="熔断: `open` while the system is left alone.")
    failures: int = Field(description="So many in a row.")
    reason: str | None = Field(description="Of the last one.", examples=["provider-late"])
    front_end_machine_seen: datetime | None = Field(
        description="When the front-end machine last asked for calls."
    )

    @classmethod
    def of(cls, seen: Seen) -> Self:
        """The wire shape of how a system stands."""
        return cls(
            breaker=seen.state,
            failures=seen.failures,
            reason=seen.why or None,
            front_end_machine_seen=seen.machine_at,
        )


class ApiView(BaseModel):
    """系统接口: one's own interface as it is registered."""

    resource: UUID
    revision: int = Field(description="Counts every change; the ETag.")
    definition_number: int
    changed_at: datetime
    enabled: bool
    credential: CredentialView
    definition: Definition
    system: SystemView

    @classmethod
    def of(cls, api: Api, seen: Seen) -> Self:
        """The wire shape of an interface, to its provider."""
        return cls(
            resource=api.resource_id,
            revision=api.revision,
            definition_number=api.definition_number,
            changed_at=api.changed_at,
            enabled=api.enabled,
            credential=CredentialView(kind=api.credential_kind, since=api.credential_at),
            definition=api.definition,
            system=SystemView.of(seen),
        )


class DefinitionView(BaseModel):
    """A definition as it was registered once."""

    model_config = ConfigDict(from_attributes=True)

    number: int
    registered_at: datetime
    registered_by: str
    definition: Definition

    @classmethod
    def of(cls, kept: ApiDefinition) -> Self:
        """The wire shape of a definition."""
        return cls.model_validate(kept)


class OutageView(BaseModel):
    """中断: from when to when a system was away."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    began_at: datetime
    ended_at: datetime | None = Field(description="Null: it still is.")
    reason: str = Field(examples=["provider-unreachable"])

    @classmethod
    def of(cls, outage: ApiOutage) -> Self:
        """The wire shape of an outage."""
        return cls.model_validate(outage)


class OfferedOperation(BaseModel):
    """An operation that may be asked for under a grant."""

    operation: Operation
    address: str = Field(examples=["/v1/grants/0192c8a0-0000-7000-8000-000000000001/api/by-id"])
    granted: bool = Field(description="Whether the grant includes all items of its answer.")


class OfferView(BaseModel):
    """The interface behind a grant, to whoever may call it."""

    resource: UUID
    name: str
    department: UUID
    department_name: str | None
    way: Way
    calls_per_minute: int
    operations: list[OfferedOperation]
    system: SystemView

    @classmethod
    def of(cls, found: Granted, callable_names: frozenset[str], seen: Seen) -> Self:
        """The wire shape of an offer."""
        definition = found.api.definition
        return cls(
            resource=found.resource.id,
            name=found.resource.name,
            department=found.resource.provider,
            department_name=found.provider_name,
            way=definition.way,
            calls_per_minute=definition.calls_per_minute,
            operations=[
                OfferedOperation(
                    operation=one,
                    address=f"/v1/grants/{found.grant.id}/api/{one.name}",
                    granted=one.name in callable_names,
                )
                for one in definition.operations
            ],
            system=SystemView.of(seen),
        )


Given = Annotated[
    dict[
        Annotated[str, Field(max_length=64)],
        StrictStr | StrictBool | StrictInt | StrictFloat | None,
    ],
    Field(max_length=100),
]


class QuestionBody(BaseModel):
    """What is asked. Parameters stand in the body whatever the provider's system does with them,
    so that no personal value is ever part of an address of this platform."""

    model_config = ConfigDict(extra="forbid")

    parameters: Given = Field(default_factory=dict, examples=[{"id_number": _PERSON}])


class TriedView(BaseModel):
    """How a test call went."""

    outcome: str = Field(
        description="`live`, or the code of what was wrong.", examples=["provider-unreachable"]
    )
    detail: str | None
    status: int | None = Field(description="What the system answered.")
    content_type: str | None
    size: int | None = Field(description="Bytes of the answer.")
    milliseconds: int
    beginning: str | None = Field(description="Of an answer in text, the first characters.")

    @classmethod
    def of(cls, tried: Tried) -> Self:
        """The wire shape of how it went."""
        fit = tried.fit
        return cls(
            outcome=tried.outcome,
            detail=tried.detail,
            status=fit.status if fit is not None else None,
            content_type=fit.content_type if fit is not None else None,
            size=tried.size,
            milliseconds=tried.milliseconds,
            beginning=tried.beginning,
        )


class TakeBody(BaseModel):
    """Which calls a front-end machine wants, and how long it waits for one."""

    model_config = ConfigDict(extra="forbid")

    resources: list[UUID] | None = Field(
        default=None, max_length=200, description="Only of these; else of all that it serves."
    )
    at_most: int = Field(default=8, ge=1, le=32)
    seconds: int = Field(default=20, ge=0, le=25, description="Waits so long where there is none.")


class TakenView(BaseModel):
    """Calls that wait for a machine. Whoever wants to answer one accepts it first."""

    calls: list[UUID]
    again_in_seconds: float = Field(description="When the machine asks for calls again.")


class ServedCallView(BaseModel):
    """A call that the machine accepted: what to ask its system, and until when."""

    call: UUID
    resource: UUID
    operation: str = Field(examples=["by-id"])
    method: Method
    target: str = Field(description="Path and query, behind the address that the machine knows.")
    accept: str = Field(examples=["application/json"])
    content_type: str | None
    body: str | None
    seconds: float = Field(description="So much time is left for the whole answer.")
    most_bytes: int

    @classmethod
    def of(cls, served: Served, now: float) -> Self:
        """The wire shape of a call, at `now` in the loop's time."""
        request, operation = served.request, served.operation
        return cls(
            call=served.id,
            resource=served.resource,
            operation=operation.name,
            method=operation.method,
            target=request.target,
            accept=", ".join(operation.content_types),
            content_type=request.content_type,
            body=None if request.body is None else request.body.decode(),
            seconds=max(0.0, served.deadline - now),
            most_bytes=operation.most_bytes,
        )


class FailBody(BaseModel):
    """What was wrong with the system behind a front-end machine."""

    model_config = ConfigDict(extra="forbid")

    wrong: Wrong
