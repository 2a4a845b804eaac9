"""Pulls into a folder, as most tests do them."""

from pathlib import Path
from uuid import UUID

from huitong_client import Format, Moved, Platform, State, follow

from tests.client.door import GRANT


def still(name: str) -> Moved:
    def moved(done: int, total: int) -> None:
        assert 0 <= done <= total, name

    return moved


def bring(platform: Platform, to: Path) -> State:
    return follow(platform, UUID(GRANT), to, form=Format.CSV, meters=still)


def files(to: Path) -> list[str]:
    return sorted(path.name for path in to.iterdir() if not path.name.startswith("."))
