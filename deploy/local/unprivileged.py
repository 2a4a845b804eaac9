"""A launcher that becomes an ordinary user, where it must, and then becomes the command given.

PostgreSQL refuses to run as uid 0. Nothing may be changed outside the state folder for that: no
user is created and no folder opened. Three ways, written as the first argument:

    same                 the caller is an ordinary user already
    namespace:<uid>      a user namespace in which the caller's own uid is called <uid>; files keep
                         their owner and their permissions
    setuid:<uid>:<gid>   really another user, who must be able to reach the files

The second argument is `<signal>:<pid>`: the signal that this process gets when the process <pid>,
its parent, is gone (Linux; elsewhere the supervisor cleans up at its next start), or `-`.

Only the standard library is used, and no package of ours, so that this file can be run by itself:
`python -I -S unprivileged.py namespace:65534 2:4711 postgres -D …`.
"""

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1


class LaunchError(Exception):
    """The kernel refused this way of becoming an ordinary user."""


def enter_user_namespace(uid: int) -> None:
    """Be called `uid` from here on, in a namespace that maps it to the caller's own uid."""
    outside_uid, outside_gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) != 0:
        raise LaunchError(f"user namespace: {os.strerror(ctypes.get_errno())}")
    try:
        # A group map may only be written by an ordinary user once setgroups is given up.
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {outside_uid} 1")
        Path("/proc/self/gid_map").write_text(f"{uid} {outside_gid} 1")
    except OSError as error:
        raise LaunchError(f"user namespace map: {error.strerror}") from error


def become(uid: int, gid: int) -> None:
    """Be the user `uid` and nobody else from here on."""
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except OSError as error:
        raise LaunchError(f"setuid: {error.strerror}") from error


def die_with(parent: int, signal_number: int) -> None:
    """Ask the kernel for `signal_number` when the parent is gone; leave at once if it is already.

    Changing credentials clears the request, so this comes after it.
    """
    if not sys.platform.startswith("linux"):
        return
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal_number)
    if os.getppid() != parent:
        sys.exit(1)


def main(arguments: list[str]) -> None:
    way, death, *command = arguments
    kind, *ids = way.split(":")
    try:
        if kind == "namespace":
            enter_user_namespace(int(ids[0]))
        elif kind == "setuid":
            become(int(ids[0]), int(ids[1]))
    except LaunchError as error:
        sys.exit(f"cannot become an ordinary user: {error}")
    if death != "-":
        signal_number, parent = death.split(":")
        die_with(int(parent), int(signal_number))
    os.umask(0o077)
    try:
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted here
    except OSError as error:
        sys.exit(f"cannot run {command[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
