"""Renders the report of ``chat-contract doctor``."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kit_cli.doctor.model import Check, DoctorReport, Finding, Status
from kit_reports.codec import encode
from kit_reports.counting import count_of

_HEADINGS = {
    Status.OK: "OK  The kit works on this machine.",
    Status.WARNING: "OK  The kit works on this machine, with restrictions.",
    Status.PROBLEM: "PROBLEM  Some commands of the kit fail on this machine.",
}
_TITLES = {
    Check.PYTHON: "Python",
    Check.KIT: "Kit",
    Check.PACKAGES: "Packages",
    Check.EXTRAS: "Extras",
    Check.PROGRAMS: "Programs",
    Check.BROWSER: "Browser",
    Check.CACHE: "Cache",
    Check.PROXY: "Proxy",
    Check.CONFIGURATION: "Configuration",
    Check.ENVIRONMENT: "Environment",
    Check.CONTRACT: "Contract",
    Check.FIXTURES: "Fixtures",
    Check.PORTS: "Ports",
    Check.STORE: "Store",
}
_MARKS = {Status.OK: "✓", Status.WARNING: "!", Status.PROBLEM: "✗"}
_WIDTH = max(map(len, _TITLES.values()))


def render_text(report: DoctorReport) -> str:
    """Return the report as lines of text."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DoctorReport) -> Iterator[str]:
    yield _HEADINGS[report.status]
    yield ""
    for finding in report.findings:
        yield from _finding(finding)
    yield ""
    problems, warnings = report.count(Status.PROBLEM), report.count(Status.WARNING)
    yield f"{count_of(problems, 'problem')}, {count_of(warnings, 'warning')}"


def _finding(finding: Finding) -> Iterator[str]:
    first, *others = finding.text.split("\n")
    indent = " " * (_WIDTH + 4)
    yield f"{_MARKS[finding.status]} {_TITLES[finding.check]:<{_WIDTH}}  {first}"
    yield from (f"{indent}{line}" for line in others)
    if finding.fix:
        yield f"{indent}Fix: {finding.fix}"


RENDERERS: dict[str, Callable[[DoctorReport], str]] = {"text": render_text, "json": encode}
