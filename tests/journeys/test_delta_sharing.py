"""PyPI's own Delta Sharing client against a running platform, through the gateway.

`make test-delta-sharing` installs it into an environment of its own and says where in
DELTA_SHARING; it brings pandas and PyArrow, which nothing else here needs.
"""

import asyncio
import json
import os
from pathlib import Path
from uuid import UUID

import httpx
import pytest

from tests.journeys.load import Site
from tests.journeys.platform import Platform, eventually

pytestmark = pytest.mark.external
WHERE = "DELTA_SHARING"
SCRIPT = Path(__file__).with_name("off_the_shelf.py")


async def off_the_shelf(profile: Path) -> tuple[int, str, str]:
    """What the client says of a profile."""
    python = os.environ.get(WHERE)
    if python is None:
        pytest.skip("make test-delta-sharing installs the client")
    process = await asyncio.create_subprocess_exec(
        python,
        # Isolated: the modules beside the script are not the client's.
        "-I",
        str(SCRIPT),
        str(profile),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, error = await process.communicate()
    return process.returncode or 0, out.decode(), error.decode()


@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.duty("D17", "jiangsu-2017 §15", "baoji-2017 §16")
async def test_the_off_the_shelf_client_lists_reads_and_follows_what_is_granted(
    platform: Platform, tmp_path: Path
) -> None:
    eventually(platform.is_ready)
    site = Site(platform.installation)
    machines = site.departments["tax"]["clients"].values()
    machine = next(m["client_id"] for m in machines if m["kind"] == "front-end-machine")
    async with site.calling() as http:
        headers = {"authorization": f"Bearer {await site.person('tax', 'tax.administrator')}"}
        given = await http.post(
            f"/v1/clients/{machine}/delta-sharing-profile",
            json={},
            headers=headers | {"idempotency-key": "profile-of-a-test-0001"},
        )
        assert given.status_code == 201, given.text
        grants = (await http.get("/v1/grants", headers=headers)).json()["items"]
        grant = next(g for g in grants if g["state"] == "active")
        profile = tmp_path / "huitong.share"
        profile.write_bytes(given.content)
        code, said, complaint = await off_the_shelf(profile)
        assert code == 0, complaint
        told = json.loads(said)
        [table] = [t for t in told["tables"] if t["table"] == grant["id"]]
        assert table["columns"] == sorted(grant["items"])
        assert table["rows"] == table["rows_of_the_first"] == table["changes"]["insert"] > 3
        assert (table["version"], table["versions"], table["head"]) == (1, [1], 3)
        assert "来源" in table["description"]
        assert [len(told["shares"]), len(told["schemas"])] == [1, 1]
        await _is_recorded(http, headers, UUID(grant["id"]))
        await _remove_newest_secret(http, headers, machine)
    code, _, complaint = await off_the_shelf(profile)
    assert code != 0
    assert "401" in complaint


async def _is_recorded(http: httpx.AsyncClient, headers: dict[str, str], grant: UUID) -> None:
    query = {"grant": str(grant), "kind": "decided", "limit": "200"}
    entries = (await http.get("/v1/log/entries", params=query, headers=headers)).json()["items"]
    operations = {entry["entry"]["operation"].rpartition("/")[2] for entry in entries}
    assert {"version", "metadata", "query", "changes"} <= operations


async def _remove_newest_secret(
    http: httpx.AsyncClient, headers: dict[str, str], machine: str
) -> None:
    listed = await http.get(f"/v1/clients/{machine}/secrets", headers=headers)
    newest = listed.json()["items"][0]["id"]
    gone = await http.delete(f"/v1/clients/{machine}/secrets/{newest}", headers=headers)
    assert gone.status_code == 204
