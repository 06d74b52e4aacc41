"""Export the violations as something to run: a shell script, a .http file of editors, and a file of pytest tests."""

from __future__ import annotations

import json
from collections.abc import Iterator

from chat_contract.roles import CONVERSATION
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import Base64Body, ClauseReport, ExchangeReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import message
from kit_reports.replay import ISSUED, Replay, ReplayRequest, http_file, key_in_command, pytest_file
from kit_reports.visible import visible

_SHOWN = (ClauseVerdict.FAIL, ClauseVerdict.WARN)


def _violations(report: VerifyReport) -> Iterator[tuple[ClauseReport, ViolationReport]]:
    return report.violations(*_SHOWN)


def _about(clause: ClauseReport, violation: ViolationReport) -> str:
    return visible(message(clause, violation).replace("\n", " "))


def render_sh(report: VerifyReport) -> str:
    """Return a shell script that reproduces each violation. The key comes from CHAT_API_KEY."""
    parts = ["#!/bin/sh\n"]
    parts += [f"# {_about(clause, violation)}\n{violation.command}\n" for clause, violation in _violations(report)]
    return "\n".join(parts)


def render_http(report: VerifyReport) -> str:
    """Return the exchanges as a .http file, as the REST clients of editors read it."""
    return http_file(report.base_url, _replays(report))


def render_pytest(report: VerifyReport) -> str:
    """Return a test file: each violation is a test that passes once the server satisfies the clause."""
    return pytest_file(report.target, report.base_url, _replays(report))


def _replays(report: VerifyReport) -> Iterator[Replay]:
    for clause, violation in _violations(report):
        issued = _issued_id(violation)
        yield Replay(
            id=f"{clause.id}:{violation.place or '/'}:{violation.observed}",
            clause=clause.id,
            about=_about(clause, violation),
            key=key_in_command(violation.command),
            requests=tuple(_request(exchange, issued) for exchange in violation.exchanges),
            continues=issued is not None,
        )


def _request(exchange: ExchangeReport, issued: str | None) -> ReplayRequest:
    request = exchange.request
    if isinstance(request.body, Base64Body):
        return ReplayRequest(request.method, request.path, request.headers, request.body.base64, base64=True)
    body = request.body
    for ascii_only in (True, False) if issued is not None else ():
        body = body.replace(json.dumps(issued, ensure_ascii=ascii_only)[1:-1], ISSUED)
    return ReplayRequest(request.method, request.path, request.headers, body)


def _issued_id(violation: ViolationReport) -> str | None:
    """Return the conversation id that the first response gave to the turns after it."""
    first = violation.exchanges[0].response
    if len(violation.exchanges) < 2 or first is None or not isinstance(first.body, str):
        return None
    try:
        reply = json.loads(first.body)
    except (ValueError, RecursionError):
        return None
    found = reply.get(CONVERSATION) if isinstance(reply, dict) else None
    return found if isinstance(found, str) and found else None
