"""The report as one page to look at: the verdict, then each change with its witness and its mend."""

from __future__ import annotations

from pathlib import Path

from kit_reports.page import render_page
from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import WORDS, change, hit_lines, place, where, witness_lines

_TEMPLATES = Path(__file__).parent / "templates"


def as_html(document: Evidence) -> str:
    """Return the page; it needs nothing from elsewhere, and no text of a document becomes markup."""
    return render_page(
        _TEMPLATES,
        "diff.html",
        run=document,
        words=WORDS[document["verdict"]],
        change=change,
        place=place,
        where=where,
        lines=witness_lines,
        hit=hit_lines(document),
    )
