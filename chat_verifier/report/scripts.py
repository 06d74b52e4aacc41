"""Export the violations as something to run: a shell script, a .http file of editors, and a file of pytest tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from chat_contract.roles import CONVERSATION
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import Base64Body, Body, ClauseReport, ExchangeReport, VerifyReport, ViolationReport
from chat_verifier.report.summary import message
from kit_reports.visible import visible

_SHOWN = (ClauseVerdict.FAIL, ClauseVerdict.WARN)
_KEY = re.compile(r'-H "([A-Za-z-]+): ([^"]*)\$\{CHAT_API_KEY\}')
_ID = "${conversation_id}"


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
    requests = []
    for number, (clause, violation) in enumerate(_violations(report), 1):
        issued = _issued_id(violation)
        for turn, exchange in enumerate(violation.exchanges, 1):
            variable = f"{{{{turn{number}.response.body.$.{CONVERSATION}}}}}"
            name = [f"# @name turn{number}"] if turn == 1 and issued is not None else []
            title = f"### {number}.{turn} {_about(clause, violation)}"
            requests.append("\n".join([title, *name, *_http(report, violation, exchange, issued, variable)]))
    return "\n\n".join(requests) + "\n"


def _http(
    report: VerifyReport, violation: ViolationReport, exchange: ExchangeReport, issued: str | None, variable: str
) -> Iterator[str]:
    request = exchange.request
    yield f"{request.method} {report.base_url}{request.path}"
    if (key := _KEY.search(violation.command)) is not None:
        yield f"{key[1]}: {key[2]}{{{{$processEnv CHAT_API_KEY}}}}"
    yield from (f"{name}: {visible(value)}" for name, value in request.headers.items())
    yield ""
    body = _editable(request.body)
    if body is None:
        yield "# This body is not printable text. Use --report sh=FILE for this violation."
        return
    yield body if issued is None else body.replace(issued, variable)


def _editable(body: Body) -> str | None:
    """Return a body as text for an editor: in JSON, invisible characters are written as escapes of the same value."""
    if isinstance(body, Base64Body):
        return None
    lines = body.replace("\r\n", "\n").split("\n")
    shown = [visible(line) for line in lines]
    if shown == lines:
        return body
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return None
    return "\n".join(shown)


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


def render_pytest(report: VerifyReport) -> str:
    """Return a test file: each violation is a test that passes once the server satisfies the clause."""
    cases = [_case(clause, violation) for clause, violation in _violations(report)]
    written = json.dumps(cases, ensure_ascii=True, indent=1)
    return _TESTS.format(target=visible(report.target), base_url=report.base_url, cases=repr(written))


def _case(clause: ClauseReport, violation: ViolationReport) -> dict[str, Any]:
    issued = _issued_id(violation)
    key = _KEY.search(violation.command)
    return {
        "id": f"{clause.id}:{violation.place or '/'}:{violation.observed}",
        "clause": clause.id,
        "key": None if key is None else [key[1], key[2]],
        "turns": [_turn(exchange, issued) for exchange in violation.exchanges],
    }


def _turn(exchange: ExchangeReport, issued: str | None) -> dict[str, Any]:
    request = exchange.request
    encoded = isinstance(request.body, Base64Body)
    body = request.body.base64 if isinstance(request.body, Base64Body) else request.body
    if issued is not None and not encoded:
        body = body.replace(issued, _ID)
    return {
        "method": request.method,
        "path": request.path,
        "headers": dict(request.headers),
        "body": body,
        "base64": encoded,
    }


_TESTS = '''"""Violations that chat-contract found at {target}, as tests that pass once they are fixed.

    CHAT_BASE_URL={base_url} pytest FILE

A key comes from the environment variable CHAT_API_KEY.
"""

import base64
import json
import os

import pytest
import requests

from chat_contract import Exchange, History, Request, Response, load_contract
from chat_contract.conformance import examine, find_violations, update_history

BASE_URL = os.environ.get("CHAT_BASE_URL", "{base_url}").rstrip("/")
CASES = json.loads({cases})


def send(case, turn, issued):
    body = base64.b64decode(turn["body"]) if turn["base64"] else turn["body"].encode()
    body = body.replace(b"${{conversation_id}}", json.dumps(issued)[1:-1].encode())
    headers = dict(turn["headers"])
    request = Request(turn["method"], turn["path"], tuple(headers.items()), body)
    if case["key"]:
        headers[case["key"][0]] = case["key"][1] + os.environ["CHAT_API_KEY"]
    answer = requests.request(turn["method"], BASE_URL + turn["path"], headers=headers, data=body, timeout=30)
    return Exchange(request, Response(answer.status_code, tuple(answer.headers.items()), answer.content))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_clause_is_satisfied(case):
    contract, history, issued = load_contract(), History(), ""
    for turn in case["turns"]:
        facts = examine(contract, send(case, turn, issued), history)
        found = [str(one.message) for one in find_violations(facts) if one.clause == case["clause"]]
        update_history(history, facts)
        issued = issued or facts.reply_id or ""
    assert found == []
'''
