"""What the gateway adds to production mode: example data, plain HTTP, roles, second factors."""

import asyncio
import os
import sys

from sqlalchemy import update

from gateway import production
from gateway.models import ExampleLoaded, Operator
from shared.clock import now
from tests.gateway.conftest import Gateway

FIT = {
    "HUITONG_LISTEN": "0.0.0.0:443",
    "HUITONG_TLS_CERTIFICATE": "/certificate.pem",
    "HUITONG_TLS_KEY": "/key.pem",
    "HUITONG_SECOND_FACTOR_REQUIRED": "true",
}


async def test_the_example_is_refused_by_its_mark(gateway: Gateway) -> None:
    told = FIT | {"HUITONG_DATABASE": gateway.settings.database.get_secret_value()}
    (reason,) = await production.reasons(told)
    assert "example departments" in reason
    async with gateway.sessions() as session:
        assert await session.get(ExampleLoaded, 1) is not None


async def test_one_person_in_two_of_the_three_roles_is_named_by_account(gateway: Gateway) -> None:
    told = FIT | {"HUITONG_DATABASE": gateway.settings.database.get_secret_value()}
    both = ["security-administrator", "audit-administrator"]
    holder = Operator.username == "platform.audit"
    async with gateway.sessions.begin() as session:
        await session.execute(update(Operator).where(holder).values(roles=both))
    _, reason = await production.reasons(told)
    assert "security-administrator and audit-administrator" in reason
    assert "platform.audit" not in reason
    async with gateway.sessions.begin() as session:
        await session.execute(update(Operator).where(holder).values(disabled_at=now()))
    assert len(await production.reasons(told)) == 1


async def test_plain_http_and_passwords_alone_are_refused(gateway: Gateway) -> None:
    database = {"HUITONG_DATABASE": gateway.settings.database.get_secret_value()}
    listening = {"HUITONG_LISTEN": "0.0.0.0:80"}
    found = "\n".join(await production.reasons(database | listening))
    assert "speaks plain HTTP" in found
    assert "HUITONG_SECOND_FACTOR_REQUIRED is off" in found
    behind = listening | {"HUITONG_TRUSTED_PROXIES": '["10.0.0.1/32"]'}
    assert "plain HTTP" not in "\n".join(await production.reasons(database | behind))
    keyless = {"HUITONG_TLS_CERTIFICATE": "/certificate.pem"}
    assert "without HUITONG_TLS_KEY" in "\n".join(await production.reasons(database | keyless))
    nobody_asks = listening | {"HUITONG_TLS_CLIENT_CA": "/device-ca.pem"}
    found = "\n".join(await production.reasons(database | nobody_asks))
    assert "HUITONG_TLS_CLIENT_CA is given without HUITONG_TLS_CERTIFICATE" in found
    fit = database | FIT | {"HUITONG_TLS_CLIENT_CA": "/device-ca.pem"}
    assert "HUITONG_TLS_CLIENT_CA" not in "\n".join(await production.reasons(fit))


async def test_the_command_prints_every_reason(gateway: Gateway) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "gateway.production",
        env={
            "PATH": os.environ["PATH"],
            "HUITONG_DATABASE": gateway.settings.database.get_secret_value(),
            "HUITONG_NATS": gateway.settings.nats.get_secret_value(),
            "HUITONG_PUBLIC_URL": "http://127.0.0.1:8080",
            "HUITONG_LISTEN": "127.0.0.1:8080",
        },
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 78
    for said in (b"example departments", b"not https", b"plain HTTP", b"SECOND_FACTOR_REQUIRED"):
        assert said in printed
