"""``python -m testbed.fastapi_parity``: send 20,000 bodies per profile to the mock and to FastAPI.

Exits with 1 if responses differ.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from testbed.fastapi_parity.comparison import REFERENCES, Comparison, compare

_SHOWN = 5


def main() -> int:
    """Print a line for each profile, and the first differences."""
    parser = argparse.ArgumentParser(prog="python -m testbed.fastapi_parity")
    parser.add_argument("--bodies", type=int, default=20_000, help="bodies per profile (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the bodies (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="number of processes (default: %(default)s)")
    options = parser.parse_args()
    differ = False
    print(f"{'profile':<12}{'bodies':>8}{'equal':>9}  responses of FastAPI")
    with ProcessPoolExecutor(options.jobs) as pool:
        running = {name: pool.submit(compare, name, options.bodies, options.seed) for name in REFERENCES}
        for name, result in running.items():
            differ |= _report(name, result.result())
    return 1 if differ else 0


def _report(name: str, result: Comparison) -> bool:
    equal = 1 - len(result.differences) / result.count
    statuses = ", ".join(f"{status} {count}" for status, count in sorted(result.statuses.items()))
    share = "100 %" if not result.differences else f"{equal * 100:.3f} %"
    print(f"{name:<12}{result.count:>8}{share:>9}  {statuses}; {len(result.types)} error types", flush=True)
    for difference in result.differences[:_SHOWN]:
        print(difference)
    return bool(result.differences)


if __name__ == "__main__":
    sys.exit(main())
