"""Makes `.venv` from requirements.lock, with nothing but a Python of at least 3.11.

Run by the system's Python: `python3 deploy/setup_environment.py`. It makes nothing where nothing
has changed. The stamp is written last, so an environment whose making was broken off is made anew.

This file must be readable to an old Python too, which then finds a newer one or says what is
missing: standard library only, and no syntax that an old Python does not know.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
CHECKOUT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ENVIRONMENT = os.path.join(CHECKOUT, ".venv")
STAMP = os.path.join(ENVIRONMENT, "made-from")
LOCK = os.path.join(CHECKOUT, "requirements.lock")
CLIENT = os.path.join(CHECKOUT, "client")


def say(sentence):  # type: (str) -> None
    """Tell the user something now."""
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


def newest_suitable():  # type: () -> str | None
    """The newest suitable Python on the PATH; one that only looks like it (a shim) is skipped."""
    for minor in range(40, OLDEST[1] - 1, -1):
        program = shutil.which(f"python3.{minor}")
        if program is None:
            continue
        asked = subprocess.run(
            [program, "-c", "import sys; sys.stdout.write('%d.%d' % sys.version_info[:2])"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        if asked.returncode == 0 and asked.stdout.decode() == f"3.{minor}":
            return program
    return None


def digest_of(*parts):  # type: (str) -> str
    """What the environment depends on, as one line."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def read(path):  # type: (str) -> str
    """A file's text, or nothing where it does not exist."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def client_sources():  # type: () -> str
    """Everything that the client is made from, as one text; empty where there is no client."""
    if not os.path.exists(os.path.join(CLIENT, "pyproject.toml")):
        return ""
    parts = []
    for folder, folders, files in os.walk(CLIENT):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(files):
            if name.endswith((".py", ".toml", ".md", ".typed")):
                parts += [os.path.join(folder, name), read(os.path.join(folder, name))]
    return "\0".join(parts)


def wanted():  # type: () -> tuple[str, str]
    """The stamp's two lines: what the environment, and what the client in it, is made from.

    The path is part of it: an environment's programs name the folder that they lie in.
    """
    pinned = [line for line in read(LOCK).splitlines() if not line.lstrip().startswith("#")]
    return (
        digest_of(*pinned, ENVIRONMENT),
        digest_of(client_sources(), ENVIRONMENT),
    )


def run(command, sentence):  # type: (list[str], str) -> None
    """Run a step in silence; when it fails, show all that it said, and the sentence."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "PIP_USER", "PIP_TARGET", "PIP_PREFIX")
    }
    done = subprocess.run(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace"))
        sys.exit(sentence)


def make_environment():  # type: () -> None
    """Make `.venv` from nothing."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        sys.exit(
            f"This Python ({sys.executable}) has no ensurepip, which is needed to make an "
            f"environment. On Debian and Ubuntu: apt install python3.{sys.version_info[1]}-venv"
        )
    if not read(LOCK):
        sys.exit("requirements.lock is missing: is this a whole checkout?")
    say(f"environment: made from requirements.lock with Python 3.{sys.version_info[1]}")
    shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    run([sys.executable, "-m", "venv", ENVIRONMENT], "The environment .venv could not be made.")
    say("environment: packages are being installed, about a minute")
    run(
        [*pip(), "install", "--require-hashes", "--requirement", LOCK],
        "The packages of requirements.lock could not be installed: see above. It is safe to try "
        "again.",
    )


def pip():  # type: () -> list[str]
    """The environment's pip."""
    python = os.path.join(ENVIRONMENT, "bin", "python")
    return [python, "-m", "pip", "--disable-pip-version-check", "--no-input"]


def install_client():  # type: () -> None
    """Install the client, a distribution of its own, as its users will; again when it changes."""
    say("environment: the client is being installed")
    how = ["--no-deps", "--no-build-isolation", "--force-reinstall"]
    run(
        [*pip(), "install", *how, CLIENT],
        "The client could not be installed: see above.",
    )


def main():  # type: () -> None
    """Bring `.venv` up to date."""
    if sys.version_info < OLDEST:
        program = newest_suitable()
        if program is None:
            sys.exit(
                f"Python 3.{OLDEST[1]} or newer is needed. This one, {sys.executable}, is "
                f"{sys.version_info[0]}.{sys.version_info[1]}, and no newer one is on the PATH."
            )
        os.execv(program, [program, os.path.abspath(__file__)])  # noqa: S606 - no shell is wanted
    # Two makes at once take turns; the lock is on the folder itself and leaves no file.
    handle = os.open(CHECKOUT, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    environment, client = wanted()
    made = read(STAMP).split()
    works = os.access(os.path.join(ENVIRONMENT, "bin", "python"), os.X_OK)
    if made[:1] != [environment] or not works:
        make_environment()
        made = []
    if made != [environment, client]:
        if client_sources():
            install_client()
        half = STAMP + ".half"
        with open(half, "w", encoding="utf-8") as file:
            file.write(f"{environment}\n{client}\n")
        os.replace(half, STAMP)


if __name__ == "__main__":
    main()
