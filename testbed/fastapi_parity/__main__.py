"""``python -m testbed.fastapi_parity``: 20,000 bodies a latitude to the mock and to FastAPI; exit 1 if they differ."""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from testbed.fastapi_parity.comparison import REFERENCES, Comparison, compare

_SHOWN = 5


def main() -> int:
    """Print a line for each latitude, and the first differences."""
    parser = argparse.ArgumentParser(prog="python -m testbed.fastapi_parity")
    parser.add_argument("--bodies", type=int, default=20_000, help="for each latitude (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed asks the same (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: %(default)s)")
    options = parser.parse_args()
    found = False
    print(f"{'latitude':<12}{'bodies':>8}{'equal':>9}  FastAPI said")
    with ProcessPoolExecutor(options.jobs) as pool:
        running = {name: pool.submit(compare, name, options.bodies, options.seed) for name in REFERENCES}
        for name, result in running.items():
            found |= _told(name, result.result())
    return 1 if found else 0


def _told(name: str, result: Comparison) -> bool:
    equal = 1 - len(result.differences) / result.asked
    said = ", ".join(f"{status} {count}" for status, count in sorted(result.statuses.items()))
    share = "100 %" if not result.differences else f"{equal * 100:.3f} %"
    print(f"{name:<12}{result.asked:>8}{share:>9}  {said}; {len(result.types)} types of error", flush=True)
    for difference in result.differences[:_SHOWN]:
        print(difference)
    return bool(result.differences)


if __name__ == "__main__":
    sys.exit(main())
