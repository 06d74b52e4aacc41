"""The report as one page to look at: verdict, matrix of clauses, causes, latitude, latency, every exchange."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from chat_verifier.report.evidence import Document
from chat_verifier.report.summary import WORDS, latency, left_out, often, tally
from kit_reports.page import render_page

_TEMPLATES = Path(__file__).parent / "templates"
_LONGEST_BODY = 2500
_BARS = 24


def as_html(document: Document) -> str:
    """Return the page; it needs nothing from elsewhere, and no text of a server becomes markup."""
    groups: dict[str, list[Document]] = {}
    for clause in document["clauses"]:
        groups.setdefault(clause["group"], []).append(clause)
    causes = [
        (clause, violation)
        for wanted in ("fail", "warn", "waived")
        for clause in document["clauses"]
        if clause["verdict"] == wanted
        for violation in clause["violations"]
    ]
    return render_page(
        _TEMPLATES,
        "report.html",
        run=document,
        words=WORDS[document["verdict"]],
        tally=tally(document),
        left_out=left_out(document),
        groups=groups,
        causes=causes,
        often=often,
        latency=latency(document),
        bars=_bars(document),
        statuses=_statuses(document),
        body=_body,
    )


def _bars(document: Document) -> list[dict[str, Any]]:
    """Return the histogram of the times to answer: heights in percent of the highest bar."""
    times = [one["seconds"] for one in document["exchanges"] if one["response"] is not None]
    if not times:
        return []
    width = max(times) / _BARS or 1e-9
    counts = Counter(min(_BARS - 1, int(time / width)) for time in times)
    highest = max(counts.values())
    return [
        {"count": counts[bar], "height": 100 * counts[bar] / highest, "from": bar * width, "to": (bar + 1) * width}
        for bar in range(_BARS)
    ]


def _statuses(document: Document) -> list[tuple[str, int]]:
    counts = Counter(
        str(one["response"]["status"]) if one["response"] else one["breakdown"]["kind"] for one in document["exchanges"]
    )
    return sorted(counts.items())


def _body(body: str | dict[str, str]) -> str:
    """Show a body as text, cut where it is long."""
    text = body if isinstance(body, str) else f"base64: {body['base64']}"
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}… ({len(text)} characters)"
