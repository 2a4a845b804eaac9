"""The permissions that operations on exchange outside the platform ask for, and the place."""

from typing import Annotated

from fastapi import Depends, Header, Request, Security

from services.exchange.jurisdiction import Jurisdiction
from shared.access import admit
from shared.principal import Permission, Principal

Filer = Annotated[Principal, Security(admit, scopes=[Permission.EXCHANGE_FILE])]
Overseer = Annotated[Principal, Security(admit, scopes=[Permission.EXCHANGE_OVERSEE])]
Reader = Annotated[Principal, Security(admit, scopes=[Permission.EXCHANGE_READ])]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of what you read; the step is refused when it changed since.",
        examples=['"3"'],
    ),
]


async def jurisdiction_of(request: Request) -> Jurisdiction:
    """The place that this installation serves."""
    found: Jurisdiction = request.app.state.jurisdiction
    return found


Here = Annotated[Jurisdiction, Depends(jurisdiction_of)]
