"""What a provider can do: hand in a batch, and say how severe the rules are."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries, staging
from services.exchange.digests import DigestDiffers
from services.exchange.models import Batch, Resource, SeverityRule
from services.exchange.staging import Upload
from services.exchange.tables.formats import Content
from services.exchange.tables.items import ItemType
from services.exchange.tables.reasons import ALWAYS_REJECTED, Rule, Severity
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import BadRequest, Conflict, FieldError
from shared.events.exchange import BatchMode, RulesChanged
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal

# The types of items whose sum is exact, so that it can be compared.
_SUMMED = (ItemType.INTEGER, ItemType.NUMERIC, ItemType.CURRENCY)


class ResourceClosed(Conflict):
    """The resource has left the catalogue, or its entry names no key: it takes no data."""

    code = "resource-takes-no-batches"
    title = "Resource takes no batches"


class BatchKeyReused(Conflict):
    """The provider's batch id came before with other content."""

    code = "batch-key-reused"
    title = "Batch id reused"


class TotalUnfit(BadRequest):
    """A sum is stated of an item that has none that is exact, or without its item."""

    code = "total-unfit"
    title = "Total unfit"


class RuleFixed(Conflict):
    """A rule whose severity is not the provider's to choose, or an item that is not there."""

    code = "rule-fixed"
    title = "Rule not free to choose"


@dataclass(frozen=True, slots=True)
class Totals:
    """What the provider counted itself: rows, and the sum of one item."""

    rows: int | None = None
    item: str | None = None
    total: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """A batch as it is handed in: `key` is the provider's own id of it, `digest` the stated one.

    A dry run is checked and never published.
    """

    resource: UUID
    key: str
    mode: BatchMode
    content: Content
    digest: bytes | None
    dry_run: bool
    totals: Totals
    body: AsyncIterator[bytes]
    largest: int


async def submit(
    sessions: Sessions, vault: Vault, by: Principal, sent: Submission
) -> tuple[Batch, bool]:
    """Take a batch in: the batch and True, or the one that came before under its key and False.

    Raises NotFound, ResourceClosed, BatchKeyReused, DigestDiffers and what `staging` raises. No
    transaction is open while the bytes arrive.
    """
    async with sessions() as session:
        resource = await queries.own_resource(session, sent.resource, by)
        before = await queries.batch_by_key(session, sent.resource, sent.key)
    if before is not None:
        digest = await staging.digest_of(vault, sent.body, sent.largest)
        return _same(before, sent, digest, vault), False
    check_open(resource)
    check_totals(resource, sent.totals)
    identity = new_id()
    upload = await staging.receive(vault, identity, sent.body, sent.largest)
    try:
        if sent.digest is not None and not vault.suite.mac_equal(sent.digest, upload.digest):
            raise DigestDiffers("The bytes that arrived are not those of the stated digest.")
        async with sessions.begin() as session:
            batch = await _record(session, identity, upload, by, sent, clock.now())
    except BaseException:
        vault.upload(identity).unlink(missing_ok=True)
        raise
    if batch is not None:
        return batch, True
    # Another upload under the same key was quicker.
    vault.upload(identity).unlink(missing_ok=True)
    async with sessions() as session:
        before = await queries.batch_by_key(session, sent.resource, sent.key)
    if before is None:
        raise LookupError("a batch's key is taken by no batch")
    return _same(before, sent, upload.digest, vault), False


async def _record(
    session: AsyncSession,
    identity: UUID,
    upload: Upload,
    by: Principal,
    sent: Submission,
    at: datetime,
) -> Batch | None:
    """The batch as a row, or None where its key is taken."""
    resource = await queries.own_resource(session, sent.resource, by)
    check_open(resource)
    batch = Batch(
        id=identity,
        resource_id=resource.id,
        resource_version=resource.version,
        provider=by.department,
        provider_key=sent.key,
        mode=sent.mode,
        format=sent.content.format,
        packing=sent.content.packing,
        charset=sent.content.charset,
        sheet=sent.content.sheet,
        size=upload.size,
        digest=upload.digest,
        staging_key=upload.wrapped,
        received_by=by.actor,
        received_at=at,
        dry_run=sent.dry_run,
        stated_rows=sent.totals.rows,
        stated_item=sent.totals.item,
        stated_sum=sent.totals.total,
    )
    try:
        async with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        return None
    emit(session, batch.received(by.access_id))
    return batch


def _same(before: Batch, sent: Submission, digest: bytes, vault: Vault) -> Batch:
    """The batch that came before, if it is this one again. Raises BatchKeyReused."""
    content = Content(before.format, before.packing, sent.content.charset, before.sheet)
    told = (before.mode, content, before.dry_run, _totals_of(before))
    same = told == (sent.mode, sent.content, sent.dry_run, sent.totals)
    if not same or not vault.suite.mac_equal(before.digest, digest):
        raise BatchKeyReused(
            "This batch id (Idempotency-Key) came before with other content; use a new one."
        )
    return before


def _totals_of(batch: Batch) -> Totals:
    return Totals(batch.stated_rows, batch.stated_item, batch.stated_sum)


def check_totals(resource: Resource, totals: Totals) -> None:
    """Raise TotalUnfit where the stated sum is of nothing that has an exact one."""
    if totals.item is None and totals.total is None:
        return
    if totals.item is None or totals.total is None:
        raise TotalUnfit("State `sum_of` and `sum` together, or neither.")
    kinds = {item.code: item.type for item in resource.items}
    if kinds.get(totals.item) not in _SUMMED:
        raise TotalUnfit(
            "`sum_of` is the code of an item of this resource whose type is exact: "
            "integer, numeric or currency."
        )


def check_open(resource: Resource) -> None:
    """Raise ResourceClosed where the resource takes no batches."""
    if resource.withdrawn_at is not None:
        raise ResourceClosed("This resource has left the catalogue and takes no batches.")
    if not any(item.key for item in resource.items):
        raise ResourceClosed(
            "The catalogue entry names no key item; publish a version that does, then hand in data."
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """How severe a rule is to be, on one item or (None) on all."""

    rule: Rule
    item: str | None
    severity: Severity


@dataclass(frozen=True, slots=True)
class Shares:
    """When a batch is refused and when a snapshot waits, as shares of 1; None: as by default."""

    most_rejected: float | None = None
    least_kept: float | None = None


async def set_rules(
    session: AsyncSession,
    by: Principal,
    resource_id: UUID,
    choices: Sequence[Choice],
    shares: Shares,
) -> tuple[Resource, Sequence[SeverityRule]]:
    """Replace the provider's choices; they hold from the next batch on.

    Raises NotFound, RuleFixed.
    """
    await queries.own_resource(session, resource_id, by)
    resource = await queries.lock_resource(session, resource_id)
    if resource is None:
        raise LookupError("a resource that was there is gone")
    _check_choices(resource, choices)
    await session.execute(delete(SeverityRule).where(SeverityRule.resource_id == resource_id))
    for choice in choices:
        session.add(
            SeverityRule(
                resource_id=resource_id,
                rule=choice.rule,
                item=choice.item or "",
                severity=choice.severity,
            )
        )
    resource.most_rejected, resource.least_kept = shares.most_rejected, shares.least_kept
    told = [f"{c.rule}:{c.item or '*'}={c.severity}" for c in choices]
    if shares.most_rejected is not None:
        told.append(f"most-rejected={shares.most_rejected:g}")
    if shares.least_kept is not None:
        told.append(f"least-kept={shares.least_kept:g}")
    emit(
        session,
        RulesChanged(
            at=clock.now(),
            actor=by.actor,
            department=by.department,
            aggregate=resource_id,
            access_id=by.access_id,
            resource=resource_id,
            rules=told,
        ),
    )
    await session.flush()
    return resource, await queries.rules(session, resource_id)


def _check_choices(resource: Resource, choices: Sequence[Choice]) -> None:
    items = {item.code for item in resource.items}
    keys = {item.code for item in resource.items if item.key}
    faults = []
    seen: set[tuple[Rule, str | None]] = set()
    for place, choice in enumerate(choices):
        field = f"rules.{place}"
        fixed = choice.rule in ALWAYS_REJECTED or (
            choice.rule is Rule.REQUIRED and choice.item in keys
        )
        if fixed and choice.severity is not Severity.REJECT:
            faults.append(
                FieldError(field, "rule-fixed", "A row that breaks this rule is always rejected.")
            )
        if choice.item is not None and choice.item not in items:
            faults.append(FieldError(field, "item-unknown", "The resource has no such item."))
        if (choice.rule, choice.item) in seen:
            faults.append(FieldError(field, "rule-twice", "This rule is chosen twice."))
        seen.add((choice.rule, choice.item))
    if faults:
        raise RuleFixed("These rules cannot be set so; see the fields.", errors=faults)
