"""``python -m testbed.hostile_servers``: verify or load servers that attack their client; exit 1 if that fails."""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch

from testbed.hostile_servers.attacks import ATTACKS
from testbed.hostile_servers.measure import load_hostile, verify_hostile, verify_odd


def main() -> int:
    """Verify or load each server, and print the exit code, requests, seconds and peak memory of each run."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile_servers")
    parser.add_argument("--only", default="*", metavar="GLOB", help="names of attacks (default: all)")
    parser.add_argument("--period", type=int, default=3, help="attack instead of every N-th reply (default: 3)")
    parser.add_argument("--spared", type=int, default=1, help="number of replies before (default: 1, for the probe)")
    parser.add_argument("--load", action="store_true", help="run chat-contract load instead of chat-contract verify")
    about = "verify N servers whose responses are changed at random (default: none)"
    parser.add_argument("--odd", type=int, default=0, metavar="N", help=about)
    parser.add_argument("options", nargs="*", help="options of the command, after --")
    options = parser.parse_args()
    print(f"{'attack':28} exit requests seconds     MB  verdict", flush=True)
    failed = 0
    for attack in (one for one in ATTACKS if fnmatch(one.name, options.only)):
        run = load_hostile if options.load else verify_hostile
        outcome = run(attack, options.options, period=options.period, spared=options.spared)
        print(outcome.row, flush=True)
        failed += bool(outcome.complaints)
    for seed in range(options.odd):
        outcome = verify_odd(seed, options.options)
        print(outcome.row, flush=True)
        failed += bool(outcome.complaints)
    print(f"{failed} runs failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
