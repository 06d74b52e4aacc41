"""Read a JSON report back into the model."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from chat_contract import UsageError
from chat_contract.document.source import read_file
from chat_contract.errors import without_credentials
from chat_verifier.report.commands import has_transport_options, is_reproduction, without_keys
from chat_verifier.report.model import FORMAT, VERSION, RequestReport, VerifyReport, ViolationReport
from kit_http.headers import is_sendable, is_token
from kit_http.urls import split_http_url
from kit_reports.codec import decode
from kit_reports.visible import visible

_MOST_BYTES = 256 * 1024 * 1024
_HINT = "Name a file written by chat-contract verify --report json=FILE."


def read_report(path: Path) -> VerifyReport:
    """Read a JSON report.

    Raises :class:`chat_contract.errors.DocumentError` if the file cannot be read, and :class:`UsageError` if it is not
    a report of this version.
    """
    text = read_file(path, hint=_HINT, limit=_MOST_BYTES)
    try:
        report = decode(VerifyReport, text)
        _check_times(report)
    except (ValueError, OverflowError):
        raise UsageError(f"{path}: {_problem(text)}. {_HINT}") from None
    if problem := next(_unusable(report), None):
        raise UsageError(f"{path}: {problem}. {_HINT}")
    return report


def _unusable(report: VerifyReport) -> Iterator[str]:
    """Yield what verify does not write: exports and commands would send it, or a shell or an editor would run it."""
    parts = split_http_url(report.base_url)
    if parts is None or parts.query or parts.fragment or not _VISIBLE.fullmatch(report.base_url):
        yield f'"{visible(without_credentials(report.base_url))}" is not a base URL'
    violations = [(clause, one) for clause in report.clauses for one in clause.violations]
    shown = (exchange for _, violation in violations for exchange in violation.exchanges)
    requests = [exchange.request for exchange in (*shown, *(one.exchange for one in report.exchanges))]
    for request in requests:
        yield from _unusable_parts(request)
    sent = {(request.method, request.path) for request in requests}
    for clause, violation in violations:
        if not is_reproduction(violation.command, report.base_url, sent):
            yield f"the command of a violation of {visible(clause.id)} differs from those that verify writes"


def with_keys_for(report: VerifyReport, *, is_named: bool) -> VerifyReport:
    """Return the report with commands that send the user's key only to the server, and only if the user named it.

    Somebody else may have made the report, and chosen the server, or a proxy that reads what the server gets.
    """
    clauses = tuple(
        replace(clause, violations=tuple(_with_key(one, is_named=is_named) for one in clause.violations))
        for clause in report.clauses
    )
    return replace(report, clauses=clauses)


def _with_key(violation: ViolationReport, *, is_named: bool) -> ViolationReport:
    if is_named and not has_transport_options(violation.command):
        return violation
    return replace(violation, command=without_keys(violation.command))


def _unusable_parts(request: RequestReport) -> Iterator[str]:
    # Behind a base URL, ``@host/`` would name another server.
    if not request.path.startswith("/"):
        yield f'the path "{visible(request.path)}" of a request does not begin with "/"'
    if not _VISIBLE.fullmatch(request.path):
        yield f'the path "{visible(request.path)}" of a request contains a space or a character outside ASCII'
    if not is_token(request.method):
        yield f'"{visible(request.method)}" is not a method'
    for name, value in request.headers.items():
        if not is_sendable(name, value):
            yield f'the header "{visible(name)}" of a request cannot be sent'


_VISIBLE = re.compile("[!-~]*")


def _check_times(report: VerifyReport) -> None:
    """Raise ValueError or OverflowError unless each exchange has a point in time."""
    began = dt.datetime.fromisoformat(report.started)
    for one in report.exchanges:
        began + dt.timedelta(seconds=one.at)


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
