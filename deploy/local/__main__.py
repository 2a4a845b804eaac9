"""The command line: `python -m deploy.local up|down|status|logs|shell|reset|…`, see COMMANDS."""

import argparse
import os
import sys

from deploy.local import fitness, showing, stopping
from deploy.local.control import NotRunning
from deploy.local.installation import InstallationError
from deploy.local.launching import NoOrdinaryUser
from deploy.local.nats import NatsError
from deploy.local.postgres import PostgresError
from deploy.local.starting import StartError, bootstrap, up
from deploy.local.state import StateError
from deploy.local.stopping import StopError

# What a user can do something about: the sentence is enough, a traceback would hide it.
EXPECTED = (
    InstallationError,
    NatsError,
    NoOrdinaryUser,
    PostgresError,
    StartError,
    StateError,
    StopError,
)


COMMANDS = ("up", "down", "status", "logs", "shell", "reset", "bootstrap", "production", "verify")


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("part", nargs="?", help="a process, a part with all its, or a document")
    parser.add_argument("--force", action="store_true", help="reset without asking")
    told = parser.parse_args()
    try:
        match told.command:
            case "up":
                up()
            case "down":
                stopping.down()
            case "status":
                sys.exit(showing.status())
            case "logs":
                showing.logs(told.part)
            case "shell":
                showing.shell(told.part)
            case "bootstrap":
                bootstrap(told.part)
            case "verify":
                showing.verify()
            case "production":
                fitness.tell()
            case _:
                stopping.reset(asking=not told.force)
    except EXPECTED as error:
        sys.exit(str(error))
    except NotRunning:
        sys.exit("The supervisor has ended in between: look at `make logs p=supervisor`.")
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        # Whoever read has read enough (`make status | head`).
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
