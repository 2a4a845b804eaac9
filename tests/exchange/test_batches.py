"""A provider hands batches in and reads what came of them."""

import base64
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Callable

import polars as pl
import pytest
from sqlalchemy import select

from services.exchange.models import Batch
from services.exchange.tables.reasons import Rule
from shared.principal import Permission
from tests.exchange.tables import HEADER, line, messy, workbook, zipped
from tests.exchange.world import World
from tests.servers import Postgres


def digest_field(data: bytes) -> str:
    return f"sha-256=:{base64.b64encode(hashlib.sha256(data).digest()).decode()}:"


@pytest.mark.duty("D18", "baoji-2017 §17", "jiangsu-2017 §17")
async def test_a_messy_batch_is_published_with_every_row_accounted_for(world: World) -> None:
    data, faults = messy(500)
    batch = await world.publish(data)
    rejected = sum(len(lines) for lines in faults.values())
    assert batch["state"] == "published"
    assert batch["phase"] == "done"
    assert (batch["rows_in"], batch["accepted"], batch["rejected"]) == (
        500 + rejected,
        500,
        rejected,
    )
    assert batch["reasons"] == {r.value: len(lines) for r, lines in faults.items() if lines}
    assert (batch["epoch"], batch["sequence"], batch["changed"]) == (1, 1, 500)


async def test_the_reject_report_names_line_item_reason_and_the_value_as_it_came(
    world: World,
) -> None:
    data, faults = messy(200)
    batch = await world.publish(data)
    async with world.call(world.provider) as client:
        seen, cursor = [], ""
        while cursor is not None:
            query = {"limit": "7"} | ({"cursor": cursor} if cursor else {})
            page = (await client.get(f"/v1/batches/{batch['id']}/rejects", params=query)).json()
            seen += page["items"]
            cursor = page["next"]
        whole = await client.get(
            f"/v1/batches/{batch['id']}/rejects", headers={"Accept": "text/csv"}
        )
    first = [found for found in seen if found["first"]]
    assert sorted(f["line"] for f in first) == sorted(n for lines in faults.values() for n in lines)
    checked = [f for f in seen if f["reason"] == Rule.CHECK_CHARACTER and f["first"]]
    assert {f["name"] for f in checked} == {"统一社会信用代码"}
    assert all(f["value"] in f["text"] for f in checked)
    assert all(" · " in f["sentence"] for f in seen)
    rows = list(csv.DictReader(io.StringIO(whole.content.decode("utf-8-sig"))))
    assert [int(row["line"]) for row in rows] == [f["line"] for f in seen]
    assert [row["reason"] for row in rows] == [f["reason"] for f in seen]


async def test_the_same_batch_id_with_the_same_content_does_nothing_twice(world: World) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    first = await world.hand_in(data, **{"Content-Digest": digest_field(data)})
    again = await world.hand_in(data)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.json()["id"] == first.json()["id"]
    assert first.json()["digest"] == digest_field(data)
    assert await world.work() == 1
    assert (await world.hand_in(data)).json()["state"] == "published"
    assert await world.work() == 0
    other = await world.hand_in(data + line(2).encode())
    assert (other.status_code, other.json()["code"]) == (409, "batch-key-reused")


async def test_bytes_that_differ_from_the_stated_digest_are_refused_and_leave_nothing(
    world: World,
) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    answer = await world.hand_in(data, **{"Content-Digest": digest_field(data + b"x")})
    assert (answer.status_code, answer.json()["code"]) == (400, "digest-differs")
    unreadable = await world.hand_in(data, **{"Content-Digest": "md5=:abc:"})
    assert (unreadable.status_code, unreadable.json()["code"]) == (400, "digest-unreadable")
    assert list((world.settings.storage / "incoming").iterdir()) == []
    assert await world.work() == 0


async def test_an_upload_lies_sealed_until_it_is_worked_and_is_gone_afterwards(
    world: World,
) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    await world.hand_in(data)
    [upload] = (world.settings.storage / "incoming").iterdir()
    assert "贸易".encode() not in upload.read_bytes()
    await world.work()
    assert not upload.exists()


async def test_a_batch_that_fits_no_item_is_refused_as_a_whole_with_the_reason(
    world: World,
) -> None:
    batch = await world.publish("姓名,电话\n甲,1\n".encode())
    assert batch["state"] == "refused"
    refusal = batch["refusal"]
    assert isinstance(refusal, dict)
    assert refusal["code"] == "header-missing"
    assert batch["sequence"] is None


async def test_a_department_sees_its_own_batches_and_nobody_elses(world: World) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    batch = await world.publish(data)
    stranger = world.principal()
    async with world.call(stranger) as client:
        for path in (
            f"/v1/batches/{batch['id']}",
            f"/v1/batches/{batch['id']}/rejects",
            f"/v1/resources/{world.resource}/batches",
            f"/v1/resources/{world.resource}/rules",
        ):
            assert (await client.get(path)).status_code == 404
        handed_in = await client.post(
            f"/v1/resources/{world.resource}/batches",
            content=data,
            headers={"Idempotency-Key": "another-one", "Content-Type": "text/csv"},
        )
        assert handed_in.status_code == 404
    async with world.call(world.provider) as client:
        mine = (await client.get(f"/v1/resources/{world.resource}/batches")).json()
        assert [b["id"] for b in mine["items"]] == [batch["id"]]


async def test_every_operation_needs_its_permission(world: World) -> None:
    nothing = world.principal(Permission.PROFILE_READ, department=world.provider.department)
    async with world.call(nothing) as client:
        answer = await client.get(f"/v1/resources/{world.resource}/batches")
        assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")
    async with world.call(None) as client:
        assert (await client.get(f"/v1/resources/{world.resource}/rules")).status_code == 401


async def test_the_provider_chooses_how_severe_a_rule_is(world: World) -> None:
    data, faults = messy(200)
    rules = {
        "rules": [{"rule": "check-character", "item": "uscc", "severity": "flag"}],
        "most_rejected": None,
        "least_kept": None,
    }
    async with world.call(world.provider) as client:
        chosen = await client.put(f"/v1/resources/{world.resource}/rules", json=rules)
        assert chosen.json() == rules
        assert (await client.get(f"/v1/resources/{world.resource}/rules")).json() == rules
    batch = await world.publish(data)
    wrong = len(faults[Rule.CHECK_CHARACTER])
    assert (batch["accepted"], batch["flagged"]) == (200 + wrong, wrong)
    assert batch["flags"] == {"check-character": wrong}


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"rule": "duplicate-key", "severity": "pass"}, "rule-fixed"),
        ({"rule": "required-missing", "item": "uscc", "severity": "flag"}, "rule-fixed"),
        ({"rule": "too-long", "item": "nothing", "severity": "flag"}, "item-unknown"),
    ],
)
async def test_what_a_row_cannot_be_without_is_not_the_providers_to_choose(
    world: World, rule: dict[str, str], code: str
) -> None:
    async with world.call(world.provider) as client:
        answer = await client.put(f"/v1/resources/{world.resource}/rules", json={"rules": [rule]})
    assert answer.status_code == 409
    assert answer.json()["errors"][0]["code"] == code


async def test_a_batch_of_another_charset_or_kind(world: World) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode("gb18030")
    answer = await world.hand_in(data, **{"Content-Type": "text/csv; charset=GB18030"})
    assert answer.status_code == 202
    await world.work()
    assert (await world.batch(answer.json()["id"]))["accepted"] == 1
    wrong = await world.hand_in(data, key="batch-0002", **{"Content-Type": "application/pdf"})
    assert (wrong.status_code, wrong.json()["code"]) == (415, "media-unknown")


async def test_batches_of_one_resource_are_published_in_the_order_they_came(world: World) -> None:
    for number in range(4):
        data = "\n".join([HEADER, *(line(n) for n in range(number + 1))]).encode()
        assert (await world.hand_in(data, key=f"batch-{number:04d}")).status_code == 202
    assert await world.work() == 4
    async with world.sessions() as session:
        rows = (await session.scalars(select(Batch).order_by(Batch.sequence))).all()
    assert [(b.provider_key, b.sequence, b.accepted) for b in rows] == [
        (f"batch-{n:04d}", n + 1, n + 1) for n in range(4)
    ]


async def test_an_absent_database_is_said_so_also_where_an_upload_streams(
    world: World, postgres: Postgres
) -> None:
    data = f"{HEADER}\n{line(1)}\n".encode()
    name = world.dsn.partition("?")[0].rpartition("/")[2]
    postgres.execute(
        f"ALTER DATABASE {name} CONNECTION LIMIT 0",
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
    )
    answer = await world.hand_in(data)
    assert (answer.status_code, answer.json()["code"]) == (503, "database-away")
    postgres.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")
    assert (await world.hand_in(data)).status_code == 202


@pytest.mark.parametrize(
    ("headers", "pack"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress),
        ({"Content-Type": "application/gzip"}, gzip.compress),
        ({"Content-Type": "application/zip"}, zipped),
    ],
    ids=["encoding", "gzip", "zip"],
)
async def test_a_packed_batch_is_what_is_in_it(
    world: World, headers: dict[str, str], pack: Callable[[bytes], bytes]
) -> None:
    data = pack(f"{HEADER}\n{line(1)}\n".encode())
    answer = await world.hand_in(data, **headers, **{"Content-Digest": digest_field(data)})
    assert answer.status_code == 202
    await world.work()
    batch = await world.batch(answer.json()["id"])
    assert (batch["state"], batch["accepted"]) == ("published", 1)
    assert (await world.hand_in(data, **headers)).status_code == 200
    assert (await world.hand_in(data, **{"Content-Type": "text/plain"})).status_code == 409


async def test_a_parquet_file_is_handed_in_like_a_csv(world: World) -> None:
    cells = dict(zip(HEADER.split(","), next(csv.reader([line(1)])), strict=True))
    out = io.BytesIO()
    pl.DataFrame([cells]).write_parquet(out)
    kind = "application/vnd.apache.parquet"
    answer = await world.hand_in(out.getvalue(), **{"Content-Type": kind})
    await world.work()
    batch = await world.batch(answer.json()["id"])
    assert (batch["state"], batch["rows_in"], batch["accepted"]) == ("published", 1, 1)


async def test_json_lines_are_handed_in_like_a_csv(world: World) -> None:
    cells = dict(zip(HEADER.split(","), next(csv.reader([line(1)])), strict=True))
    data = (json.dumps(cells) + "\n").encode()
    answer = await world.hand_in(data, **{"Content-Type": "application/x-ndjson"})
    await world.work()
    batch = await world.batch(answer.json()["id"])
    assert (batch["state"], batch["rows_in"], batch["accepted"]) == ("published", 1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/json"},
        {"Content-Encoding": "br"},
        {"Content-Type": "application/zip", "Content-Encoding": "gzip"},
    ],
)
async def test_what_is_not_read_is_refused_before_it_is_kept(
    world: World, headers: dict[str, str]
) -> None:
    answer = await world.hand_in(b"{}", **headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "media-unknown")
    assert list((world.settings.storage / "incoming").iterdir()) == []


async def test_a_sheet_is_named_in_the_address(world: World) -> None:
    data = workbook([HEADER.split(","), next(csv.reader([line(1)]))], sheet="企业", hidden="旧表")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    async with world.call(world.provider) as client:
        answers = [
            await client.post(
                f"/v1/resources/{world.resource}/batches",
                params={"sheet": sheet},
                headers={"Idempotency-Key": key, "Content-Type": kind},
                content=data,
            )
            for key, sheet in (("sheet-0001", "企业"), ("sheet-0002", "没有"))
        ]
    assert [answer.status_code for answer in answers] == [202, 202]
    await world.work()
    found = [await world.batch(answer.json()["id"]) for answer in answers]
    assert [(b["state"], b["accepted"]) for b in found] == [("published", 1), ("refused", None)]
    assert found[1]["refusal"]["code"] == "sheet-missing"
