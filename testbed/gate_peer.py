"""Another comparer of OpenAPI documents on the gate's cases: python -m testbed.gate_peer "redocly diff" --every 10

The command gets the two documents as its last arguments, and must exit with 1 if it finds a breaking change.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from testbed.gate_quality.cases import Case, all_cases

SECONDS = 120


@dataclass(frozen=True)
class Result:
    """The exit code of the command for a case, and what it printed."""

    case: Case
    code: int
    printed: str

    @property
    def mistake(self) -> str:
        """Return "missed", "false alarm" or ""."""
        if self.code not in (0, 1):
            return "failed"
        if (self.code == 1) == (self.case.verdict == "breaking"):
            return ""
        return "missed" if self.code == 0 else "false alarm"


def run(command: Sequence[str], case: Case) -> Result:
    """Compare the documents of a case."""
    ended = subprocess.run(
        [*command, case.base, case.revision], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return Result(case, ended.returncode, ended.stdout + ended.stderr)


def summary(results: Sequence[Result]) -> str:
    """Return the counts, then each mistake. Cases whose verdict is a warning are left to the tool."""
    lines = []
    for verdict, mistake in (("breaking", "missed"), ("compatible", "false alarm")):
        judged = [result for result in results if result.case.verdict == verdict]
        wrong = [result for result in judged if result.mistake == mistake]
        failed = [result for result in judged if result.mistake == "failed"]
        lines.append(f"{verdict} cases: {len(judged)}; {mistake}: {len(wrong)}; without a verdict: {len(failed)}")
    lines += [f"  {result.case.name}: {result.mistake}" for result in results if result.mistake]
    return "\n".join(lines)


def main() -> None:
    """Run the command on a sample of the cases."""
    parser = argparse.ArgumentParser(prog="python -m testbed.gate_peer", description=__doc__)
    parser.add_argument("command", help="the command, as in a shell")
    parser.add_argument("--every", type=int, default=10, metavar="N", help="use every Nth case (default: %(default)s)")
    options = parser.parse_args()
    cases = [case for case in all_cases() if case.verdict in ("breaking", "compatible")][:: options.every]
    print(summary([run(shlex.split(options.command), case) for case in cases]))


if __name__ == "__main__":
    main()
