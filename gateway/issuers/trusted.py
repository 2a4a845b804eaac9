"""Which outside issuers are trusted, and for what: a file that the site's administrator writes."""

import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from gateway.issuers.keys import DEFAULT_ALGORITHMS, KNOWN_ALGORITHMS
from gateway.roles import Role

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST_SECRET = 1024


class IssuersUnfit(ValueError):
    """The file of trusted issuers cannot be used; the sentence says where and why."""


class Accounts(StrEnum):
    """Where the accounts of an issuer's people come from."""

    LINKED = "linked"
    MADE = "made"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def origin(address: str) -> str:
    """Scheme, host and port of an address that may be asked: https, or this very machine.

    Raises ValueError.
    """
    parts = urlsplit(address)
    host, port = parts.hostname, parts.port
    if not host or parts.username is not None or parts.fragment or parts.scheme != "https":
        local = parts.scheme == "http" and host in _LOOPBACK and parts.username is None
        if not local or parts.fragment:
            raise ValueError("not an https address")
    standard = 443 if parts.scheme == "https" else 80
    return f"{parts.scheme}://{host}:{port or standard}"


def _issuer(address: str) -> str:
    origin(address)
    if urlsplit(address).query:
        raise ValueError("an issuer's address has no query (OpenID Connect Discovery §2)")
    return address


def _origins(addresses: frozenset[str]) -> frozenset[str]:
    return frozenset(origin(address) for address in addresses)


def _algorithms(told: frozenset[str]) -> frozenset[str]:
    unknown = told - KNOWN_ALGORITHMS
    if unknown or not told:
        raise ValueError(f"algorithms are some of {', '.join(sorted(KNOWN_ALGORITHMS))}")
    return told


class DepartmentMapping(_Strict):
    """Which claim names the person's department, and how: by credit code, by short name, or by
    `map`, from the claim's value to a credit code."""

    claim: str = Field(min_length=1, max_length=128)
    by: Literal["credit-code", "short-name", "map"]
    map: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.by == "map") != bool(self.map):
            raise ValueError('`map` belongs to by = "map", and only there')
        return self


class RoleMapping(_Strict):
    """Which claim carries roles, and what each value means here; no other role is ever given."""

    claim: str = Field(min_length=1, max_length=128)
    map: dict[str, Role] = Field(min_length=1)


class Strength(_Strict):
    """Which values of `acr` or `amr` say that there was a second factor, e.g. a hardware key."""

    claim: Literal["acr", "amr"]
    second_factor: frozenset[str] = Field(min_length=1)


class TrustedIssuer(_Strict):
    """One outside issuer, as which client we come to it, and what its word counts here."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")
    title: str = Field(min_length=1, max_length=60)
    issuer: Annotated[str, AfterValidator(_issuer)]
    client_id: str = Field(min_length=1, max_length=255)
    client_secret_file: Path | None = None
    ca_file: Path | None = None
    # Where else its endpoints may stand; none is followed to any other place.
    hosts: Annotated[frozenset[str], AfterValidator(_origins)] = frozenset()
    algorithms: Annotated[frozenset[str], AfterValidator(_algorithms)] = DEFAULT_ALGORITHMS
    scopes: tuple[str, ...] = ()
    # What is asked of it: how strongly the person must prove who it is (OpenID Connect §3.1.2.1).
    acr_values: tuple[str, ...] = ()
    accounts: Accounts
    department: DepartmentMapping | None = None
    roles: RoleMapping | None = None
    strength: Strength | None = None
    # The audience of machines' tokens that may be exchanged for ours; none where left out.
    exchange_audience: str | None = Field(default=None, min_length=1, max_length=255)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        mapped = self.department is not None and self.roles is not None
        if self.accounts is Accounts.MADE and not mapped:
            raise ValueError('accounts = "made" needs [issuer.department] and [issuer.roles]')
        if self.accounts is Accounts.LINKED and (self.department or self.roles):
            raise ValueError('with accounts = "linked" department and roles are the account\'s own')
        if self.exchange_audience == self.client_id:
            raise ValueError("exchange_audience must differ from client_id: log-ins are for it")
        return self

    @property
    def origins(self) -> frozenset[str]:
        """Where its endpoints may stand."""
        return self.hosts | {origin(self.issuer)}

    def client_secret(self) -> str | None:
        """The secret with which we come to it, None for a public client. Raises IssuersUnfit."""
        if self.client_secret_file is None:
            return None
        try:
            if self.client_secret_file.stat().st_mode & 0o007:
                raise IssuersUnfit(
                    f"issuer {self.name}: everybody can read {self.client_secret_file}; "
                    "chmod 600 it"
                )
            text = self.client_secret_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise IssuersUnfit(
                f"issuer {self.name}: {self.client_secret_file} cannot be read: "
                f"{type(error).__name__}"
            ) from None
        if not 0 < len(text) <= _LONGEST_SECRET:
            raise IssuersUnfit(f"issuer {self.name}: {self.client_secret_file} holds no secret")
        return text


class _Document(_Strict):
    issuer: tuple[TrustedIssuer, ...] = ()

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for said in ("name", "issuer"):
            told = [getattr(trusted, said) for trusted in self.issuer]
            if len(set(told)) != len(told):
                raise ValueError(f"two issuers have the same {said}")
        return self


def read(file: Path | None) -> tuple[TrustedIssuer, ...]:
    """The trusted issuers of a TOML file; none where no file is set. Raises IssuersUnfit."""
    if file is None:
        return ()
    try:
        told = tomllib.loads(file.read_text("utf-8"))
        return _Document.model_validate(told).issuer
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
        place = ".".join(str(step) for step in fault["loc"]) or "the file"
        raise IssuersUnfit(f"{file}: {place}: {fault['msg']}") from None
    except (OSError, ValueError) as error:
        raise IssuersUnfit(f"{file}: {error}") from None
