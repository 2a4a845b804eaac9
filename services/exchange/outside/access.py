"""The permissions that operations on exchange outside the platform ask for."""

from typing import Annotated

from fastapi import Header, Security

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
