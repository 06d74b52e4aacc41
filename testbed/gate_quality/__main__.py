"""Measures the gate: ``python -m testbed.gate_quality`` prints precision, recall, misses, and time against size."""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

from spec_gate.severity.policy import Preset
from testbed.gate_quality.cases import all_cases
from testbed.gate_quality.real_size import REAL_SIZES, measured, write_release
from testbed.gate_quality.size import SIZES, seconds
from testbed.gate_quality.table import Table, judged


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.gate_quality", description=__doc__)
    parser.add_argument("names", nargs="*", help="only cases whose name contains one of these")
    parser.add_argument("--no-size", action="store_true", help="do not measure time against size")
    options = parser.parse_args()
    if not options.no_size:
        # Before the cases: a child's peak memory counts what this process held when it started the child.
        print(real_size_table())
        print(size_table())
    cases = [case for case in all_cases() if not options.names or any(name in case.name for name in options.names)]
    table = Table([judged(case) for case in cases])
    print(summary(table))
    return 1 if table.misses() else 0


def summary(table: Table) -> str:
    found, wanted = table.witnesses()
    times = [row.seconds for row in table.rows]
    breaking = sum(row.case.verdict == "breaking" for row in table.rows)
    lines = [
        f"cases          {len(table.rows)}, of which {breaking} breaking",
        f"precision      {table.precision():.1%}",
        f"recall         {table.recall():.1%}",
        f"witnesses      {found} of {wanted} breaking changes of schemas",
        f"not proved     {len(table.not_proved())} {', '.join(table.not_proved())}".rstrip(),
        f"CPU per case   {statistics.median(times):.3f} s median, {max(times):.2f} s maximum",
        f"misses         {len(table.misses())}",
    ]
    for row in table.misses():
        lines += [f"  {row.case.name}: {complaint}" for complaint in row.complaints]
    return "\n".join(lines)


def size_table() -> str:
    lines = ["schemas  seconds  seconds for 1,000"]
    for size in SIZES:
        took = seconds(size)
        lines.append(f"{size:>7}  {took:>7.2f}  {1000 * took / size:>17.2f}")
    return "\n".join(lines)


def real_size_table() -> str:
    """Return CPU time, memory and findings of documents of real size with each preset."""
    lines = ["documents  edits  preset    seconds of CPU  MB    findings"]
    for resources, edits in REAL_SIZES:
        with tempfile.TemporaryDirectory() as folder:
            base, revision = write_release(Path(folder), resources, edits)
            for preset in Preset:
                cost = measured(base, revision, preset)
                lines.append(
                    f"{base.stat().st_size / 1e6:>6.1f} MB  {edits:>5}  {preset:<8}  {cost.seconds:>14.1f}"
                    f"  {cost.megabytes:>4.0f}  {cost.findings}"
                )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
