"""What each command of `huitong` does: read its arguments, call the SDK, print what came."""

import getpass
import os
import sys
from argparse import Namespace
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import orjson

from huitong_client import (
    addresses,
    profiles,
    pulls,
    pushes,
    receipts,
    serving,
    signing,
    tables,
    tokens,
)
from huitong_client.answers import Batch, Format, Grant, Mode
from huitong_client.certificates import own
from huitong_client.errors import LocalTrouble, NotLoggedIn
from huitong_client.folder import State
from huitong_client.notes import VerifierKey
from huitong_client.platform import Key, Platform
from huitong_client.profiles import Profile
from huitong_client.progress import Meter
from huitong_client.retries import Patience
from huitong_client.sentences import say
from huitong_client.transport import connect

DONE = 0
BATCH_REFUSED = 8


def login(args: Namespace) -> int:
    """Ask for a token with the credentials, and keep them only if the gateway takes them."""
    gateway = addresses.gateway(args.gateway)
    key_file, ca_file, certificate, certificate_key = [
        str(Path(file).resolve()) if file else None
        for file in (args.key, args.ca_file, args.certificate, args.certificate_key)
    ]
    client_id = args.client_id or os.environ.get("HUITONG_CLIENT_ID") or input(say("ask-client"))
    try:
        http = connect(gateway, ca_file, own(certificate, certificate_key))
    except OSError as error:
        raise LocalTrouble("ca-file", path=ca_file) from error
    with http:
        patience = Patience()
        profile = Profile(
            gateway=gateway,
            token_endpoint=tokens.discover(http, gateway, patience),
            client_id=client_id.strip(),
            client_secret=_secret(args, otherwise=key_file or certificate),
            ca_file=ca_file,
            key_file=key_file,
            certificate_file=certificate,
            certificate_key_file=certificate_key,
        )
        token = tokens.obtain(http, profile, patience)
    try:
        path = profiles.save(args.profile, profile)
        profiles.save_token(args.profile, token)
    except OSError as error:
        raise LocalTrouble("unwritable", path=profiles.folder()) from error
    print(say("logged-in", gateway=gateway, client=profile.client_id, path=path))
    return DONE


def key(args: Namespace) -> int:
    """Make a key for this machine, or read the one that is there; print what registers it."""
    known = signing.load(args.file) if args.show else signing.make(args.file)
    print(signing.registration(known))
    client = args.client_id or os.environ.get("HUITONG_CLIENT_ID") or "CLIENT"
    _note(say("key-registered-so", path=args.file, client=client, kid=known.kid))
    return DONE


def whoami(args: Namespace) -> int:
    """Print who the platform takes this client for."""
    with Platform.of(args.profile) as platform:
        me = platform.whoami()
        if args.json:
            _print_json([asdict(me)])
            return DONE
        print(
            say(
                "whoami",
                kind=tables.plain(me.kind),
                id=me.id,
                department=tables.plain(me.department_name),
                gateway=platform.gateway.address,
                permissions=tables.plain(" ".join(me.permissions)),
            )
        )
    return DONE


def grants(args: Namespace) -> int:
    """Print the grants of this department."""
    with Platform.of(args.profile) as platform:
        found = list(platform.grants())
    if args.json:
        _print_json(asdict(grant) for grant in found)
    else:
        _print_table(
            ("grant", "state", "until", "resource", "provider", "items", "purpose"),
            [_grant_row(grant) for grant in found],
        )
    return DONE


def _grant_row(grant: Grant) -> tuple[str, ...]:
    return (
        str(grant.id),
        grant.state,
        grant.valid_until.date().isoformat() if grant.valid_until else "-",
        grant.resource_name,
        grant.provider_name or str(grant.provider),
        " ".join(grant.items),
        grant.purpose,
    )


def batches(args: Namespace) -> int:
    """Print the batches of a resource."""
    with Platform.of(args.profile) as platform:
        found = list(platform.batches(args.resource))
    if args.json:
        _print_json(asdict(batch) for batch in found)
    else:
        counts = ("rows_in", "accepted", "flagged", "rejected")
        _print_table(
            ("batch", "id", "sequence", "state", *counts),
            [
                (
                    str(batch.id),
                    batch.key,
                    _count(batch.sequence),
                    batch.state,
                    *(_count(getattr(batch, name)) for name in counts),
                )
                for batch in found
            ],
        )
    return DONE


# A script must not take for published what was refused or waits to be confirmed.
_NOT_PUBLISHED = ("refused", "cancelled", "held")


def push(args: Namespace) -> int:
    """Hand in a file; wait for the verdict where asked to."""
    with Platform.of(args.profile) as platform:
        batch = pushes.push(
            platform,
            args.resource,
            args.file,
            mode=Mode(args.mode),
            batch_id=args.id,
            moved=Meter(args.file.name),
            charset=args.charset,
            sheet=args.sheet,
        )
        _note(say("batch-taken", batch=batch.id, state=batch.state))
        if args.wait or args.rejects:
            shown: list[str] = []

            def seen(now: Batch) -> None:
                phase = f" ({now.phase})" if now.phase and not now.finished else ""
                line = say("batch-state", batch=now.id, state=now.state, phase=phase)
                if [line] != shown:
                    shown[:] = [line]
                    _note(tables.plain(line))

            batch = pushes.wait(platform, batch, within=args.timeout, seen=seen)
            if args.rejects and batch.rejected:
                platform.save_rejects(batch.id, args.rejects)
                _note(say("rejects-saved", path=args.rejects))
    if args.json:
        _print_json([asdict(batch)])
    elif batch.finished:
        _print_batch(batch)
    else:
        print(batch.id)
    return BATCH_REFUSED if batch.state in _NOT_PUBLISHED else DONE


def _print_batch(batch: Batch) -> None:
    print(tables.plain(say("batch-state", batch=batch.id, state=batch.state, phase="")))
    if batch.rows_in is not None:
        print(
            say(
                "batch-rows",
                rows_in=_count(batch.rows_in),
                accepted=_count(batch.accepted),
                flagged=_count(batch.flagged),
                rejected=_count(batch.rejected),
            )
        )
    for sentence, counts in (("batch-rejected", batch.reasons), ("batch-flagged", batch.flags)):
        for rule, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            print(say(sentence, count=f"{count:,}", rule=tables.plain(rule)))
    if batch.refusal is not None:
        refusal = say("batch-refusal", code=batch.refusal.code, detail=batch.refusal.detail)
        print(tables.plain(refusal))


def pull(args: Namespace) -> int:
    """Bring a folder up to date with a grant."""
    form = Format(args.format) if args.format else None
    fetched: set[str] = set()

    def meters(name: str) -> Meter:
        fetched.add(name)
        return Meter(name)

    with Platform.of(args.profile) as platform:
        if args.snapshot:
            state = pulls.begin(platform, args.grant, args.to, form=form, meters=meters)
        elif args.after is not None:
            state = pulls.follow_after(
                platform, args.grant, args.to, args.after, form=form, meters=meters
            )
        else:
            state = pulls.follow(platform, args.grant, args.to, form=form, meters=meters)
    _print_pulled(args, state, fetched)
    return DONE


def _print_pulled(args: Namespace, state: State, fetched: set[str]) -> None:
    new = [file for file in state.files if file.name in fetched]
    if args.json:
        told = {
            "sequence": state.sequence,
            "epoch": state.epoch,
            "new": [str(args.to / file.name) for file in new],
            "rows": sum(file.rows for file in new),
        }
        print(orjson.dumps(told).decode())
        return
    print(
        say(
            "pulled",
            path=args.to,
            sequence=state.sequence,
            epoch=state.epoch,
            new=len(new),
            rows=f"{sum(file.rows for file in new):,}",
        )
    )


def lookup(args: Namespace) -> int:
    """Print the rows with the given keys, one JSON object a line."""
    keys = _keys(args.item_keys_from)
    rows = 0
    with Platform.of(args.profile) as platform:
        for found in platform.lookup(args.grant, keys):
            rows += len(found.rows)
            for row in found.rows:
                print(row.decode())
    _note(say("looked-up", keys=len(keys), rows=rows))
    return DONE


def serve(args: Namespace) -> int:
    """Take this department's calls and ask the system behind this machine, until interrupted."""
    behind = serving.system(args.to, args.headers)

    def told(operation: str, outcome: str) -> None:
        _note(tables.plain(say("served", operation=operation, outcome=outcome)))

    with Platform.of(args.profile) as platform:
        _note(say("serving", address=behind.address))
        serving.Serving(
            platform, behind, resources=args.resource, at_once=args.at_once, told=told
        ).run()
    return DONE


def receipt_fetch(args: Namespace) -> int:
    """Save the receipt of one log entry."""
    with Platform.of(args.profile) as platform:
        platform.save_receipt(args.index, args.to)
    print(say("receipt-saved", index=args.index, path=args.to))
    return DONE


def receipt_verify(args: Namespace) -> int:
    """Check a receipt with nothing but the log's public key; asks nobody."""
    held = Path(args.key)
    key = VerifierKey.parse(_read(held).decode("utf-8", "replace") if _is_file(held) else args.key)
    proven = receipts.verify(_read(args.file), key)
    if args.json:
        told = {
            "origin": proven.checkpoint.origin,
            "size": proven.checkpoint.size,
            "index": proven.index,
            "entry": proven.entry.decode("utf-8", "replace"),
        }
        print(orjson.dumps(told).decode())
        return DONE
    print(
        say(
            "receipt-proven",
            origin=tables.plain(proven.checkpoint.origin),
            size=proven.checkpoint.size,
            index=proven.index,
        )
    )
    print(tables.plain(proven.entry.decode("utf-8", "replace")))
    return DONE


def _secret(args: Namespace, otherwise: str | None) -> str | None:
    """The secret that was named, else the one that is asked for where nothing else is a proof."""
    file: str | None = args.secret_file
    if file is None and otherwise is not None:
        return None
    if file == "-":
        secret = sys.stdin.readline()
    elif file is not None:
        secret = _read(Path(file)).decode("utf-8", "replace")
    else:
        secret = os.environ.get("HUITONG_CLIENT_SECRET") or getpass.getpass(say("ask-secret"))
    if not secret.strip():
        raise NotLoggedIn("secret-missing")
    return secret.strip()


def _keys(source: str) -> list[Key]:
    """One key a line; a line like ["a","b"] is a key of two items."""
    text = sys.stdin.read() if source == "-" else _read(Path(source)).decode("utf-8-sig", "replace")
    keys = [line.strip() for line in text.splitlines() if line.strip()]
    if not keys:
        raise LocalTrouble("no-keys", path=source)
    return [_key(line) for line in dict.fromkeys(keys)]


def _key(line: str) -> Key:
    if not line.startswith("["):
        return line
    try:
        values: object = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line
    if isinstance(values, list) and all(isinstance(value, str) for value in values):
        return [str(value) for value in values]
    return line


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise LocalTrouble("unreadable", path=path) from error


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        # A key is longer than a file's name may be.
        return False


def _count(count: int | None) -> str:
    return "-" if count is None else f"{count:,}"


def _note(line: str) -> None:
    print(line, file=sys.stderr)


def _print_json(values: Iterable[dict[str, object]]) -> None:
    for value in values:
        print(orjson.dumps(value).decode())


def _print_table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        _note(say("nothing"))
        return
    for line in tables.lines(head, rows):
        print(line)
