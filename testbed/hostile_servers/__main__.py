"""``python -m testbed.hostile_servers``: verify servers that attack their client; exit 1 if the verifier fails."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch

from testbed.hostile_servers.attacks import ATTACKS
from testbed.hostile_servers.measure import verify_hostile


def main() -> int:
    """Verify each server, and print the exit code, requests, seconds and peak memory of each run."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile_servers")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of attacks (default: all)")
    parser.add_argument("--period", type=int, default=3, help="attack instead of every N-th reply (default: 3)")
    parser.add_argument("--spared", type=int, default=1, help="number of replies before (default: 1, for the probe)")
    parser.add_argument("options", nargs="*", help="options of chat-contract verify, after --")
    options = parser.parse_args()
    print(f"{'attack':28} exit requests seconds     MB  verdict", flush=True)
    failed = 0
    for attack in (one for one in ATTACKS if fnmatch(one.name, options.only)):
        outcome = verify_hostile(attack, options.options, period=options.period, spared=options.spared)
        print(outcome.row, flush=True)
        failed += bool(outcome.complaints)
    print(f"{failed} runs failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
