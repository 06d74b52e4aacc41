"""The report as annotations of GitHub: each lands on its line of the revision, or of the base where it is gone."""

from __future__ import annotations

from spec_gate.report.escape import one_line
from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import change, where

_COMMANDS = {"breaking": "error", "warning": "warning", "info": "notice"}


def as_github(document: Evidence) -> str:
    """Return one workflow command a finding."""
    lines = [_command(finding) for finding in document["findings"] if not finding["waived"]]
    lines += [_of_consumer(hit) for hit in document["hit"] if hit["kind"] == "consumer"]
    return "".join(f"{line}\n" for line in lines)


def _of_consumer(hit: Evidence) -> str:
    """Return the notice on the line where a consumer says what it reads."""
    said = f"file={_property(hit['file'])},line={hit['line']},title=consumer is hit"
    return f"::notice {said}::{_message(hit['name'] + ': ' + hit['why'])}"


def _command(finding: Evidence) -> str:
    place = finding["revision"] or finding["base"]
    told = {"title": finding["rule"]}
    if place is not None:
        told = {"file": place["file"], "line": str(place["line"]), **told}
    properties = ",".join(f"{name}={_property(said)}" for name, said in told.items())
    why = f" ({finding['witness']['why']})" if finding["witness"] else ""
    message = f"{finding['title']} {where(finding)}: {change(finding)}{why}"
    return f"::{_COMMANDS[finding['level']]} {properties}::{_message(message)}"


def _message(text: str) -> str:
    return one_line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
