"""The wire shapes of a client's addresses."""

from ipaddress import ip_network
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

# Wider than these names no place: half of the world is not an address.
_WIDEST = {4: 8, 6: 16}


def _network(text: str) -> str:
    network = ip_network(text, strict=True)
    if network.prefixlen < _WIDEST[network.version]:
        raise ValueError("this network is too wide to say where the machine stands")
    return str(network)


Network = Annotated[str, Field(max_length=64), AfterValidator(_network)]


class AddressesBody(BaseModel):
    """Where a machine may call from."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"addresses": ["10.32.5.0/24", "10.32.6.17/32"]}]},
    )

    addresses: Annotated[list[Network], Field(min_length=1, max_length=64)] | None = Field(
        description="IPv4 and IPv6 networks in CIDR; null: from anywhere, and no sensitive data."
    )


class AddressesView(BaseModel):
    """Where a machine may call from."""

    client: UUID
    addresses: list[str] | None = Field(examples=[["10.32.5.0/24"]])
    version: int = Field(description="Counts the changes; the ETag.")
