"""How a server of another make is started as an ordinary user, found out by trying."""

import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LAUNCHER = Path(__file__).with_name("unprivileged.py")
# Names for which every Unix has an entry; PostgreSQL wants one for the uid it runs under.
ORDINARY_USERS = ("nobody", "daemon")


class NoOrdinaryUser(Exception):
    """Root cannot become an ordinary user here; the sentence says what can be done."""


@dataclass(frozen=True)
class Way:
    """A way to run as an ordinary user; `owner` is the uid and gid that its files must have.

    None where the caller owns them anyway, and may not give them away.
    """

    name: str
    owner: tuple[int, int] | None = None

    def command(self, argv: Sequence[str], end_signal: int | None = None) -> list[str]:
        """`argv` as it must be started; with `end_signal` when the starting process is gone.

        The signal belongs to the thread that starts the process, so start it from the main one.
        """
        death = "-" if end_signal is None else f"{end_signal}:{os.getpid()}"
        return [sys.executable, "-I", "-S", str(LAUNCHER), self.name, death, *argv]

    def owns(self, path: Path) -> bool:
        """Whether `path` belongs to the user that the server will run as."""
        return self.owner is None or path.stat().st_uid == self.owner[0]

    def own(self, path: Path) -> None:
        """Hand `path`, a file or folder of the state, to the user that the server will run as."""
        if self.owner is None:
            return
        os.chown(path, *self.owner)
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                os.lchown(os.path.join(folder, name), *self.owner)


def ordinary_user() -> tuple[int, int]:
    """The uid and gid of a user that owns nothing."""
    for name in ORDINARY_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise NoOrdinaryUser(f"This machine has none of the users {', '.join(ORDINARY_USERS)}.")


def _has_a_name(uid: int) -> bool:
    """Whether the machine knows the user; containers often run under an id that has no account."""
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def reaches(way: Way, program: Path, folder: Path) -> bool:
    """Whether `program` starts this way and `folder` can be entered by it."""
    tries = ([str(program), "--version"], ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)])
    return all(
        subprocess.run(way.command(argv), capture_output=True, check=False).returncode == 0
        for argv in tries
    )


@cache
def find_way(program: Path, home: Path) -> Way:
    """The way to run `program`, a server that has a folder in `home`, the state folder.

    Raises NoOrdinaryUser with a sentence where there is none.
    """
    nameless = not _has_a_name(os.geteuid())
    if os.geteuid() != 0 and not nameless:
        return Way("same")
    uid, gid = ordinary_user()
    namespace = Way(f"namespace:{uid}", (0, 0) if os.geteuid() == 0 else None)
    if reaches(namespace, program, home):
        return namespace
    if nameless:
        raise NoOrdinaryUser(
            f"PostgreSQL wants a name for the user id {os.geteuid()}, which this machine does not "
            "know, and user namespaces are forbidden here. Run this as a user with an account."
        )
    # Another user passes through the state folder to its own part; it cannot list it, and the
    # secrets beside it stay closed.
    home.chmod(0o711)
    other = Way(f"setuid:{uid}:{gid}", (uid, gid))
    if reaches(other, program, home):
        return other
    home.chmod(0o700)
    raise NoOrdinaryUser(
        "PostgreSQL does not run as root, this machine forbids user namespaces, and the user "
        f"'{pwd.getpwuid(uid).pw_name}' cannot reach both {program} and {home}. Run this "
        "as an ordinary user, or keep the checkout, and the folder that HUITONG_STATE names, "
        "where other users may enter."
    )


def stop(process: subprocess.Popen[bytes], how: signal.Signals, within: float = 30.0) -> None:
    """End a server that was started here, first by `how`, then by force."""
    if process.poll() is None:
        process.send_signal(how)
        try:
            process.wait(within)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
