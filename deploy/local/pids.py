"""Telling a process from a later one that got its number, and what it weighs."""

from pathlib import Path

import psutil


def born(pid: int) -> str | None:
    """When the process of this number began, as it never changes; None when there is none.

    A process that has ended and waits to be collected counts as none.
    """
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        boot = Path("/proc/sys/kernel/random/boot_id")
        if boot.exists():
            # Ticks since the start of the machine: the wall clock may be set in between.
            ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
            return f"{boot.read_text().strip()}:{ticks}"
        return str(process.create_time())
    except (psutil.Error, OSError):
        return None


def lives(pid: int, began: str) -> bool:
    """Whether the very process that was noted still runs."""
    return born(pid) == began


def family(pid: int) -> list[int]:
    """A process and all below it; empty when there is none."""
    try:
        process = psutil.Process(pid)
        return [pid, *(child.pid for child in process.children(recursive=True))]
    except psutil.Error:
        return []


def weight(pid: int) -> int:
    """The bytes that a process costs: what it shares with others is counted in parts (PSS).

    Where the system does not tell (macOS), all that it has in memory (RSS).
    """
    try:
        full = psutil.Process(pid).memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except (psutil.Error, OSError):
        return 0
