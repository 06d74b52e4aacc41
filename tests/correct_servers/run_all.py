"""python -m tests.correct_servers.run_all [--only GLOB] [OPTION OF verify ...]: the suite against each of them."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from tests.correct_servers import ENTRIES, Entry, missing, serving

VERIFY = [str(Path(sys.executable).with_name("chat-contract")), "verify"]
NO_REPORT = {"verdict": "no report", "requests": 0, "seconds": 0, "clauses": []}


def verify(entry: Entry, more: list[str]) -> tuple[int, dict[str, Any], str]:
    """Exit code, report and the end of what was said."""
    keys = ["-H", f"Authorization: Bearer {entry.key}", "--expect-auth"] if entry.key else []
    with tempfile.TemporaryDirectory() as folder, serving(entry.name) as base_url:
        file = Path(folder) / "report.json"
        command = [*VERIFY, base_url, *keys, "--report", f"json={file}", *more]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        report = json.loads(file.read_text("utf-8")) if file.exists() else NO_REPORT
    return done.returncode, report, (done.stdout + done.stderr)[-2000:]


def clauses(report: dict[str, Any], level: str, verdict: str) -> list[str]:
    return [one["id"] for one in report["clauses"] if (one["level"].upper(), one["verdict"]) == (level, verdict)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.correct_servers.run_all", description=__doc__)
    parser.add_argument("--only", default="*", metavar="GLOB", help="names to run")
    options, more = parser.parse_known_args()
    if not Path(VERIFY[0]).exists():
        parser.error("chat-contract is not installed beside this Python: pip install -e '.[dev]'")
    requests, seconds, alarms, unsure, skipped, begun = [], [], [], [], [], time.monotonic()
    print(f"{'server':25}{'exit':>5} {'verdict':13}{'requests':>8}{'seconds':>9}  clauses")
    for name, entry in ENTRIES.items():
        if not fnmatch(name, options.only):
            continue
        if lacking := missing(entry):
            skipped.append(name)
            print(f"{name:25}    - skipped: lacks {', '.join(lacking)}")
            continue
        code, report, said = verify(entry, more)
        failed, warned = clauses(report, "MUST", "fail"), clauses(report, "SHOULD", "warn")
        warned += clauses(report, "SHOULD", "fail")
        unjudged = [one for one in clauses(report, "MUST", "skipped") if not one.startswith("credentials.")]
        told = {"FAILED": failed, "warned": warned, "not judged": unjudged if code == 2 else []}
        print(
            f"{name:25}{code:>5} {report['verdict']:13}{report['requests']:>8}{report['seconds']:>9.1f}  "
            + "; ".join(f"{word} {', '.join(ids)}" for word, ids in told.items() if ids),
            flush=True,
        )
        if report is NO_REPORT:
            print(said)
        requests.append(report["requests"])
        seconds.append(report["seconds"])
        if failed or code == 1:
            alarms.append(name)
        elif code:
            unsure.append(name)
    if requests:
        print(
            f"{len(requests)} servers in {time.monotonic() - begun:.0f} s; "
            f"{len(alarms)} blamed, {len(unsure)} not judged, {len(skipped)} skipped; "
            f"requests: median {statistics.median(requests):.0f}, most {max(requests)}; "
            f"seconds: median {statistics.median(seconds):.1f}, most {max(seconds):.1f}"
        )
    for title, names in {"blamed": alarms, "not judged": unsure, "skipped": skipped}.items():
        if names:
            print(f"{title}: {', '.join(names)}")
    return 1 if alarms or unsure or not requests else 0


if __name__ == "__main__":
    sys.exit(main())
