"""The keys that sign tokens: the next, the current and the previous ones, in one PEM bundle.

    python -m gateway.keys show
    python -m gateway.keys rotate

A rotation has two steps, and the same command takes whichever is due. The first publishes a
fresh key as `next`; the second, once everybody has had time to fetch it, signs with it and
keeps the former one as `previous` for as long as a token of its may live. So no valid token
breaks, neither here nor at a product that reads our keys. Running gateways see the changed
file by themselves. A stolen key is another matter: delete the file's blocks and rotate, and
every token dies with them.
"""

import logging
import os
import re
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared import clock

ALGORITHM = "ES256"
# How long others may keep our keys before they fetch them again, in seconds.
PUBLISHED_SECONDS = 300
_BLOCK = re.compile(
    r"(?P<said>(?:^[A-Za-z]+: .*\n)*)"
    r"(?P<pem>^-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/=\n]+^-----END [A-Z ]*KEY-----)",
    re.MULTILINE,
)
_log = logging.getLogger(__name__)


class KeyFileWrong(Exception):
    """The file does not hold what it should; the sentence says what is wrong."""


class RotationTooSoon(Exception):
    """The next key was published only just now; the sentence says when to come back."""


class Stage(StrEnum):
    """Where a key stands in its life."""

    NEXT = "next"
    CURRENT = "current"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key; `since` is when it reached its stage, None where nobody wrote it down."""

    key: ECKey
    stage: Stage
    since: datetime | None = None

    @property
    def kid(self) -> str:
        """The key's name: its thumbprint (RFC 7638)."""
        return self.key.thumbprint()


class KeyRing:
    """Keys of which exactly one signs. Raises KeyFileWrong."""

    def __init__(self, keys: tuple[SigningKey, ...]) -> None:
        current = [key for key in keys if key.stage is Stage.CURRENT]
        if len(current) != 1 or sum(key.stage is Stage.NEXT for key in keys) > 1:
            raise KeyFileWrong("There must be exactly one current key and at most one next.")
        self.keys = keys
        self.current = current[0]
        self.kid = self.current.kid
        self._by_kid = {key.kid: key.key for key in keys}

    @property
    def next(self) -> SigningKey | None:
        """The key that will sign after the next rotation."""
        return next((key for key in self.keys if key.stage is Stage.NEXT), None)

    def find(self, kid: str) -> ECKey | None:
        """The key of that name, whatever its stage."""
        return self._by_kid.get(kid)

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public keys (RFC 7517), the current one first."""
        ordered = sorted(self.keys, key=lambda key: key.stage is not Stage.CURRENT)
        return {
            "keys": [
                {**k.key.as_dict(private=False), "kid": k.kid, "use": "sig", "alg": ALGORITHM}
                for k in ordered
            ]
        }

    def rotated(self, at: datetime, keep: timedelta) -> "KeyRing":
        """The ring after one step. `keep` is the longest life of a token.

        Raises RotationTooSoon.
        """
        kept = tuple(
            key
            for key in self.keys
            if key.stage is Stage.PREVIOUS and (key.since is None or at < key.since + keep)
        )
        if self.next is None:
            fresh = SigningKey(ECKey.generate_key("P-256"), Stage.NEXT, at)
            return KeyRing((self.current, fresh, *kept))
        ready = (self.next.since or at) + timedelta(seconds=PUBLISHED_SECONDS)
        if self.next.since is not None and at < ready:
            raise RotationTooSoon(
                f"The next key is not known everywhere yet; rotate again after {ready.isoformat()}."
            )
        promoted = replace(self.next, stage=Stage.CURRENT, since=at)
        former = replace(self.current, stage=Stage.PREVIOUS, since=at)
        return KeyRing((promoted, former, *kept))

    def pem(self) -> str:
        """The bundle, as `parse` reads it."""
        return "\n".join(_block(key) for key in self.keys)


def parse(text: str) -> KeyRing:
    """The keys in a bundle; a file with one key and nothing said is that key, current.

    Raises KeyFileWrong, which never repeats the text.
    """
    return KeyRing(tuple(_key(found["said"], found["pem"]) for found in _BLOCK.finditer(text)))


def new_key_pem() -> str:
    """A bundle with one fresh key, for a file that only the gateway reads."""
    return KeyRing((SigningKey(ECKey.generate_key("P-256"), Stage.CURRENT),)).pem()


class KeyFile:
    """The bundle's file, read again whenever it has changed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = self._look()
        self._ring = parse(path.read_text())

    def ring(self) -> KeyRing:
        """The keys as the file holds them now; the last good ones while it is unreadable."""
        try:
            mark = self._look()
            if mark != self._mark:
                self._mark = mark
                self._ring = parse(self._path.read_text())
        except (OSError, KeyFileWrong) as error:
            _log.error("the signing keys' file cannot be used: %s", type(error).__name__)
        return self._ring

    def rotate(self, at: datetime, keep: timedelta) -> KeyRing:
        """Take one step and write it, whole or not at all. Raises RotationTooSoon, OSError."""
        part = self._path.with_name(f"{self._path.name}.part")
        # Made exclusively: of two rotations at once the second fails instead of losing a key.
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "w") as file:
                ring = parse(self._path.read_text()).rotated(at, keep)
                file.write(ring.pem())
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        finally:
            part.unlink(missing_ok=True)
        return ring

    def _look(self) -> tuple[int, int, int]:
        found = self._path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size


def _key(said: str, pem: str) -> SigningKey:
    told = dict(line.split(": ", 1) for line in said.splitlines())
    try:
        key = ECKey.import_key(pem)
        stage = Stage(told.get("Stage", Stage.CURRENT))
        since = datetime.fromisoformat(told["Since"]) if "Since" in told else None
    except (JoseError, ValueError, TypeError):
        raise KeyFileWrong("A block of the signing keys' file cannot be read.") from None
    if key.curve_name != "P-256" or (since is not None and since.tzinfo is None):
        raise KeyFileWrong("A signing key must be of curve P-256, its time must name its zone.")
    return SigningKey(key, stage, since)


def _block(key: SigningKey) -> str:
    since = f"Since: {key.since.isoformat()}\n" if key.since else ""
    pem = key.key.as_pem(private=True).decode()
    return f"Stage: {key.stage.value}\n{since}{pem}"


def main() -> None:
    """The command line."""
    from gateway.settings import GatewaySettings

    settings = GatewaySettings()
    file = KeyFile(settings.signing_key_file)
    match sys.argv[1:]:
        case ["show"]:
            ring = file.ring()
        case ["rotate"]:
            longest = max(settings.client_token_seconds, settings.operator_token_seconds)
            try:
                ring = file.rotate(clock.now(), timedelta(seconds=longest))
            except RotationTooSoon as error:
                sys.exit(str(error))
        case _:
            sys.exit("usage: python -m gateway.keys (show | rotate)")
    for key in ring.keys:
        since = key.since.isoformat() if key.since else "the beginning"
        sys.stdout.write(f"{key.stage.value:8}  {key.kid}  since {since}\n")


if __name__ == "__main__":
    main()
