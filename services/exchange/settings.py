"""What the exchange service is told beyond what every process is."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr

from shared import calendars
from shared.reach import Reach


class ExchangeSettings(calendars.CalendarSettings):
    """The common settings with the working days, and where bytes lie and leave.

    `storage` is a folder of this service alone. `objects` is the bucket, `s3://BUCKET/PREFIX`, to
    which published batches and served files leave it, at `objects_endpoint` where that is not
    Amazon's; without a key the machine's own role counts. `master_key` wraps the key of every
    batch and view, `door_key` authenticates addresses: 32 bytes each, in hexadecimal. `door_url`
    is the public address of the file door. `address_life` is how long an address is served at
    most, `upload_life` how long a resumable upload waits for more bytes. `scanner` is the clamd
    that looks at every upload, `unix:/path` or `host:port`, and is sent `scanner_window` bytes at
    once at most; `none` says that there shall be none. `statistics_months` is the period of the
    statistics of exchange outside the platform where the rulebook says "regularly"; they are due
    `statistics_days` working days after its end.
    `api_hosts` are the hosts at which providers' systems may be called, `name` or `name:port`;
    those may stand in `api_inner_networks` (`10.20.0.0/16`), and nowhere else inside.
    `api_certificates` is a file of certificates in PEM that are believed beside those of the
    system.
    """

    storage: Path
    objects: str | None = Field(default=None, pattern=r"^s3://[a-z0-9][a-z0-9.-]+(/.*)?$")
    objects_endpoint: str | None = Field(default=None, pattern=r"^https?://")
    objects_region: str = "us-east-1"
    objects_key_id: SecretStr | None = None
    objects_secret: SecretStr | None = None
    master_key: SecretStr
    door_url: str
    door_key: SecretStr
    address_life: timedelta = timedelta(hours=6)
    upload_life: timedelta = timedelta(hours=24)
    scanner: str = ""
    scanner_window: int = 20 << 20
    # The file door's own certificate with its chain, and its key (PEM); the gateway's settings.
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    largest_batch: int = Field(default=64 << 30, gt=0)
    statistics_months: Literal[1, 3, 6, 12] = 3
    statistics_days: int = Field(default=10, ge=1, le=60)
    api_hosts: frozenset[str] = frozenset()
    api_inner_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    api_certificates: Path | None = None

    @property
    def master(self) -> bytes:
        """The master key's bytes."""
        return bytes.fromhex(self.master_key.get_secret_value())

    @property
    def door(self) -> bytes:
        """The door key's bytes."""
        return bytes.fromhex(self.door_key.get_secret_value())

    @property
    def interfaces(self) -> Reach:
        """Where providers' systems may stand."""
        return Reach(self.api_hosts, inner_networks=self.api_inner_networks)
