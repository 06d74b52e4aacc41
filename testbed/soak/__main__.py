"""Run the tests of the frontend example many times in parallel: `python -m testbed.soak --runs 100 --workers 4`.

Each worker uses a space of the mock. A run fails if one worker disturbs another.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time

from chat_mock.server import Server
from tests.support.paths import ROOT

FRONTEND = ROOT / "examples" / "frontend"
FILES = ("conversation", "faults", "rejections")
"""The tests of the client. Those of the package start mocks of their own."""
SECONDS_OF_A_RUN = 300
_RUNS_BETWEEN_LINES = 10


def run_tests(npx: str, url: str, workers: int) -> str | None:
    """Run the test files once; return the output if a test failed."""
    count = str(workers)
    ended = subprocess.run(
        [npx, "--no-install", "vitest", "run", *FILES, "--maxWorkers", count, "--minWorkers", count],
        cwd=FRONTEND,
        env={**os.environ, "CHAT_MOCK_URL": url},
        capture_output=True,
        text=True,
        timeout=SECONDS_OF_A_RUN,
        check=False,
    )
    return None if ended.returncode == 0 else ended.stdout + ended.stderr


def main() -> int:
    """Run the tests, and return 1 if a run failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--workers", type=int, default=4)
    given = parser.parse_args()
    npx = shutil.which("npx")
    if npx is None or not (FRONTEND / "node_modules").is_dir():
        print("Run npm ci --prefix examples/frontend first.", file=sys.stderr)
        return 2
    server = Server.start()
    began, failed = time.monotonic(), 0
    try:
        for number in range(1, given.runs + 1):
            output = run_tests(npx, server.base_url, given.workers)
            if output is not None:
                failed += 1
                print(f"Run {number} failed:\n{output}", flush=True)
            if number % _RUNS_BETWEEN_LINES == 0:
                print(f"{number} runs: {failed} failed", flush=True)
    finally:
        server.stop()
    seconds = time.monotonic() - began
    print(f"{given.runs} runs with {given.workers} workers in {seconds:.0f} s: {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
