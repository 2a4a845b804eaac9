"""What the gateway is told from outside, beyond what every process is told."""

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from gateway.limits.rate import Rate
from shared.crypto import KEY_SIZE
from shared.settings import Settings


def _key(told: SecretStr) -> SecretStr:
    if len(bytes.fromhex(told.get_secret_value())) != KEY_SIZE:
        raise ValueError("a key is 32 bytes in hexadecimal")
    return told


def _rate(told: object) -> object:
    return Rate.read(told) if isinstance(told, str) else told


def _proxy(told: str) -> str:
    # All of the world is no proxy: whoever calls would be believed.
    if told != "unix" and not ip_network(told).prefixlen:
        raise ValueError("every address would be believed")
    return told


RateSetting = Annotated[Rate, NoDecode, BeforeValidator(_rate)]


class GatewaySettings(Settings):
    """`services` maps a service's name to its unix socket; `passport_keys` to its key (hex).

    `public_url` is the address that callers use, also the issuer of tokens. `signing_key_file`
    holds the private key of the tokens (PEM), `spool` is a folder for access records while
    NATS is away.
    """

    services: dict[str, str] = Field(default_factory=dict)
    passport_keys: dict[str, SecretStr] = Field(default_factory=dict)
    public_url: str = "http://127.0.0.1:8080"
    signing_key_file: Path
    # Seals the secrets of people's authenticators (hex, 32 bytes).
    second_factor_key: Annotated[SecretStr, AfterValidator(_key)]
    spool: Path
    spool_bytes: int = 64 * 1024 * 1024
    spool_seconds: int = 900
    # Networks (CIDR) of the proxies before the gateway, `unix` for its unix socket.
    trusted_proxies: tuple[Annotated[str, AfterValidator(_proxy)], ...] = ()
    # How fast a machine, and a person, may call for whom nothing else was set; `gateways` is the
    # number of gateway processes, of which each admits its share.
    client_rate: RateSetting = Rate(1000, 10)
    operator_rate: RateSetting = Rate(300, 10)
    gateways: int = Field(default=1, ge=1, le=1000)
    # Departments whose share of places, and whose rates where none was set, are so many times
    # another's: a population register beside a museum.
    department_weights: dict[UUID, Annotated[int, Field(ge=1, le=100)]] = Field(
        default_factory=dict
    )
    # What was used under grants is kept so often; a kill loses at most as much of it.
    usage_seconds: float = Field(default=2.0, gt=0, le=60)
    # Connections that callers may hold open, in all and from one address.
    connections: int = Field(default=4096, ge=1)
    connections_each: int = Field(default=1024, ge=1)
    # The connection pool towards each service.
    upstream_connections: int = 64
    upstream_seconds: float = 60.0
    client_token_seconds: int = 900
    operator_token_seconds: int = 1800
    # Whether everybody must have a second factor; who has none enrols at the next log-in.
    second_factor_required: bool = False
    # How long the authority waits for a filing before it counts as overdue.
    filing_grace_days: int = Field(default=15, ge=0, le=366)
    # Checks of passwords and secrets at once, and how many may wait for theirs.
    password_checks: int = Field(default=2, ge=1)
    password_checks_waiting: int = Field(default=30, ge=0)
    # A log-in lasts a working day, and ends sooner when it is not refreshed for this long.
    log_in_seconds: int = 12 * 3600
    log_in_idle_seconds: int = 2 * 3600
    # Applications beside the docs page, e.g. a portal, with their redirect addresses.
    applications: dict[str, frozenset[str]] = Field(default_factory=dict)
    # Outside issuers of identities that are trusted, a TOML file (gateway/issuers/trusted.py).
    issuers_file: Path | None = None
    # Proxies that end TLS and say in Client-Cert which certificate the caller has shown (RFC 9440):
    # networks in CIDR, or `unix`. Trusted in this point alone.
    certificate_proxies: tuple[Annotated[str, AfterValidator(_proxy)], ...] = ()
    # The authorities of machines' certificates, where TLS ends here (shared/process.py): nothing
    # without the gateway's own certificate.
    tls_client_ca: Path | None = None
    tls_certificate: Path | None = None
    # Clients that may ask about every token, because they serve what the platform protects.
    resource_servers: frozenset[UUID] = frozenset()

    @property
    def takes_certificates(self) -> bool:
        """Whether callers' certificates are asked for: by a proxy that hands them on, or here.

        An empty setting is read as the path `.`; it names no file.
        """
        own, asked = (
            path not in (None, Path()) for path in (self.tls_certificate, self.tls_client_ca)
        )
        return bool(self.certificate_proxies) or (own and asked)
