"""Read a JSON report back into the model."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

from chat_contract import UsageError
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import FORMAT, VERSION, VerifyReport
from kit_reports.codec import decode
from kit_reports.visible import visible

_HINT = "Name a file written by chat-contract verify --report json=FILE."


def read_report(path: Path) -> VerifyReport:
    """Read a JSON report.

    Raises :class:`UsageError` if the file cannot be read or is not a report of this version.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}). {_HINT}") from None
    try:
        report = decode(VerifyReport, text)
        _check_times(report)
    except (ValueError, OverflowError):
        raise UsageError(f"{path}: {_problem(text)}. {_HINT}") from None
    for sent in _paths(report):
        if not sent.startswith("/"):
            raise UsageError(f'{path}: the path "{visible(sent)}" of a request does not begin with "/". {_HINT}')
    return report


def _check_times(report: VerifyReport) -> None:
    """Raise ValueError or OverflowError unless each exchange has a point in time."""
    began = dt.datetime.fromisoformat(report.started)
    for one in report.exchanges:
        began + dt.timedelta(seconds=one.at)


def _paths(report: VerifyReport) -> Iterator[str]:
    """Yield the paths that a replay sends. Behind a base URL, ``@host/`` would name another server."""
    for _, violation in report.violations(*ClauseVerdict):
        yield from (exchange.request.path for exchange in violation.exchanges)


def _problem(text: bytes) -> str:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "not a JSON document"
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        return "not a report of chat-contract verify"
    if value.get("version") != VERSION:
        return f"report version {value.get('version')}, expected {VERSION}"
    return "not a valid report of chat-contract verify"
