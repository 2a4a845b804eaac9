"""A workbook filled in by a person in LibreOffice comes in. Run by `make test-libreoffice`."""

import asyncio
import shutil
from pathlib import Path

import pytest

from deploy.local.nats import free_port
from tests.catalog.entries import LEGAL, NOT_SHARED
from tests.catalog.imports import filled, hand_in, outcomes, problems, result
from tests.catalog.world import World, told

FILL = Path(__file__).with_name("libreoffice_fill.py")
pytestmark = pytest.mark.external


def program(name: str, what: str) -> str:
    """The path of a program that must be there."""
    found = shutil.which(name)
    assert found, f"{what} is not here: install libreoffice-calc and python3-uno"
    return found


async def run(*command: str | Path) -> None:
    """Run a command to its end, which must be good."""
    process = await asyncio.create_subprocess_exec(
        *map(str, command), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await asyncio.wait_for(process.communicate(), 240)
    assert process.returncode == 0, said.decode()


async def by_a_person(form: Path, filled_in: Path, home: Path) -> None:
    """Fill the form in in LibreOffice."""
    port = free_port()
    office = await asyncio.create_subprocess_exec(
        program("soffice", "LibreOffice"),
        "--headless",
        "--norestore",
        f"-env:UserInstallation={home.as_uri()}",
        f"--accept=socket,host=127.0.0.1,port={port};urp",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        # The system's Python, which Debian's python3-uno is for, and not the project's own.
        await run("/usr/bin/python3", FILL, str(port), form, filled_in)
        await asyncio.wait_for(office.wait(), 60)
    finally:
        if office.returncode is None:
            office.kill()
            await office.wait()


@pytest.mark.duty("D03", "baoji-2017 §9")
async def test_a_workbook_filled_in_by_a_person_in_libreoffice_comes_in(
    world: World, tmp_path: Path
) -> None:
    form, back = tmp_path / "form.xlsx", tmp_path / "filled.xlsx"
    form.write_bytes((await world.as_(world.compiler).get("/v1/catalogue/workbook")).content)
    await by_a_person(form, back, tmp_path / "home")
    job = await result(world, await hand_in(world, back.read_bytes()))
    report = await problems(world, job)
    assert job["state"] == "applied", report
    assert await outcomes(world, job) == {"001": "created", "1-2": "created"}
    assert [(p["code"], p["sheet"]) for p in report] == [("hidden-row", "停管科 2026")]
    listing = (await world.listing())["items"]
    by_name = {draft["name"]: draft["id"] for draft in listing}
    lots = told(await world.read(by_name["公共停车场名录"]), 200)
    assert [(i["code"], i["type"], i["length"], i["key"]) for i in lots["items"]] == [
        ("lot_code", "C", 20, True),
        ("lot_name", "C", 100, False),
        ("spaces", "I", None, False),
    ]
    parks = told(await world.read(by_name["公园名录"]), 200)
    assert (parks["update_cycle"], parks["format"]) == (
        "yearly",
        {"kind": "spreadsheet", "type": "et"},
    )
    assert parks["share_methods"] == ["platform-file", "mail"]
    again = await result(world, await hand_in(world, back.read_bytes()))
    assert again["counts"]["unchanged"] == 2


async def test_what_libreoffice_saves_again_loses_nothing(world: World, tmp_path: Path) -> None:
    """Through LibreOffice's own format and back, as a department without Excel works."""
    workbook = filled(("A-1", LEGAL), ("A-2", NOT_SHARED))
    await result(world, await hand_in(world, workbook))
    (tmp_path / "out.xlsx").write_bytes(workbook)
    office = program("soffice", "LibreOffice")
    home = f"-env:UserInstallation={(tmp_path / 'home').as_uri()}"
    ods, back = tmp_path / "out.ods", tmp_path / "back"
    convert = (office, "--headless", home, "--convert-to")
    await run(*convert, "ods", "--outdir", tmp_path, tmp_path / "out.xlsx")
    await run(*convert, "xlsx", "--outdir", back, ods)
    job = await result(world, await hand_in(world, (back / "out.xlsx").read_bytes()))
    assert await outcomes(world, job) == {"A-1": "unchanged", "A-2": "unchanged"}
