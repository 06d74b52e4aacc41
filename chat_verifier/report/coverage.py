"""Render the coverage of the contract as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.errors import shorten
from chat_verifier.findings.coverage import Coverage, KeywordCoverage
from chat_verifier.report.model import VerifyReport
from kit_reports.visible import visible


def render_coverage(report: VerifyReport) -> str:
    """Return the table: for each field and keyword, the values of the requests; gaps are marked."""
    if report.contract_coverage is None:
        return "No requests.\n"
    return "\n".join(map(visible, _lines(report, report.contract_coverage))) + "\n"


def coverage_line(coverage: Coverage) -> str:
    """Return the coverage in one sentence."""
    kinds = "fields present and absent, keywords valid and invalid, boundaries, examples"
    return f"The requests had {coverage.covered} of {coverage.possible} kinds of values: {kinds}."


def _lines(report: VerifyReport, coverage: Coverage) -> Iterator[str]:
    yield f"Coverage of the request: {report.target}"
    yield coverage_line(coverage)
    for field in coverage.fields:
        yield ""
        yield f"{field.field}: {_count(field.present, 'present')}, {_count(field.absent, 'absent')}"
        yield from (f"  {keyword_line(keyword)}" for keyword in field.keywords)
    if coverage.examples:
        yield ""
        yield "Examples:"
    for example in coverage.examples:
        yield f"  {example.name}: {_count(example.requests, 'sent')}"


def keyword_line(keyword: KeywordCoverage) -> str:
    """Return a keyword with the number of its valid and invalid values, and whether its boundary was tried."""
    parts = [_count(keyword.valid, "valid"), _count(keyword.invalid, "invalid")]
    if keyword.boundary is not None:
        parts.append(f"both sides of the boundary {'sent' if keyword.boundary else 'NOT sent'}")
    return f"{keyword.keyword} {shorten(keyword.value, 40)} ({keyword.set}): {', '.join(parts)}"


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count else f"NEVER {what}"
