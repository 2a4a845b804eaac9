"""The command `huitong`: its arguments, and what each kind of failure means to the shell."""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from huitong_client import commands
from huitong_client.answers import Format, Mode
from huitong_client.errors import (
    Corrupt,
    EpochChanged,
    HuitongError,
    LocalTrouble,
    NotLoggedIn,
    NotProven,
    NotUnderstood,
    Refused,
    StillWorking,
    Unreachable,
)
from huitong_client.sentences import say

EXIT_CODES: dict[type[HuitongError], int] = {
    Refused: 3,
    Unreachable: 4,
    NotUnderstood: 4,
    Corrupt: 5,
    EpochChanged: 6,
    LocalTrouble: 7,
    NotLoggedIn: 7,
    NotProven: 9,
    StillWorking: 10,
}
_INTERRUPTED = 130
_PIPE_CLOSED = 141

Command = Callable[[argparse.Namespace], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def run() -> None:
    """The console script."""
    # `systemctl stop` and a closed terminal end a command as Ctrl-C does: with its parts in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run one command; the exit code. Results go to standard output, all else to standard error."""
    args = _parser().parse_args(argv)
    command: Command = args.command
    try:
        code = command(args)
        sys.stdout.flush()
    except HuitongError as error:
        print(error, file=sys.stderr)
        return EXIT_CODES[type(error)]
    except KeyboardInterrupt:
        print(say("interrupted"), file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results has seen enough.
        sys.stderr.close()
        return _PIPE_CLOSED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="huitong", description=say("about"), epilog=say("exit-codes")
    )
    parser.add_argument("--profile", default="default", help=say("help-profile"))
    parser.add_argument("--json", action="store_true", help=say("help-json"))
    into = parser.add_subparsers(required=True, metavar="COMMAND")
    _login(into)
    _key(into)
    _command(into, "whoami", commands.whoami)
    _command(into, "grants", commands.grants)
    batches = _command(into, "batches", commands.batches)
    batches.add_argument("resource", type=UUID, help=say("help-resource"))
    _push(into)
    _pull(into)
    lookup = _command(into, "lookup", commands.lookup)
    lookup.add_argument("grant", type=UUID, help=say("help-grant"))
    lookup.add_argument("--item-keys-from", required=True, metavar="FILE", help=say("help-keys"))
    _serve(into)
    _receipt(into)
    return parser


def _command(
    into: Commands, name: str, do: Command, about: str | None = None
) -> argparse.ArgumentParser:
    told = say(about or f"help-{name}")
    parser = into.add_parser(name, help=told, description=told, epilog=say("exit-codes"))
    # Also behind the command, where most people write them.
    parser.add_argument("--profile", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS
    )
    parser.set_defaults(command=do)
    return parser


def _login(into: Commands) -> None:
    login = _command(into, "login", commands.login)
    login.add_argument("--gateway", required=True, metavar="URL", help=say("help-gateway"))
    login.add_argument("--client-id", metavar="ID", help=say("help-client"))
    proof = login.add_mutually_exclusive_group()
    proof.add_argument("--secret-file", metavar="FILE", help=say("help-secret-file"))
    proof.add_argument("--key", metavar="FILE", help=say("help-own-key"))
    login.add_argument("--certificate", metavar="FILE", help=say("help-certificate"))
    login.add_argument("--certificate-key", metavar="FILE", help=say("help-certificate-key"))
    login.add_argument("--ca-file", metavar="FILE", help=say("help-ca-file"))


def _key(into: Commands) -> None:
    key = _command(into, "key", commands.key, "help-make-key")
    key.add_argument("file", type=Path, help=say("help-key-file"))
    key.add_argument("--client-id", metavar="ID", help=say("help-key-client"))
    key.add_argument("--show", action="store_true", help=say("help-key-show"))


def _push(into: Commands) -> None:
    push = _command(into, "push", commands.push)
    push.add_argument("resource", type=UUID, help=say("help-resource"))
    push.add_argument("file", type=Path, help=say("help-file"))
    push.add_argument("--mode", required=True, choices=list(Mode), help=say("help-mode"))
    push.add_argument("--id", metavar="BATCHID", help=say("help-id"))
    push.add_argument("--charset", metavar="NAME", help=say("help-charset"))
    push.add_argument("--sheet", metavar="NAME", help=say("help-sheet"))
    push.add_argument("--wait", action="store_true", help=say("help-wait"))
    push.add_argument(
        "--timeout", type=float, default=3600.0, metavar="SECONDS", help=say("help-timeout")
    )
    push.add_argument("--rejects", type=Path, metavar="FILE", help=say("help-rejects"))


def _pull(into: Commands) -> None:
    pull = _command(into, "pull", commands.pull)
    pull.add_argument("grant", type=UUID, help=say("help-grant"))
    pull.add_argument("--to", type=Path, default=Path(), metavar="DIR", help=say("help-to"))
    pull.add_argument("--format", choices=list(Format), help=say("help-format"))
    start = pull.add_mutually_exclusive_group()
    start.add_argument("--after", type=int, metavar="N", help=say("help-after"))
    start.add_argument("--snapshot", action="store_true", help=say("help-snapshot"))


def _serve(into: Commands) -> None:
    serve = _command(into, "serve", commands.serve)
    serve.add_argument("--to", required=True, metavar="URL", help=say("help-serve-to"))
    serve.add_argument("--headers", type=Path, metavar="FILE", help=say("help-serve-headers"))
    serve.add_argument(
        "--resource",
        type=UUID,
        action="append",
        default=[],
        metavar="RESOURCE",
        help=say("help-serve-resource"),
    )
    serve.add_argument(
        "--at-once",
        type=int,
        default=4,
        choices=range(1, 33),
        metavar="N",
        help=say("help-serve-at-once"),
    )


def _receipt(into: Commands) -> None:
    receipt = into.add_parser("receipt", help=say("help-receipt"), description=say("help-receipt"))
    actions = receipt.add_subparsers(required=True, metavar="ACTION")
    fetch = _command(actions, "fetch", commands.receipt_fetch, "help-receipt-fetch")
    fetch.add_argument("index", type=int, help=say("help-index"))
    fetch.add_argument("--to", type=Path, required=True, metavar="FILE", help=say("help-save-to"))
    verify = _command(actions, "verify", commands.receipt_verify, "help-receipt-verify")
    verify.add_argument("file", type=Path, help=say("help-receipt-file"))
    verify.add_argument("--key", required=True, metavar="KEY", help=say("help-key"))
