"""Online lookup by key, the hot path: raw ASGI over asyncpg, see gathering.py.

No SQLAlchemy, no pool and no model stands in the way; the permission is checked all the same,
and the grant.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import asyncpg
import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.exchange.gathering import Gatherer, LookupAway, Row
from services.exchange.keys import stored_key
from services.exchange.live import Live, LiveGrant, LiveResource
from services.exchange.narrowing import lookups
from services.exchange.narrowing.conditions import clear
from services.exchange.narrowing.lookups import where
from services.exchange.vault import Vault
from shared import clock, errors
from shared.access import Permission, admit_raw
from shared.errors import Conflict, DomainError, FieldError, Malformed, NotFound, TooMany
from shared.narrowing import Mask
from shared.principal import Principal

MOST_KEYS = 1000
_LONGEST_KEY = 512
_LARGEST_BODY = 1 << 20
_PATH = re.compile(r"/v1/grants/([0-9a-fA-F-]{36})/lookup")


class KeyNotGranted(Conflict):
    """The grant does not include the key: who may not see it may not ask by it."""

    code = "key-not-granted"
    title = "Key not granted"


class NothingPublished(Conflict):
    """The provider has not handed any data in yet."""

    code = "nothing-published"
    title = "Nothing published"


class KeysBeyondQuota(TooMany):
    """The look-up asks for more keys than the grant's quota leaves for today."""

    code = "keys-beyond-quota"
    title = "More keys than the quota leaves"


class Lookup:
    """The operation: a body of keys in, the granted items of their rows out."""

    def __init__(self, live: Live, gatherer: Gatherer, vault: Vault, timezone: str) -> None:
        self._live = live
        self._timezone = timezone
        self._gatherer = gatherer
        self._suite = vault.suite
        self._digest_key = vault.derived("lookup keys")

    async def answer(self, path_grant: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Raises the refusals of `shared.errors`."""
        by = admit_raw(scope, Permission.DATA_LOOKUP)
        grant = await self.granted(path_grant, by)
        asked = _keys_in(await _body(receive))
        resource, shown = await self.find(grant, by, asked)
        await _send(send, _document(grant, resource, shown), self.digest(asked), len(asked))

    async def find(
        self, grant: LiveGrant, by: Principal, asked: list[str | list[str]]
    ) -> tuple[LiveResource, list[dict[str, object]]]:
        """What the grant shows of the rows under these keys, in their order, and of which data.

        Raises KeysBeyondQuota, NothingPublished, KeyNotGranted, Malformed and LookupAway.
        """
        resource = await self._resource(grant.resource)
        if by.keys_left is not None and len(asked) > by.keys_left:
            raise KeysBeyondQuota(
                f"The quota of this grant leaves {by.keys_left} keys for this look-up: ask for "
                "fewer, or on another day.",
                retry_after=self._until_tomorrow(),
            )
        if resource is None:
            raise NothingPublished("Nothing has been published for this resource yet.")
        keys = _stored(asked, resource, grant)
        columns = tuple(i.code for i in resource.table.items if i.code in grant.items)
        wanted = [key for key in keys if key]
        rows = where(grant.narrowing, resource.table)
        try:
            found = await self._gatherer.ask(resource.table, columns, wanted, rows)
        except asyncpg.UndefinedTableError:
            # A new shape was published a moment ago, into another table.
            await self._live.refresh(resource=grant.resource)
            resource = await self._resource(grant.resource)
            if resource is None:
                raise LookupAway("The lookup tables cannot be asked now.") from None
            rows = where(grant.narrowing, resource.table)
            found = await self._gatherer.ask(resource.table, columns, wanted, rows)
        masks = grant.narrowing.masked if grant.narrowing else {}
        return resource, [_shown(columns, found[key], masks) for key in keys if key in found]

    async def granted(self, text: str, by: Principal) -> LiveGrant:
        """The grant of the path, as live knowledge has it. Raises NotFound."""
        if by.grant is None or str(by.grant) != text.lower():
            raise NotFound("There is no such grant of your department.")
        if by.grant not in self._live.grants:
            await self._live.refresh(grant=by.grant)
        grant = self._live.grants.get(by.grant)
        if grant is None or grant.grantee != by.department or not grant.in_force(clock.now()):
            raise NotFound("There is no such grant of your department.")
        return grant

    async def _resource(self, identity: UUID) -> LiveResource | None:
        if identity not in self._live.resources:
            await self._live.refresh(resource=identity)
        return self._live.resources.get(identity)

    def _until_tomorrow(self) -> int:
        """Seconds until quotas begin anew, at the local midnight."""
        at = clock.now()
        tomorrow = clock.local_date(at, self._timezone) + timedelta(days=1)
        return int((clock.midnight(tomorrow, self._timezone) - at).total_seconds()) + 1

    def digest(self, asked: list[str | list[str]]) -> str:
        """What the access record has in place of the keys: equal keys, equal digests."""
        return self._suite.mac(self._digest_key, orjson.dumps(asked)).hex()


class LookupFirst:
    """Answers lookups before anything else of the application is asked; all else passes."""

    def __init__(self, app: ASGIApp, lookup: Lookup) -> None:
        self._app = app
        self._lookup = lookup

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, a refusal as a problem document."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        match = _PATH.fullmatch(scope["path"])
        if match is None:
            await self._app(scope, receive, send)
            return
        try:
            await self._lookup.answer(match[1], scope, receive, send)
        except DomainError as error:
            sent = (v.decode() for k, v in scope["headers"] if k == b"x-request-id")
            await errors.answer(error, next(sent, None))(scope, receive, send)


async def _body(receive: Receive) -> bytes:
    body = bytearray()
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise _malformed("body", "broken", "The request ended before it was whole.")
        body += message.get("body", b"")
        if len(body) > _LARGEST_BODY:
            raise _malformed("body", "too-long", "The request is too long.")
        if not message.get("more_body", False):
            return bytes(body)


def _keys_in(body: bytes) -> list[str | list[str]]:
    try:
        document = orjson.loads(body)
        keys = document["keys"]
        whole = isinstance(document, dict) and len(document) == 1 and isinstance(keys, list)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise _malformed("body", "shape", 'Send {"keys": [...]} and nothing else.')
    if not 1 <= len(keys) <= MOST_KEYS:
        raise _malformed("body.keys", "count", f"Send 1 to {MOST_KEYS} keys.")
    for place, key in enumerate(keys):
        values = key if isinstance(key, list) else [key]
        if not all(isinstance(v, str) and len(v) <= _LONGEST_KEY for v in values):
            raise _malformed(f"body.keys.{place}", "type", "A key is a text, or a list of texts.")
        # PostgreSQL cannot hold it, and would refuse all look-ups gathered with this one.
        if any("\0" in v for v in values):
            raise _malformed(f"body.keys.{place}", "not-storable", "A key has no NUL character.")
    found: list[str | list[str]] = keys
    return found


def _stored(
    asked: list[str | list[str]], resource: LiveResource, grant: LiveGrant
) -> list[str | None]:
    items = [item for item in resource.table.items if item.key]
    if not clear(grant.items, grant.narrowing).issuperset(item.code for item in items):
        raise KeyNotGranted(
            "This grant does not include the resource's key, or shows it masked; take its files "
            "instead."
        )
    found: list[str | None] = []
    for place, key in enumerate(asked):
        values = key if isinstance(key, list) else [key]
        if len(values) != len(items):
            raise _malformed(
                f"body.keys.{place}", "length", f"A key of this resource has {len(items)} values."
            )
        found.append(stored_key(values, items))
    return found


def _shown(columns: tuple[str, ...], row: Row, masks: Mapping[str, Mask]) -> dict[str, object]:
    shown = dict(zip(columns, row[2:], strict=True))
    for code, mask in masks.items():
        if code in shown:
            shown[code] = lookups.shown(shown[code], mask)
    if row[0] is not None:
        mine = [t for t in str(row[0]).split(" ") if t.partition(":")[0] in shown]
        if mine:
            shown["_flags"] = " ".join(mine)
    if row[1]:
        shown["_stale"] = True
    return shown


def _document(grant: LiveGrant, resource: LiveResource, rows: list[dict[str, object]]) -> bytes:
    return orjson.dumps(
        {
            "grant": grant.id,
            "resource": resource.id,
            "epoch": resource.epoch,
            "sequence": resource.sequence,
            "source": {
                "resource": resource.id,
                "name": resource.name,
                "department": resource.provider,
                "department_name": resource.provider_name,
                "data_at": resource.data_at,
            },
            "rows": rows,
        },
        # An exact number is text in JSON: a reader's floating point would change it.
        default=str,
    )


async def _send(send: Send, body: bytes, digest: str, keys: int) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", b"%d" % len(body)),
                (b"cache-control", b"no-store"),
                (b"x-huitong-keys-digest", digest.encode()),
                (b"x-huitong-keys-count", b"%d" % keys),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})


def _malformed(field: str, code: str, message: str) -> Malformed:
    return Malformed(
        f"The request is malformed at: {field}.", errors=[FieldError(field, code, message)]
    )
