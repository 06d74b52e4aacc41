"""``python -m mock_server``: serves the mock without the rest of the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chat_contract import KitError
from mock_server.blueprint import DEFAULT_MAX_BODY, read_blueprint
from mock_server.serve import DEFAULT_HOST, DEFAULT_PORT, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve, and return the exit code: 2 if the mock cannot start."""
    options = _parser().parse_args(arguments)
    try:
        blueprint = read_blueprint(
            fixtures=options.fixtures,
            spec=options.spec,
            overlays=options.overlay,
            seed=options.seed,
            max_body=options.max_body,
        )
        serve(blueprint, host=options.host, port=options.port)
    except KitError as error:
        print(f"mock_server: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mock_server", description="Serve a mock of the chat service.")
    parser.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    parser.add_argument("--fixtures", type=Path, metavar="DIR", help="catalogue and conversations to serve")
    parser.add_argument("--spec", type=Path, metavar="FILE", help="another contract to serve")
    parser.add_argument("--overlay", type=Path, metavar="FILE", action="append", default=[], help="may be repeated")
    parser.add_argument("--seed", type=int, metavar="N", help="make new conversation ids repeatable")
    parser.add_argument("--max-body", type=_size, metavar="BYTES", default=DEFAULT_MAX_BODY, help="larger gets 413")
    return parser


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"{number} is no port; use 0 to 65535")
    return number


def _size(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} bytes are no room for a body; use 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
