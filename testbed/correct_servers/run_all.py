"""Verifies every correct server: python -m testbed.correct_servers.run_all [--only GLOB] [OPTION OF verify ...]."""

import argparse
import statistics
import sys
import time
from fnmatch import fnmatch

from testbed.correct_servers import ENTRIES, missing, serving
from testbed.quality.verifying import COMMAND, verify


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.correct_servers.run_all", description=__doc__)
    parser.add_argument("--only", default="*", metavar="GLOB", help="only servers whose names match")
    parser.add_argument(
        "--toolchains", action="store_true", help="only servers in languages other than Python and JavaScript"
    )
    options, more = parser.parse_known_args()
    if not COMMAND.exists():
        parser.error("chat-contract is not installed beside this Python: pip install -e '.[dev]'")
    requests, seconds, alarms, unsure, skipped, begun = [], [], [], [], [], time.monotonic()
    print(f"{'server':25}{'exit':>5} {'verdict':13}{'requests':>8}{'seconds':>9}  clauses")
    for name, entry in ENTRIES.items():
        if not fnmatch(name, options.only) or (options.toolchains and entry.toolchain is None):
            continue
        if lacking := missing(entry):
            skipped.append(name)
            print(f"{name:25}    - skipped (not installed: {', '.join(lacking)})")
            continue
        with serving(name) as base_url:
            judged = verify(base_url, more, key=entry.key)
        failed, warned = judged.named("fail", level="MUST"), judged.named("warn", "fail", level="SHOULD")
        skipped_musts = judged.named("skipped", level="MUST")
        unjudged = [one for one in skipped_musts if not one.startswith("credentials.")] if judged.exit == 2 else []
        told = {"FAILED": failed, "warned": warned, "not judged": unjudged}
        print(
            f"{name:25}{judged.exit:>5} {judged.verdict:13}{judged.requests:>8}{judged.seconds:>9.1f}  "
            + "; ".join(f"{word} {', '.join(ids)}" for word, ids in told.items() if ids),
            flush=True,
        )
        if judged.said:
            print(judged.said)
        requests.append(judged.requests)
        seconds.append(judged.seconds)
        if failed or judged.exit == 1:
            alarms.append(name)
        elif judged.exit:
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
