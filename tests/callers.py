"""Those who call in a test, and how their call reaches a service without the gateway."""

from collections.abc import Callable, Generator
from dataclasses import replace
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from shared import clock, passport
from shared.ids import new_id
from shared.principal import Permission, Principal, PrincipalKind

CallAs = Callable[[Principal | None], httpx.AsyncClient]


class Principals:
    """Makes callers; what a test does not say is an operator of a department of its own."""

    def __call__(
        self,
        *permissions: Permission,
        kind: PrincipalKind = PrincipalKind.OPERATOR,
        id: UUID | None = None,  # noqa: A002 - the principal's own word
        department: UUID | None = None,
        region: str = "610000/610300",
        authority: str | None = None,
        acr: str = "password",
        network: str = "outer",
        grant: UUID | None = None,
        access_id: UUID | None = None,
        on_behalf_of: UUID | None = None,
    ) -> Principal:
        """A caller with these permissions, or with all of them when none is named."""
        return Principal(
            kind=kind,
            id=id or new_id(),
            department=department or new_id(),
            region=region,
            authority=authority,
            permissions=frozenset(permissions or Permission),
            acr=acr,
            network=network,
            grant=grant,
            access_id=access_id or new_id(),
            on_behalf_of=on_behalf_of,
        )


class _Passport(httpx.Auth):
    """Seals a fresh passport for each request: they live a minute, tests turn the clock."""

    def __init__(self, principal: Principal, lock: passport.Lock) -> None:
        self._principal = principal
        self._lock = lock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the passport. Each request is an access of its own."""
        principal = replace(self._principal, access_id=new_id())
        lock = self._lock
        sealed = passport.seal(principal, lock.audience, lock.key, clock.now())
        request.headers[passport.HEADER] = sealed
        yield request


@pytest.fixture
def principal() -> Principals:
    """Makes callers."""
    return Principals()


@pytest.fixture
def call() -> Callable[[FastAPI], CallAs]:
    """`call(app)(principal)`: a client of `app` for that caller; None has no passport.

    The application's lifespan is the test's to run: `async with app.router.lifespan_context(app)`.
    """

    def clients_of(app: FastAPI) -> CallAs:
        def client_for(caller: Principal | None) -> httpx.AsyncClient:
            return httpx.AsyncClient(
                # A bug answers as it would in production: 500, and no exception out of the app.
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url="http://service",
                auth=_Passport(caller, app.state.passport_lock) if caller else None,
            )

        return client_for

    return clients_of
