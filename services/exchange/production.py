"""What exchange refuses to be in production with, beside the reasons of every process."""

from collections.abc import Mapping


async def reasons(environment: Mapping[str, str]) -> list[str]:
    """Exchange's own reasons (yixing-2016 §24, baoji-2017 §20: malware protection)."""
    if environment.get("HUITONG_SCANNER", "").strip():
        return []
    return [
        "HUITONG_SCANNER names no malware scanner: uploads come in unscanned. Give it a clamd's "
        "address, or `none` where you answer for that."
    ]
