"""One platform for all journeys."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.installation import Installation
from deploy.local.nats import free_port
from tests.journeys.platform import Platform, command


@pytest.fixture(scope="session")
def platform(state_folder: Path) -> Iterator[Platform]:
    """One platform for these journeys; each leaves it running."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("HUITONG_")]:
            patch.delenv(name)
        patch.setenv("HUITONG_STATE", str(state_folder / "platform"))
        patch.setenv("HUITONG_PORT", str(free_port()))
        patch.setenv("HUITONG_FILES_PORT", str(free_port()))
        # The journeys load it as no example department would.
        patch.setenv("HUITONG_CLIENT_RATE", "1000000/1")
        patch.setenv("HUITONG_OPERATOR_RATE", "1000000/1")
        up = command("up")
        assert up.returncode == 0, up.stdout + up.stderr
        try:
            yield Platform(Installation.here())
        finally:
            down = command("down")
            assert down.returncode == 0, down.stdout + down.stderr
