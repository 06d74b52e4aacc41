"""Runs wrk."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from benchmarks.loads import Load, wrk_script

_REQUESTS = re.compile(r"(\d+) requests in")


def run_wrk(url: str, load: Load, folder: Path, seconds: int) -> int:
    """Send a load for so many seconds and return the number of responses, which must all be 2xx."""
    script = folder / "load.lua"
    script.write_text(wrk_script(load.bodies), "utf-8")
    options = ["-t1", f"-c{load.connections}", f"-d{seconds}", "-s", str(script)]
    output = subprocess.run(["wrk", *options, url], capture_output=True, text=True, timeout=120, check=True).stdout
    found = _REQUESTS.search(output)
    if found is None or "Non-2xx" in output:
        raise RuntimeError(f"{url}: wrong statuses or no response:\n{output}")
    return int(found[1])
