"""The one folder in which everything of a local installation lies, and its secrets.

secrets/   passwords and keys, made once, 0600 in a folder 0700
env/       the environment that each process was last started with, 0600
postgres/  the cluster          nats/  the streams and the server's configuration
exchange/  batches              gateway/  the spool of access records
run/       sockets, pid files and the lock of the supervisor, 0700
logs/      a file for each process
"""

import json
import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

# The parts that own a database, two roles in it and a user on the bus.
SERVICES = ("gateway", "catalog", "exchange", "requests", "audit")

STATE_FOLDER = "HUITONG_STATE"
CHECKOUT = Path(__file__).resolve().parents[2]


# Tells a state folder from any other, so that none is filled or deleted by mistake.
_MARK = "huitong-state"


class StateError(Exception):
    """The state folder cannot be used; the sentence says why and what to do."""


def chosen_folder() -> Path:
    """The state folder: HUITONG_STATE, else `.huitong` in the checkout."""
    return Path(os.environ.get(STATE_FOLDER) or CHECKOUT / ".huitong").expanduser().absolute()


class State:
    """The folder and what may be asked of it. Nothing outside it is ever written or changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.secrets = root / "secrets"
        self.environments = root / "env"
        self.run = root / "run"
        self.logs = root / "logs"
        self.postgres = root / "postgres"
        self.nats = root / "nats"

    def check_owner(self) -> None:
        """Refuse a state that is somebody else's, before anything in it is looked at."""
        try:
            owner = self.root.stat().st_uid
        except FileNotFoundError:
            return
        except OSError as error:
            raise StateError(f"{self.root} cannot be reached: {error.strerror}.") from error
        if owner != os.geteuid():
            raise StateError(
                f"The state folder {self.root} belongs to uid {owner}, and you are uid "
                f"{os.geteuid()}: run this as its owner, or choose another folder with "
                f"{STATE_FOLDER}."
            )

    def prepare(self) -> None:
        """Make the folders, closed to others; refuse a folder that holds something else."""
        self.check_owner()
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            if any(self.root.iterdir()) and not self.exists():
                raise StateError(
                    f"The folder {self.root} holds something else: name another, or an empty one, "
                    "with HUITONG_STATE."
                )
            self.root.chmod(0o700)
            (self.root / _MARK).touch(mode=0o600)
            for folder in (self.secrets, self.environments, self.run, self.logs):
                folder.mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise StateError(
                f"The state folder {self.root} cannot be made: {error.strerror}. "
                "Choose another with HUITONG_STATE."
            ) from error

    def exists(self) -> bool:
        """Whether there is a state here, made by `prepare`."""
        return (self.root / _MARK).exists()

    def folder(self, name: str) -> Path:
        """A folder of the state, made where it does not exist."""
        path = self.root
        for part in name.split("/"):
            path /= part
            path.mkdir(exist_ok=True, mode=0o700)
        return path

    def write(self, path: Path, text: str) -> Path:
        """Write a file that only its owner reads, whole or not at all."""
        half = path.with_name(f"{path.name}.half")
        half.unlink(missing_ok=True)
        with open(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
        return path

    def secret_file(self, name: str, make: Callable[[], str]) -> Path:
        """The file of a secret, made by `make` the first time it is asked for."""
        path = self.secrets / name
        if not path.exists():
            self.write(path, make())
        return path

    def secret(self, name: str) -> str:
        """A secret of 32 random bytes in hexadecimal, kept from the first time on."""
        return self.secret_file(name, lambda: secrets.token_hex(32)).read_text()

    def kept(self) -> dict[str, str]:
        """The settings that earlier starts chose, e.g. the free port that NATS got."""
        try:
            kept = json.loads((self.root / "settings.json").read_text())
        except FileNotFoundError:
            return {}
        except (OSError, json.JSONDecodeError) as error:
            raise StateError(f"{self.root / 'settings.json'} cannot be read: {error}") from error
        return {str(name): str(value) for name, value in kept.items()}

    def keep(self, settings: dict[str, str]) -> None:
        """Remember `settings` for the next start."""
        self.write(self.root / "settings.json", json.dumps(settings, indent=2) + "\n")

    def remove(self) -> None:
        """Delete the state, and nothing else."""
        if not self.exists():
            raise StateError(f"There is no state in {self.root}.")
        shutil.rmtree(self.root)
