"""Requests made of the platform's own description: `make test-schemathesis` installs and runs it.

Schemathesis takes `/openapi.json` and sends, in the name of each role, what the description allows,
its limits, and what it forbids. Nothing may be answered otherwise than described: no 5xx, no
status or media type that is not declared, no refusal that is not a problem document.
"""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import httpx
import orjson
import pytest

from tests.journeys.platform import Platform
from tests.log_ins import machine_token, person_token

pytestmark = [pytest.mark.external, pytest.mark.timeout(1800)]
PROGRAM = "SCHEMATHESIS"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
# Bodies that the program cannot make: a workbook, JSON lines. Each has hostile tests of its own.
LEFT_OUT = ("/v1/catalogue/workbook", "/v1/catalogue/entries")
# In this order: the last of them close accounts and departments.
WHO = (
    "civil-affairs.compiler",
    "civil-affairs/system",
    "data-bureau.catalogue",
    "data-bureau.coordinator",
    "tax.administrator",
    "platform.audit",
    "civil-affairs.administrator",
    "platform.system",
    "platform.security",
)


async def token(platform: Platform, who: str) -> str:
    """A person's token, or of a department's machine of a kind."""
    async with httpx.AsyncClient(base_url=platform.url, timeout=60) as http:
        kept = orjson.loads(platform.installation.credentials.read_bytes())["departments"]
        name, _, kind = who.partition("/")
        if kind:
            machines = kept[name]["clients"].values()
            machine = next(one for one in machines if one["kind"] == kind)
            return await machine_token(http, machine["client_id"], machine["client_secret"])
        people = {k: v for department in kept.values() for k, v in department["operators"].items()}
        return await person_token(http, name, people[name]["password"])


@pytest.mark.parametrize("who", WHO)
def test_nothing_that_can_be_sent_is_answered_otherwise_than_described(
    platform: Platform, who: str, tmp_path: Path
) -> None:
    program = shutil.which(os.environ.get(PROGRAM, "schemathesis"))
    assert program, "make test-schemathesis installs it"
    left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    done = subprocess.run(  # noqa: S603 - a program that the target has installed
        [
            program,
            "run",
            f"{platform.url}/openapi.json",
            f"--header=Authorization: Bearer {asyncio.run(token(platform, who))}",
            f"--checks={','.join(CHECKS)}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=6",
            "--seed=11",
            "--continue-on-failure",
            "--no-shrink",
            "--suppress-health-check=all",
            "--warnings=off",
            *left_out,
        ],
        # It keeps what it found in a folder here.
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:]
