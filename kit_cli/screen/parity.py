"""Render the comparison of two servers as a table for a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from chat_verifier.findings.parity import Difference, DifferenceKind, ParityReport
from chat_verifier.report.texts import ABSENCES, DIFFERENCE_VALUES, DIFFERENCES, INTERRUPTIONS, Absence
from kit_reports.counting import count_of

_WIDTH = 120
_LONGEST_LABEL = 60


def render_parity(report: ParityReport) -> str:
    """Return the verdict, the two base URLs, and one row for each difference."""
    sides = f"A: {report.a}\nB: {report.b}\n"
    requests = count_of(report.requests, "request")
    if report.interrupted is not None:
        sides += f"{INTERRUPTIONS[report.interrupted]}\n"
    if not report.differences:
        return f"EQUAL: no differences in {requests}\n{sides}"
    differences = count_of(len(report.differences), "difference")
    return f"DIFFERENT: {differences} in {requests}\n{sides}\n{_table(report)}"


def _table(report: ParityReport) -> str:
    table = Table(box=None, pad_edge=False)
    for heading in ("Difference", "About", "A", "B", "Seen in"):
        table.add_column(heading, overflow="fold")
    for difference in report.differences:
        table.add_row(
            DIFFERENCES[difference.kind],
            ", ".join(difference.about) or ABSENCES[Absence.REPLY],
            _side(difference, difference.a),
            _side(difference, difference.b),
            f"{difference.seen}× {_cut(difference.label)}" if difference.case is not None else "",
        )
    console = Console(width=_WIDTH, color_system=None, highlight=False, markup=False)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def _cut(label: str) -> str:
    """Cut the label of a test case with many parts; the JSON output holds all of it."""
    return label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"


def _side(difference: Difference, values: tuple[str, ...]) -> str:
    if not values:
        return ABSENCES[Absence.FIELD if difference.kind is DifferenceKind.FIELDS else Absence.ERROR]
    joined = " or " if difference.kind is DifferenceKind.FIELDS else ", "
    return joined.join(DIFFERENCE_VALUES.get(value, value) for value in values)
