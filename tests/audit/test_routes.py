"""The log over HTTP: who sees what, and proofs that anybody can check."""

import base64
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from huitong_client import receipts
from huitong_client.errors import NotProven
from huitong_client.notes import VerifierKey

from services.audit import receipt, tree
from services.audit.app import create_app
from services.audit.appender import Log, append
from services.audit.checkpoint import open_checkpoint, read_key
from services.audit.models import Base
from services.audit.settings import AuditSettings
from shared import db
from shared.access import Permission, Principal
from shared.crypto import STANDARD
from shared.events import Event
from shared.events.catalog import (
    Grade,
    ResourcePublished,
    ShareMethod,
    ShareType,
    UpdateCycle,
)
from shared.events.gateway import DepartmentRegistered
from shared.events.requests import GrantIssued
from shared.ids import new_id
from tests.audit.makers import AT, message, packed, parcels, plain, record
from tests.callers import CallAs, Principals
from tests.told import SettingsFor

CITY, COUNTY = "610000/610300", "610000/610300/610302"


@dataclass
class Site:
    """A log with one grant between two departments, an access under it, and somebody else's."""

    app: FastAPI
    log: Log
    as_: CallAs
    provider: UUID
    grantee: UUID
    stranger: UUID
    resource: UUID
    grant: UUID
    access: UUID


def _events(site: Site) -> list[Event]:
    def registered(department: UUID, region: str) -> DepartmentRegistered:
        return DepartmentRegistered(
            at=AT,
            actor=f"operator:{new_id()}",
            department=None,
            aggregate=department,
            name="一个部门",
            short_name="部门",
            credit_code="11610300MB2900000X",
            region=region,
            parent=None,
            is_authority=False,
        )

    published = ResourcePublished(
        at=AT,
        actor=f"operator:{new_id()}",
        department=new_id(),
        aggregate=site.resource,
        resource=site.resource,
        resource_version=1,
        provider=site.provider,
        region=CITY,
        rulebook="baoji-2017",
        rulebook_version="1",
        code="307000/1",
        name="法人单位信息",
        share_type=ShareType.CONDITIONAL,
        share_methods=[ShareMethod.DATABASE],
        grade=Grade.ORDINARY,
        update_cycle=UpdateCycle.DAILY,
        items=[],
    )
    issued = GrantIssued(
        at=AT,
        actor=f"operator:{new_id()}",
        department=site.provider,
        aggregate=site.grant,
        grant=site.grant,
        request=new_id(),
        resource=site.resource,
        resource_version=1,
        provider=site.provider,
        grantee=site.grantee,
        purpose="核验企业登记",
        items=["name"],
        grade="ordinary",
        valid_from=AT,
        valid_until=None,
    )
    return [registered(site.provider, COUNTY), registered(site.grantee, CITY), published, issued]


@pytest.fixture
async def site(settings_for: SettingsFor, call: Callable[[FastAPI], CallAs]) -> AsyncIterator[Site]:
    settings = settings_for("audit", region="610300")
    assert isinstance(settings, AuditSettings)
    app = create_app(settings)
    engine = db.engine(settings.database.get_secret_value(), size=2)
    log = Log(db.sessions(engine, Base), STANDARD, settings.signer(), settings.log_origin)
    async with app.router.lifespan_context(app):
        made = Site(app, log, call(app), *(new_id() for _ in range(6)))
        events = [message(e, n) for n, e in enumerate(_events(made)[:2], start=1)]
        events += [message(e, 1) for e in _events(made)[2:]]
        caller = {"kind": "client", "id": str(new_id()), "department": str(made.grantee)}
        access = record(1, principal=caller, grant=str(made.grant), access_id=str(made.access))
        other = record(2, principal={**caller, "department": str(made.stranger)})
        await append(log, parcels(*events, packed([access, other])), AT)
        yield made
    await engine.dispose()


ACCESS, OTHER = 4, 5


async def listed(client: httpx.AsyncClient, **asked: object) -> list[int]:
    answer = await client.get("/v1/log/entries", params={k: str(v) for k, v in asked.items()})
    assert answer.status_code == 200, answer.text
    return [item["index"] for item in answer.json()["items"]]


def department(principal: Principals, which: UUID) -> Principal:
    return principal(Permission.LOG_READ, Permission.LOG_PROVE, department=which)


def authority(principal: Principals, region: str) -> Principal:
    return principal(Permission.LOG_READ, Permission.LOG_PROVE, authority=region)


@pytest.mark.duty("D24", "baoji-2017 §21")
async def test_provider_and_user_see_the_use_of_the_data(site: Site, principal: Principals) -> None:
    assert await listed(site.as_(department(principal, site.provider))) == [ACCESS, 3, 2]
    assert await listed(site.as_(department(principal, site.grantee))) == [ACCESS, 3]
    assert await listed(site.as_(department(principal, site.stranger))) == [OTHER]
    assert await listed(site.as_(department(principal, new_id()))) == []


@pytest.mark.duty("D39", "jiangsu-2012 §32", "baoji-2017 §27")
async def test_the_authority_sees_its_region(site: Site, principal: Principals) -> None:
    assert await listed(site.as_(authority(principal, CITY))) == [5, 4, 3, 2, 1, 0]
    # What concerns the provider, which stands in the county.
    assert await listed(site.as_(authority(principal, COUNTY))) == [ACCESS, 3, 2]
    assert await listed(site.as_(authority(principal, "610000/610300/610303"))) == []
    assert await listed(site.as_(authority(principal, "610000/610301"))) == []
    assert await listed(site.as_(authority(principal, "320000/320200"))) == []


async def test_a_stranger_cannot_tell_that_an_entry_exists(
    site: Site, principal: Principals
) -> None:
    stranger, theirs = (
        site.as_(department(principal, site.stranger)),
        site.as_(department(principal, site.grantee)),
    )
    for path in (f"/v1/log/entries/{ACCESS}", f"/v1/log/entries/{ACCESS}/receipt"):
        assert (await theirs.get(path)).status_code == 200
        hidden = await stranger.get(path)
        absent = await stranger.get(path.replace(str(ACCESS), "99999"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.json()["code"] == absent.json()["code"] == "not-found"
    assert (await stranger.get("/v1/log/sources")).status_code == 404


async def test_a_question_is_answered_by_what_fits_it(site: Site, principal: Principals) -> None:
    client = site.as_(authority(principal, CITY))
    assert await listed(client, grant=site.grant) == [ACCESS, 3]
    assert await listed(client, resource=site.resource) == [ACCESS, 3, 2]
    assert await listed(client, department=site.stranger) == [OTHER]
    assert await listed(client, access_id=site.access) == [ACCESS]
    assert await listed(client, subject="requests.grant-issued.v1") == [3]
    assert await listed(client, kind="decided", grant=site.grant) == [ACCESS]
    # Events happened at AT, the two accesses one and two seconds later.
    second, third = "2026-03-02T16:00:01+08:00", "2026-03-02T08:00:02Z"
    assert await listed(client, **{"from": second}) == [5, 4]
    assert await listed(client, **{"from": second, "to": third}) == [4]
    assert await listed(client, to=second) == [3, 2, 1, 0]


async def test_a_question_cannot_widen_what_is_seen(site: Site, principal: Principals) -> None:
    client = site.as_(department(principal, site.stranger))
    assert await listed(client, grant=site.grant) == []
    assert await listed(client, department=site.grantee) == []


async def test_pages_go_on_where_the_last_one_ended(site: Site, principal: Principals) -> None:
    client = site.as_(authority(principal, CITY))
    first = (await client.get("/v1/log/entries", params={"limit": "4"})).json()
    assert [item["index"] for item in first["items"]] == [5, 4, 3, 2]
    await append(site.log, parcels(plain(1)), AT)
    params = {"limit": "4", "cursor": first["next"]}
    second = (await client.get("/v1/log/entries", params=params)).json()
    assert [item["index"] for item in second["items"]] == [1, 0]
    assert second["next"] is None


async def test_an_entry_names_who_took_what_under_which_grant(
    site: Site, principal: Principals
) -> None:
    client = site.as_(department(principal, site.provider))
    entry = (await client.get(f"/v1/log/entries/{ACCESS}")).json()["entry"]
    assert entry["department"] == str(site.grantee)
    assert entry["grant"] == str(site.grant)
    assert entry["resource"] == str(site.resource)
    assert entry["operation"] == "GET /v1/grants/{grant}/changes"
    assert entry["decision"] == "allowed"


async def test_a_receipt_verifies_offline_with_the_public_key(
    site: Site, principal: Principals
) -> None:
    client = site.as_(department(principal, site.grantee))
    answer = await client.get(f"/v1/log/entries/{ACCESS}/receipt")
    key = read_key((await client.get("/v1/log/key")).json()["key"], STANDARD)
    proven = receipt.verify(receipt.read(answer.content), key, STANDARD)
    assert (proven.index, proven.entry.grant) == (ACCESS, site.grant)


async def test_a_kept_checkpoint_and_a_proof_show_that_the_log_only_grew(
    site: Site, principal: Principals
) -> None:
    client = site.as_(department(principal, site.stranger))
    key = read_key((await client.get("/v1/log/key")).json()["key"], STANDARD)
    answer = await client.get("/v1/log/checkpoint", headers={"accept": "text/plain"})
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    kept = open_checkpoint(answer.text, key, STANDARD)
    await append(site.log, parcels(*[plain(n) for n in range(1, 40)]), AT)
    told = (await client.get("/v1/log/checkpoint")).json()
    grown = open_checkpoint(told["note"], key, STANDARD)
    assert (told["origin"], told["size"]) == (key.name, grown.size)
    assert base64.b64decode(told["root"]) == grown.root
    sizes = {"from": str(kept.size), "to": str(grown.size)}
    proof = (await client.get("/v1/log/consistency", params=sizes)).json()
    assert tree.verify_consistency(
        STANDARD.digest,
        old=kept.size,
        new=grown.size,
        old_head=kept.root,
        new_head=grown.root,
        path=[base64.b64decode(hash_) for hash_ in proof["path"]],
    )


@pytest.mark.parametrize(
    ("first", "second", "status", "code"),
    [
        ("0", "6", 200, None),
        ("6", "6", 200, None),
        ("5", "4", 400, "sizes-reversed"),
        ("1", "7", 404, "log-shorter"),
        ("-1", "4", 422, "malformed"),
        ("1", str(2**70), 422, "malformed"),
    ],
)
async def test_consistency_is_proven_within_the_log_only(
    site: Site, principal: Principals, first: str, second: str, status: int, code: str | None
) -> None:
    client = site.as_(department(principal, site.stranger))
    answer = await client.get("/v1/log/consistency", params={"from": first, "to": second})
    assert (answer.status_code, answer.json().get("code")) == (status, code)


async def test_the_authority_sees_what_is_missing(site: Site, principal: Principals) -> None:
    await append(site.log, parcels(plain(1), plain(5)), AT)
    answer = await site.as_(authority(principal, CITY)).get("/v1/log/sources")
    exchange = next(s for s in answer.json() if s["source"] == "/huitong/exchange")
    assert (exchange["highest"], exchange["arrived"], exchange["missing"]) == (5, 2, 3)
    assert [(gap["first"], gap["last"]) for gap in exchange["gaps"]] == [(2, 4)]
    county = await site.as_(authority(principal, COUNTY)).get("/v1/log/sources")
    assert county.status_code == 404


async def test_an_empty_log_has_no_checkpoint(
    settings_for: SettingsFor, call: Callable[[FastAPI], CallAs], principal: Principals
) -> None:
    app = create_app(settings_for("audit"))  # type: ignore[arg-type]  # they are audit's
    async with app.router.lifespan_context(app):
        client = call(app)(principal())
        answer = await client.get("/v1/log/checkpoint")
        assert (answer.status_code, answer.json()["code"]) == (404, "log-empty")
        assert await listed(client) == []


PATHS = ("/entries", "/entries/0", "/entries/0/receipt", "/checkpoint", "/key", "/sources")


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_reads_the_log_without_the_permission(
    site: Site, principal: Principals, path: str
) -> None:
    anyone = principal(Permission.RESOURCE_READ, authority=CITY)
    assert (await site.as_(anyone).get(f"/v1/log{path}")).status_code == 403
    assert (await site.as_(None).get(f"/v1/log{path}")).status_code == 401


async def test_what_is_malformed_is_said_without_repeating_it(
    site: Site, principal: Principals
) -> None:
    client = site.as_(authority(principal, CITY))
    for asked in ({"grant": "11010519491231002X"}, {"from": "11010519491231002X"}):
        answer = await client.get("/v1/log/entries", params=asked)
        assert answer.status_code == 422
        assert "11010519491231002X" not in answer.text


@pytest.mark.duty("D24", "baoji-2017 §21")
async def test_a_receipt_convinces_a_checker_that_shares_no_code_with_the_log(
    site: Site, principal: Principals
) -> None:
    """The client's own verifier, written from the RFC and the C2SP texts."""
    client = site.as_(department(principal, site.grantee))
    document = (await client.get(f"/v1/log/entries/{ACCESS}/receipt")).content
    key = VerifierKey.parse((await client.get("/v1/log/key")).json()["key"])
    proven = receipts.verify(document, key)
    assert (proven.index, proven.checkpoint.size) == (ACCESS, 6)
    assert str(site.grant).encode() in proven.entry
    with pytest.raises(NotProven):
        receipts.verify(document.replace(b'"index":4', b'"index":3'), key)
