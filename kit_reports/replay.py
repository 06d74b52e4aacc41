"""Exports requests as something to run without a shell: a .http file of editors, and a file of pytest tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chat_contract.roles import CONVERSATION
from kit_reports.visible import visible

ISSUED = "${conversation_id}"
"""Stands in a body for the conversation id in the response to the first request."""
_KEY = re.compile(r'-H "([A-Za-z-]+): ([A-Za-z]+ |)\$\{CHAT_API_KEY\}"')
_DIRECTIVES = re.compile(r"\s*(?:[<>#@]|//)")
"""What begins a line that editors do not send: another request, a comment, a variable, a script, a file to insert."""


@dataclass(frozen=True)
class ReplayRequest:
    """A request without its credentials. ``base64``: the body is encoded, because it is not text."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    base64: bool = False


@dataclass(frozen=True)
class Replay:
    """The requests that show a violation of a clause.

    ``key``: the name of the header with the key, and what precedes the key in its value. ``continues``: the bodies
    after the first contain :data:`ISSUED`.
    """

    id: str
    clause: str
    about: str
    key: tuple[str, str] | None
    requests: tuple[ReplayRequest, ...]
    continues: bool


def key_in_command(command: str) -> tuple[str, str] | None:
    """Return the header in which a reproduction command sends the key, and what precedes the key in its value."""
    found = _KEY.search(command)
    return None if found is None else (found[1], found[2])


def http_file(base_url: str, replays: Iterable[Replay]) -> str:
    """Return the requests as a .http file, as the REST clients of editors read it."""
    requests = []
    for number, replay in enumerate(replays, 1):
        for turn, request in enumerate(replay.requests, 1):
            name = ["# @name turn1"] if turn == 1 and replay.continues else []
            title = f"### {number}.{turn} {replay.about}"
            requests.append("\n".join([title, *name, *_http(base_url, replay, request)]))
    return "\n\n".join(requests) + "\n"


def _http(base_url: str, replay: Replay, request: ReplayRequest) -> Iterator[str]:
    yield visible(f"{request.method} {base_url}{request.path}").replace("{", "%7B").replace("}", "%7D")
    if replay.key is not None:
        yield f"{replay.key[0]}: {replay.key[1]}{{{{$processEnv CHAT_API_KEY}}}}"
    for name, value in request.headers.items():
        # A line that begins with # is a comment, or with ### another request.
        changed = "{{" in value or name.startswith("#")
        yield f"# An editor would change the header {visible(name)}." if changed else f"{name}: {visible(value)}"
    yield ""
    body = None if request.base64 else _editable(request.body)
    if body is None:
        yield "# An editor would change this body. Use --report sh=FILE for this violation."
        return
    yield body.replace(ISSUED, f"{{{{turn1.response.body.$.{CONVERSATION}}}}}") if replay.continues else body


def _editable(body: str) -> str | None:
    """Return a body as text for an editor; None if an editor would not send it as it is.

    In JSON, invisible characters are written as escapes of the same value. So are two opening braces, which begin
    a variable of the editor: a server could otherwise learn the user's variables.
    """
    lines = body.replace("\r\n", "\n").split("\n")
    if any(map(_DIRECTIVES.match, lines)):
        return None
    shown = [visible(line).replace("{{", r"\u007b\u007b") for line in lines]
    if shown == lines:
        return body
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return None
    return "\n".join(shown)


def pytest_file(target: str, base_url: str, replays: Iterable[Replay]) -> str:
    """Return a test file: each violation is a test that passes once the server satisfies the clause."""
    written = json.dumps([_case(replay) for replay in replays], ensure_ascii=True, indent=1)
    return _TESTS.format(target=target, base_url=base_url, cases=repr(written))


def _case(replay: Replay) -> dict[str, Any]:
    return {
        "id": replay.id,
        "clause": replay.clause,
        "key": None if replay.key is None else list(replay.key),
        "turns": [
            {
                "method": request.method,
                "path": request.path,
                "headers": dict(request.headers),
                "body": request.body,
                "base64": request.base64,
            }
            for request in replay.requests
        ],
    }


# Texts of a server or of recorded traffic appear only as literals: they must not become code.
_TESTS = '''"""Violations that chat-contract found, as tests that pass once they are fixed.

    CHAT_BASE_URL=URL pytest FILE

A key comes from the environment variable CHAT_API_KEY.
"""

# The server: {target!a}

import base64
import json
import os

import pytest
import requests

from chat_contract import Exchange, History, Request, Response, load_contract
from chat_contract.conformance import examine, find_violations, update_history

BASE_URL = os.environ.get("CHAT_BASE_URL", {base_url!a}).rstrip("/")
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
