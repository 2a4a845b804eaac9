"""The place that this installation serves, for routes whose law counts days."""

from typing import Annotated

from fastapi import Depends, Request

from services.exchange.jurisdiction import Jurisdiction


async def jurisdiction_of(request: Request) -> Jurisdiction:
    """The law, the local day and the working days of the place."""
    found: Jurisdiction = request.app.state.jurisdiction
    return found


Here = Annotated[Jurisdiction, Depends(jurisdiction_of)]
