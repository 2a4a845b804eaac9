"""The gateway, assembled: the door around what the gateway itself answers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from fastapi import FastAPI
from nats.aio.msg import Msg
from starlette.types import ASGIApp

from gateway import pages
from gateway.accounts.routes import router as accounts
from gateway.addresses.routes import router as addresses
from gateway.admission import Admission
from gateway.certificates.presented import Vouchers
from gateway.certificates.routes import router as certificates
from gateway.client_permissions.routes import router as client_permissions
from gateway.connection import Ways
from gateway.credentials.routes import router as credentials
from gateway.crowd import Crowd
from gateway.departments.routes import router as departments
from gateway.deputies.routes import router as deputies
from gateway.door import Door
from gateway.filings.routes import router as filings
from gateway.former_addresses.leading import Leading, Led
from gateway.former_addresses.routes import public as public_former_addresses
from gateway.former_addresses.routes import router as former_addresses
from gateway.identity.passwords import Hashing
from gateway.identity.routes import router as identity
from gateway.issuers import trusted
from gateway.issuers.directory import Directory
from gateway.issuers.log_in import router as issuers_log_in
from gateway.issuers.routes import router as identities
from gateway.keys import KeyFile
from gateway.limits.counting import Counting
from gateway.limits.limits import Limits
from gateway.limits.overruns import Overruns
from gateway.limits.quotas import Quotas
from gateway.limits.rates import Rates
from gateway.limits.routes import router as limiting
from gateway.live import Live
from gateway.loans.routes import router as loans
from gateway.models import Base
from gateway.oauth.attempts import Attempts
from gateway.oauth.clients import Verified
from gateway.oauth.revocation import router as revocation
from gateway.oauth.routes import router as oauth
from gateway.oauth.second_step import router as second_step
from gateway.openapi import Descriptions, Document
from gateway.patience import Patience
from gateway.permissions.routes import router as permissions
from gateway.permissions.watch import Agreement
from gateway.persons_certificates.routes import router as persons_certificates
from gateway.proxies import Proxies
from gateway.public_catalogue import PublicCatalogue
from gateway.public_catalogue import router as public_pages
from gateway.records import Recorder
from gateway.recoveries.routes import router as recoveries
from gateway.second_factor.routes import router as second_factor
from gateway.settings import GatewaySettings
from gateway.spool import Spool
from gateway.strangers import Strangers
from gateway.stream import AccessStream
from gateway.successions.routes import router as successions
from gateway.tokens import Tokens
from gateway.upstream import Upstream
from shared import lease
from shared.app import create_service
from shared.bus import LEASE_SUBJECT, LateBus
from shared.lease import Lease


def create_app(settings: GatewaySettings | None = None) -> ASGIApp:
    """The gateway's outermost ASGI application."""
    told = settings or GatewaySettings()
    bus = LateBus(told.nats.get_secret_value(), "gateway")
    upstreams = {
        name: Upstream(
            path, told.upstream_connections, told.upstream_seconds, told.department_weights
        )
        for name, path in told.services.items()
    }
    keys = {name: bytes.fromhex(k.get_secret_value()) for name, k in told.passport_keys.items()}
    stream = AccessStream(told.nats.get_secret_value(), "gateway")
    recorder = Recorder(stream, Spool(told.spool, told.spool_bytes, told.spool_seconds))
    strangers = Strangers(recorder)
    patience = Patience()
    crowd = Crowd(told.connections, told.connections_each)
    proxies = Proxies(told.trusted_proxies, https_only=told.production)
    rates = Rates(told.client_rate, told.operator_rate, told.gateways, told.department_weights)
    quotas = Quotas(told.timezone)
    limits = Limits(rates, quotas, Overruns(recorder))
    keyfile = KeyFile(told.signing_key_file)
    vouchers = Vouchers(told.certificate_proxies)
    issuers = {one.name: Directory(one) for one in trusted.read(told.issuers_file)}

    @contextlib.asynccontextmanager
    async def following(app: FastAPI) -> AsyncIterator[None]:
        live: Live = app.state.live
        agreement: Agreement = app.state.agreement

        async def beat(message: Msg) -> None:
            heard = lease.read(message.data)
            if heard is not None:
                live.beat(heard)

        async with (
            bus.connecting({LEASE_SUBJECT: beat}),
            stream.connecting(),
            recorder.running(),
            patience.running(),
            strangers.counting(),
            limits.running(),
            Counting(quotas, app.state.sessions, told.usage_seconds).running(),
            live.following(),
            app.state.led.following(),
            agreement.following(),
        ):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(live.loaded.wait(), 10)
            yield
        for upstream in upstreams.values():
            upstream.close()
        for directory in issuers.values():
            await directory.close()

    control = create_service(
        name="gateway",
        title="Gateway",
        description="Departments, their machines and their people.",
        settings=told,
        base=Base,
        routers=[
            identity,
            departments,
            loans,
            successions,
            second_factor,
            persons_certificates,
            accounts,
            recoveries,
            deputies,
            filings,
            credentials,
            certificates,
            addresses,
            former_addresses,
            client_permissions,
            limiting,
            identities,
            permissions,
            oauth,
            second_step,
            revocation,
            issuers_log_in,
            pages.router,
            public_former_addresses,
            public_pages,
        ],
        startup=[following],
        # What stands at that address is the whole platform's description (gateway/pages.py).
        openapi_url=None,
    )
    held = Lease(told.lease_bounds)
    live = Live(control.state.sessions, told.database.get_secret_value(), held)
    led = Led(control.state.sessions)
    tokens = Tokens(keyfile, told.public_url, live.is_revoked)
    control.state.live = live
    control.state.led = led
    control.state.public_catalogue = PublicCatalogue(upstreams["catalog"], told.public_url)
    control.state.quotas = quotas
    control.state.verified = Verified()
    control.state.second_factor_key = bytes.fromhex(told.second_factor_key.get_secret_value())
    control.state.tokens = tokens
    control.state.issuers = issuers
    control.state.recorder = recorder
    control.state.attempts = Attempts(strangers.refused)
    control.state.hashing = Hashing(told.password_checks, told.password_checks_waiting)
    control.state.certified = told.takes_certificates
    control.state.descriptions = Descriptions(upstreams, _description(control), told.public_url)
    control.state.agreement = Agreement(control.state.descriptions)
    control.state.ready_checks = [live.readiness, control.state.agreement.readiness]
    admission = Admission(live, tokens, recorder, strangers, keys, limits)
    door = Door(control, Ways(admission, upstreams, patience, proxies, crowd, vouchers=vouchers))
    return Leading(door, led)


_described: list[Document] = []


def _description(control: FastAPI) -> Document:
    """What the gateway says of itself: no setting changes it, so it is made once a process."""
    if not _described:
        _described.append(control.openapi())
    return _described[0]
