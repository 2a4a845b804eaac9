"""What exchange refuses to be in production with, beside what every process does."""

from collections.abc import Mapping
from ipaddress import ip_address

from shared import production

_ENDPOINT = "HUITONG_OBJECTS_ENDPOINT"
_KEY_ID, _SECRET = "HUITONG_OBJECTS_KEY_ID", "HUITONG_OBJECTS_SECRET"


async def reasons(environment: Mapping[str, str]) -> list[str]:
    """Exchange's own reasons: malware protection (yixing-2016 §24, baoji-2017 §20), and how it
    speaks to its object store."""
    found = []
    if not environment.get("HUITONG_SCANNER", "").strip():
        found.append(
            "HUITONG_SCANNER names no malware scanner: uploads come in unscanned. Give it a "
            "clamd's address, or `none` where you answer for that."
        )
    listen = environment.get("HUITONG_LISTEN", "unix:")
    if (
        not _within(listen)
        and not environment.get("HUITONG_TLS_CERTIFICATE")
        and not environment.get("HUITONG_TRUSTED_PROXIES")
    ):
        found.append(
            "The file door speaks plain HTTP: give it HUITONG_TLS_CERTIFICATE and HUITONG_TLS_KEY, "
            "or name the TLS proxy before it in HUITONG_TRUSTED_PROXIES."
        )
    if environment.get("HUITONG_TLS_CERTIFICATE") and not environment.get("HUITONG_TLS_KEY"):
        found.append("HUITONG_TLS_CERTIFICATE is given without HUITONG_TLS_KEY.")
    endpoint = environment.get(_ENDPOINT, "https://")
    if not endpoint.lower().startswith("https://"):
        found.append(f"{_ENDPOINT} is not https: the account at the store could be read.")
    key, secret = environment.get(_KEY_ID), environment.get(_SECRET)
    if bool(key) is not bool(secret):
        found.append(f"{_KEY_ID} and {_SECRET} belong together: give both, or neither.")
    problem = production.weakness_of_password(secret) if secret else None
    if problem:
        found.append(f"{_SECRET} {problem}")
    return found


def _within(listen: str) -> bool:
    """Whether an address is reached from this machine alone, where a proxy then stands."""
    if listen.startswith("unix:"):
        return True
    host = listen.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
