"""Renders breaking changes and warnings as GitHub annotations on the lines of the revision, or of the base."""

from __future__ import annotations

from spec_gate.report import phrases
from spec_gate.report.escape import one_line
from spec_gate.report.model import DiffReport, Level, Location, ReportedFinding
from spec_gate.report.texts import text

_COMMANDS = {Level.BREAKING: "error", Level.WARNING: "warning"}


def render(report: DiffReport) -> str:
    """Return one workflow command for each breaking change and warning; GitHub shows only a few of a step."""
    found = [one for one in report.findings if one.waiver is None and one.level in _COMMANDS]
    commands = [_finding(finding) for finding in found]
    return "".join(f"{command}\n" for command in commands)


def _finding(finding: ReportedFinding) -> str:
    sentences = [f"{finding.title}.", f"{text('label-where')}: {phrases.where(finding)}."]
    if (changed := phrases.difference(finding)) is not None:
        sentences += [f"{text('label-before')}: {changed[0]}.", f"{text('label-after')}: {changed[1]}."]
    if finding.witness is not None:
        sentences.append(phrases.witness_example(finding.witness))
    place = finding.revision or finding.base
    return _command(_COMMANDS[finding.level], finding.rule, place, " ".join(sentences))


def _command(name: str, title: str, place: Location | None, message: str) -> str:
    properties = {"title": title}
    if place is not None:
        properties = {"file": place.path, "line": str(place.line), **properties}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{name} {listed}::{_message(message)}"


def _message(value: str) -> str:
    return one_line(value).replace("%", "%25")


def _property(value: str) -> str:
    return _message(value).replace(":", "%3A").replace(",", "%2C")
