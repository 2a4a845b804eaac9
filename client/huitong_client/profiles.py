"""Who this machine is on the platform: one file a profile, readable by its owner alone."""

import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from huitong_client import durable, private_files, wire
from huitong_client.errors import NotLoggedIn, NotUnderstood

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Profile:
    """A gateway and the credentials of one client system on it: a secret, the file that holds a
    key of its own, or a certificate that its connections show, alone or beside one of the two;
    `certificate_key_file` is where the certificate's key lies in a file of its own."""

    gateway: str
    token_endpoint: str
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    key_file: str | None = None
    certificate_file: str | None = None
    certificate_key_file: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and when it ends (seconds since 1970)."""

    access_token: str = field(repr=False)
    expires_at: int
    client_id: str
    gateway: str


def folder() -> Path:
    """Where profiles lie: `$XDG_CONFIG_HOME/huitong`, or `~/.config/huitong`."""
    base = os.environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path.home() / ".config") / "huitong"


def save(name: str, profile: Profile) -> Path:
    """Keep the profile; a token of the one before it is forgotten. Returns where it lies."""
    path = _path(name, "json")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    durable.write(path, orjson.dumps(asdict(profile)), 0o600)
    _path(name, "token").unlink(missing_ok=True)
    return path


def load(name: str) -> Profile:
    """The profile. Raises NotLoggedIn where there is none or where others could read it."""
    path = _path(name, "json")
    data = private_files.read(path)
    if data is None:
        raise NotLoggedIn("no-profile", profile=name)
    try:
        shape = wire.parse(data, str(path))
        return Profile(
            gateway=shape.text("gateway"),
            token_endpoint=shape.text("token_endpoint"),
            client_id=shape.text("client_id"),
            client_secret=shape.text_or_none("client_secret"),
            ca_file=shape.text_or_none("ca_file"),
            key_file=shape.text_or_none("key_file"),
            certificate_file=shape.text_or_none("certificate_file"),
            certificate_key_file=shape.text_or_none("certificate_key_file"),
        )
    except NotUnderstood as error:
        raise NotLoggedIn("profile-unreadable", path=path) from error


def save_token(name: str, token: Token) -> None:
    """Keep a token for the next command."""
    durable.write(_path(name, "token"), orjson.dumps(asdict(token)), 0o600)


def load_token(name: str, profile: Profile) -> Token | None:
    """The kept token of exactly this client on this gateway, if there is one."""
    data = private_files.read(_path(name, "token"))
    if data is None:
        return None
    try:
        shape = wire.parse(data, "token")
        token = Token(
            access_token=shape.text("access_token"),
            expires_at=shape.whole("expires_at"),
            client_id=shape.text("client_id"),
            gateway=shape.text("gateway"),
        )
    except NotUnderstood:
        return None
    fits = (token.client_id, token.gateway) == (profile.client_id, profile.gateway)
    return token if fits else None


def _path(name: str, kind: str) -> Path:
    if not _NAME.fullmatch(name):
        raise NotLoggedIn("profile-name", profile=name)
    return folder() / f"{name}.{kind}"
