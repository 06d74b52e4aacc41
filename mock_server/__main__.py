"""``python -m mock_server``: serves the mock without the rest of the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from chat_contract import KitError
from mock_server.loading.flags import FLAGS, Flag, split
from mock_server.loading.load import read_blueprint
from mock_server.server.serve import serve


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit code: 2 if the mock cannot start."""
    given = vars(_parser().parse_args(arguments))
    try:
        options, listening = split(given)
        serve(read_blueprint(options), listening)
    except KitError as error:
        print(f"mock_server: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mock_server", description="Serve a mock of the chat service.", allow_abbrev=False
    )
    for flag in FLAGS:
        more: dict[str, Any] = {"action": "append"} if flag.many else {}
        said = flag.help if flag.default is None else f"{flag.help[:-1]} (default: {flag.default})."
        parser.add_argument(
            f"--{flag.name}",
            dest=flag.key,
            type=_bounded(flag) if flag.kind is int else flag.kind,
            default=[] if flag.many else flag.default,
            metavar=flag.metavar,
            help=said.replace("%", "%%"),
            **more,
        )
    return parser


def _bounded(flag: Flag) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if (flag.least is not None and number < flag.least) or (flag.most is not None and number > flag.most):
            most = "" if flag.most is None else f" to {flag.most}"
            raise argparse.ArgumentTypeError(f"{number} is out of range; use {flag.least}{most or ' or more'}")
        return number

    read.__name__ = "number"
    return read


if __name__ == "__main__":
    sys.exit(main())
