"""``python -m testbed.hostile``: attack a mock with hostile requests and slow clients; exit 1 if it fails."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from chat_mock.server import Server
from testbed.hostile.attack import attack
from testbed.hostile.recorder import start_recorder
from testbed.hostile.slow import ATTACKS, Clients, attack_slowly, memory_of

_ONE_OF_FOR_THE_RECORDER = 5
_CLIENTS = 8
_TO_WARM_UP = 5000
"""Requests that fill the journal and the caches before the memory is measured."""
_MAX_GROWTH = 50.0
_MAX_MEGABYTES = 200.0
_MAX_HEALTH_MS = 100.0
_PATIENCE = 90.0


def main() -> int:
    """Attack, and print the results."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile")
    parser.add_argument("--requests", type=int, default=200_000, help="number of requests (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the requests (default: %(default)s)")
    options = parser.parse_args()
    to_recorder = options.requests // _ONE_OF_FOR_THE_RECORDER
    server = Server.start(["--seed", "0", "--max-connections", "20000", "--max-waiting", "20000"])
    try:
        failed = _hostile_requests("mock", server, options.requests - to_recorder, options.seed)
        for clients in ATTACKS:
            failed |= _slow_clients(server, clients)
    finally:
        server.stop()
    upstream = Server.start(["--seed", "0"])
    with TemporaryDirectory() as folder:
        recorder = start_recorder(upstream, Path(folder))
        try:
            failed |= _hostile_requests("recorder", recorder, to_recorder, options.seed, expected=frozenset({502}))
        finally:
            recorder.stop()
            upstream.stop()
    return 1 if failed else 0


def _hostile_requests(
    name: str, server: Server, count: int, seed: int, *, expected: frozenset[int] = frozenset()
) -> bool:
    attack(server.base_url, min(count, _TO_WARM_UP), seed + 1, clients=_CLIENTS, expected=expected)
    before = memory_of(server.process.pid)
    result = attack(server.base_url, count, seed, clients=_CLIENTS, expected=expected)
    grown = memory_of(server.process.pid) - before
    for complaint in result.complaints[:20]:
        print(complaint)
    statuses = ", ".join(f"{status} {number}" for status, number in sorted(result.statuses.items()))
    print(f"{count} hostile requests to the {name}: {len(result.complaints)} bad responses; {statuses}")
    print(f"  slowest response: {result.slowest:.2f} s; memory: {before:.0f} MB, then {grown:+.0f} MB", flush=True)
    return bool(result.complaints) or grown > _MAX_GROWTH


def _slow_clients(server: Server, clients: Clients) -> bool:
    outcome = attack_slowly(server, clients, _PATIENCE)
    kinds = (
        (clients.half_bodies, "half bodies"),
        (clients.half_heads, "half heads"),
        (clients.delayed, "delayed responses"),
        (clients.unread, "unread megabytes"),
    )
    print(", ".join(f"{count} {kind}" for count, kind in kinds if count) + ":")
    print(f"  health check: median {outcome.median_ms:.1f} ms, slowest {outcome.slowest_ms:.1f} ms")
    print(f"  memory: {outcome.megabytes:.0f} MB; connections left open after {_PATIENCE:.0f} s: {outcome.left_open}")
    return outcome.median_ms > _MAX_HEALTH_MS or outcome.megabytes > _MAX_MEGABYTES or outcome.left_open > 0


if __name__ == "__main__":
    sys.exit(main())
