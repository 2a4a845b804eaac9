"""What exchange refuses to be in production with, beside what every process does."""

from collections.abc import Mapping

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
