"""Fill an empty registry from a file: `python -m gateway.bootstrap DOCUMENT CREDENTIALS`.

The first administrators of an installation come this way, and the example departments too.
What is registered already stays as it is. Passwords and secrets are made here, hashed in the
database, and written once to the file CREDENTIALS (JSON, mode 0600).
"""

import asyncio
import os
import sys
import tomllib
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries
from gateway.departments import usecases as departments
from gateway.departments.schemas import CreditCode, DepartmentBody, Region
from gateway.identity import usecases
from gateway.identity.schemas import ClientBody, OperatorBody
from gateway.models import Base, ExampleLoaded
from gateway.roles import ClientKind, Role
from gateway.settings import GatewaySettings
from shared import clock, crypto, db
from shared.ids import new_id

ACTOR = "platform:bootstrap"


class ClientEntry(BaseModel):
    """A machine in the document; `name` is unique in its department."""

    model_config = ConfigDict(extra="forbid")

    name: str
    kind: ClientKind


class OperatorEntry(BaseModel):
    """An account in the document."""

    model_config = ConfigDict(extra="forbid")

    username: str
    roles: list[Role]


class DepartmentEntry(BaseModel):
    """A department in the document, with its machines and accounts."""

    model_config = ConfigDict(extra="forbid")

    name: str
    short_name: str
    credit_code: CreditCode
    region: Region
    is_authority: bool = False
    clients: list[ClientEntry] = []
    operators: list[OperatorEntry] = []


class Document(BaseModel):
    """What to register."""

    model_config = ConfigDict(extra="forbid")

    # Marks the database as one that production mode refuses.
    example: bool = False
    departments: list[DepartmentEntry]


class ExampleInProduction(Exception):
    """An example document was named where production mode is on."""


Credentials = dict[str, Any]  # the edge: written as JSON, read by people and by the main job


async def bootstrap(settings: GatewaySettings, document: Path, credentials: Path) -> bool:
    """Register what is missing; return whether anything was."""
    wanted, kept = _read(document), _kept(credentials)
    if wanted.example and settings.production:
        raise ExampleInProduction("In production mode no example is loaded: name another file.")
    engine = db.engine(settings.database.get_secret_value(), size=1)
    new = False
    try:
        sessions = db.sessions(engine, Base)
        if wanted.example:
            async with sessions.begin() as session:
                mark = insert(ExampleLoaded).values(id=1, at=clock.now())
                await session.execute(mark.on_conflict_do_nothing())
        for entry in wanted.departments:
            async with sessions.begin() as session:
                if await queries.by_credit_code(session, entry.credit_code) is not None:
                    continue
                kept["departments"][entry.short_name] = await _register(session, entry)
                new = True
                # Written before the commit: a crash between the two leaves credentials that
                # nobody has, never accounts whose passwords nobody knows.
                _write(credentials, kept)
    finally:
        await engine.dispose()
    return new


async def _register(session: AsyncSession, entry: DepartmentEntry) -> Credentials:
    department = new_id()
    body = DepartmentBody(
        name=entry.name,
        short_name=entry.short_name,
        credit_code=entry.credit_code,
        region=entry.region,
        is_authority=entry.is_authority,
    )
    await departments.register_department(session, ACTOR, None, body, department)
    clients = {c.name: await _register_client(session, c, department) for c in entry.clients}
    operators = {
        o.username: await _register_operator(session, o, department) for o in entry.operators
    }
    return {
        "department": str(department),
        "name": entry.name,
        "clients": clients,
        "operators": operators,
    }


async def _register_client(
    session: AsyncSession, entry: ClientEntry, department: UUID
) -> Credentials:
    body = ClientBody(name=entry.name, kind=entry.kind)
    client, secret = await usecases.register_client(
        session, ACTOR, None, body, department, new_id()
    )
    return {"client_id": str(client.id), "client_secret": secret, "kind": entry.kind.value}


async def _register_operator(
    session: AsyncSession, entry: OperatorEntry, department: UUID
) -> Credentials:
    password = crypto.token(18)
    body = OperatorBody(
        username=entry.username, department=department, roles=entry.roles, password=password
    )
    await usecases.register_operator(session, ACTOR, None, body, new_id(), None)
    return {"password": password, "roles": [role.value for role in entry.roles]}


def _read(document: Path) -> Document:
    return Document.model_validate(tomllib.loads(document.read_text("utf-8")))


def _kept(credentials: Path) -> Credentials:
    kept: Credentials = orjson.loads(credentials.read_bytes()) if credentials.exists() else {}
    kept.setdefault("departments", {})
    return kept


def _write(path: Path, kept: Credentials) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(orjson.dumps(kept, option=orjson.OPT_INDENT_2))
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def main() -> None:
    """The command line."""
    match sys.argv[1:]:
        case [document, credentials]:
            try:
                asyncio.run(bootstrap(GatewaySettings(), Path(document), Path(credentials)))
            except ExampleInProduction as refusal:
                sys.exit(str(refusal))
        case _:
            sys.exit("usage: python -m gateway.bootstrap DOCUMENT CREDENTIALS")


if __name__ == "__main__":
    main()
