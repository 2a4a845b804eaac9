"""Prints rulebooks: `python -m shared.rulebooks [id] [--on 2026-03-01] [--overlay id]`."""

import argparse
import sys
from datetime import date

from shared.rulebooks.loader import load, shipped
from shared.rulebooks.table import markdown
from shared.rulebooks.texts import RulebookRefused


def main(arguments: list[str]) -> int:
    """Print one rulebook, or without an id list those that there are."""
    parser = argparse.ArgumentParser(prog="python -m shared.rulebooks")
    parser.add_argument("id", nargs="?", help="without it the ids are listed")
    parser.add_argument("--on", type=date.fromisoformat, default=None, help="default: the last day")
    parser.add_argument("--overlay", action="append", default=[], help="a superior law; repeatable")
    chosen = parser.parse_args(arguments)
    if chosen.id is None:
        sys.stdout.write("".join(f"{rulebook_id}\n" for rulebook_id in shipped()))
        return 0
    try:
        text = markdown(load(chosen.id, chosen.on or date.max, chosen.overlay))
    except RulebookRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
