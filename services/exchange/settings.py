"""What the exchange service is told beyond what every process is."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from shared.settings import Settings


class ExchangeSettings(Settings):
    """The common settings, and where bytes lie and leave.

    `storage` is a folder of this service alone. `master_key` wraps the key of every batch and
    view, `door_key` authenticates addresses: 32 bytes each, in hexadecimal. `door_url` is the
    public address of the file door. `address_life` is how long an address is served at most.
    """

    storage: Path
    master_key: SecretStr
    door_url: str
    door_key: SecretStr
    address_life: timedelta = timedelta(hours=6)
    largest_batch: int = Field(default=64 << 30, gt=0)

    @property
    def master(self) -> bytes:
        """The master key's bytes."""
        return bytes.fromhex(self.master_key.get_secret_value())

    @property
    def door(self) -> bytes:
        """The door key's bytes."""
        return bytes.fromhex(self.door_key.get_secret_value())
