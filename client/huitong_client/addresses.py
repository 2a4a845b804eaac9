"""Which addresses may be spoken to: a secret or a datum never travels in the clear."""

import ipaddress

import httpx

from huitong_client.errors import LocalTrouble, NotUnderstood


def gateway(text: str) -> str:
    """The gateway's address as `scheme://host[:port]`.

    Plain HTTP is for this machine alone. Raises LocalTrouble for anything else.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        raise LocalTrouble("gateway-unfit", gateway=text) from None
    fits = url.host and not url.userinfo and not url.query and url.path in {"", "/"}
    if not fits or url.scheme not in {"https", "http"}:
        raise LocalTrouble("gateway-unfit", gateway=text)
    if url.scheme == "http" and not is_loopback(url):
        raise LocalTrouble("gateway-plain", gateway=text)
    return str(url.copy_with(path="/", fragment=None)).rstrip("/")


def beside(gateway_address: str, text: str) -> str:
    """An address that the platform named, if it is guarded at least as well as the gateway.

    Raises NotUnderstood where it would lead from TLS to plain HTTP on the net.
    """
    try:
        url = httpx.URL(gateway_address).join(text)
    except httpx.InvalidURL:
        raise NotUnderstood("address-unfit") from None
    if url.scheme == "https":
        return str(url)
    if url.scheme == "http" and is_loopback(url) and gateway_address.startswith("http://"):
        return str(url)
    raise NotUnderstood("address-unfit")


def is_loopback(url: httpx.URL) -> bool:
    """Whether the address is on this machine."""
    if url.host == "localhost":
        return True
    try:
        return ipaddress.ip_address(url.host).is_loopback
    except ValueError:
        return False
