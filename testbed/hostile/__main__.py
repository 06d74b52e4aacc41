"""``python -m testbed.hostile``: sends hostile requests to a mock of its own; exit 1 if it answers any of them badly."""

from __future__ import annotations

import argparse
import sys

from chat_mock.server import Server
from testbed.hostile.attack import attack


def main() -> int:
    """Attack, and print what came of it."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile")
    parser.add_argument("--requests", type=int, default=20_000, help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed sends the same (default: %(default)s)")
    options = parser.parse_args()
    server = Server.start(["--seed", "0"])
    try:
        result = attack(server.base_url, options.requests, options.seed)
    finally:
        server.stop()
    for complaint in result.complaints[:20]:
        print(complaint)
    statuses = ", ".join(f"{status} {count}" for status, count in sorted(result.statuses.items()))
    print(f"{options.requests} hostile requests: {len(result.complaints)} answered badly; {statuses}")
    print(f"slowest answer: {result.slowest:.2f} s")
    return 1 if result.complaints else 0


if __name__ == "__main__":
    sys.exit(main())
