"""``python -m testbed.hostile``: attack a mock with hostile requests and slow clients; exit 1 if it fails."""

from __future__ import annotations

import argparse
import sys

from chat_mock.server import Server
from testbed.hostile.attack import attack
from testbed.hostile.slow import Clients, attack_slowly

_MAX_MEGABYTES = 200.0
_MAX_HEALTH_MS = 100.0
_PATIENCE = 90.0


def main() -> int:
    """Attack, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile")
    parser.add_argument("--requests", type=int, default=20_000, help="number of requests (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the requests (default: %(default)s)")
    options = parser.parse_args()
    server = Server.start(["--seed", "0"])
    try:
        failed = _hostile_requests(server, options.requests, options.seed)
        failed |= _slow_clients(server)
    finally:
        server.stop()
    return 1 if failed else 0


def _hostile_requests(server: Server, count: int, seed: int) -> bool:
    result = attack(server.base_url, count, seed)
    for complaint in result.complaints[:20]:
        print(complaint)
    statuses = ", ".join(f"{status} {number}" for status, number in sorted(result.statuses.items()))
    print(f"{count} hostile requests: {len(result.complaints)} bad responses; {statuses}")
    print(f"slowest response: {result.slowest:.2f} s")
    return bool(result.complaints)


def _slow_clients(server: Server) -> bool:
    clients = Clients()
    outcome = attack_slowly(server, clients, _PATIENCE)
    print(f"{clients.half_bodies} half bodies, {clients.half_heads} half heads, {clients.unread} unread megabytes:")
    print(f"  health check: median {outcome.median_ms:.1f} ms, slowest {outcome.slowest_ms:.1f} ms")
    print(f"  memory: {outcome.megabytes:.0f} MB; connections left open after {_PATIENCE:.0f} s: {outcome.left_open}")
    return outcome.median_ms > _MAX_HEALTH_MS or outcome.megabytes > _MAX_MEGABYTES or outcome.left_open > 0


if __name__ == "__main__":
    sys.exit(main())
