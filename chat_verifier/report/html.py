"""Render the report as one HTML page: verdict, violations, clauses, unspecified behaviour, times, every exchange."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report import texts
from chat_verifier.report.coverage import coverage_line, keyword_line
from chat_verifier.report.model import Body, ClauseReport, VerifyReport
from chat_verifier.report.summary import confirmation, ignored, latency, not_sent, outcome, place, run_reason, tally
from kit_reports.page import render_page

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_BODY = 2500
_BARS = 24


@dataclass(frozen=True)
class Bar:
    """A bar of the histogram: ``height`` in percent of the highest, ``start`` and ``end`` in seconds."""

    count: int
    height: float
    start: float
    end: float


def render_html(report: VerifyReport) -> str:
    """Return the page. It loads nothing, and no text of the server becomes markup."""
    groups: dict[str, list[ClauseReport]] = {}
    for clause in report.clauses:
        groups.setdefault(clause.group, []).append(clause)
    wanted = (ClauseVerdict.FAIL, ClauseVerdict.WARN, ClauseVerdict.WAIVED)
    return render_page(
        _TEMPLATES,
        "report.html",
        run=report,
        headings=texts.HEADINGS,
        clause_reasons=texts.CLAUSE_REASONS,
        breakdowns=texts.BREAKDOWNS,
        verdict_text=texts.RUN_VERDICTS[report.verdict],
        reason=run_reason(report),
        tally=tally(report),
        not_sent=not_sent(report),
        ignored=ignored(report),
        groups=groups,
        violations=[
            (clause, violation)
            for verdict in wanted
            for clause in report.with_verdict(verdict)
            for violation in clause.violations
        ],
        failing=len(list(report.violations(ClauseVerdict.FAIL))),
        confirmation=confirmation,
        place=place,
        latency=latency(report),
        coverage_line=coverage_line,
        keyword_line=keyword_line,
        bars=_bars(report),
        outcomes=sorted(Counter(outcome(one) for one in report.exchanges).items()),
        outcome=outcome,
        body=_body,
    )


def _bars(report: VerifyReport) -> list[Bar]:
    """Return the histogram of the response times."""
    times = [one.seconds for one in report.exchanges if one.exchange.response is not None]
    if not times:
        return []
    width = max(times) / _BARS or 1e-9
    counts = Counter(min(_BARS - 1, int(time / width)) for time in times)
    highest = max(counts.values())
    return [Bar(counts[bar], 100 * counts[bar] / highest, bar * width, (bar + 1) * width) for bar in range(_BARS)]


def _body(body: Body) -> str:
    """Return a body as text, cut if it is long."""
    text = body if isinstance(body, str) else f"base64: {body.base64}"
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}… ({len(text)} characters)"
