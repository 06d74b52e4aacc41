"""Commands that reproduce a violation, run in a shell."""

from __future__ import annotations

import json
import subprocess
import tracemalloc
from collections.abc import Callable

import pytest

from chat_contract import Request, Response
from chat_contract.history import History
from chat_load.plan import JSON_HEADERS, Step, written
from chat_load.reproduce import Access, beginning_of, reproduce, requests_of
from kit_http.redaction.secrets import secrets_of
from tests.conftest import RequireProgram
from tests.support.small_servers import answering
from tests.support.waiting import PATIENCE

KEY = "sk-load-1a2b3c4d5e6f"


def step(*bodies: dict[str, object]) -> Step:
    *earlier, last = map(written, bodies)
    return Step("turn", (), bodies[-1], Request("POST", "/chat", JSON_HEADERS, last), 200, History(), tuple(earlier))


def run(command: str) -> None:
    environment = {"CHAT_API_KEY": KEY, "PATH": "/usr/bin:/bin"}
    subprocess.run(["sh", "-c", command], capture_output=True, timeout=PATIENCE, env=environment, check=True)


@pytest.mark.parametrize("issued", ["c-1", 'quote"d', "it's $HOME", "idée 😀"])
def test_conversation_is_played_again_with_the_id_that_the_server_issues_now(
    issued: str, require_program: RequireProgram
) -> None:
    require_program("curl", "curl")
    now = f"{issued}, later"
    headers = (("Authorization", f"Bearer {KEY}"),)
    reply = json.dumps({"conversation_id": now}).encode()
    turns = (
        {"message": "it's"},
        {"message": "a $HOME", "conversation_id": issued, "limit": 2},
        {"message": "c", "conversation_id": issued},
    )
    answer: Callable[..., tuple[int, dict[str, str], bytes]] = lambda _: (200, {}, reply)  # noqa: E731
    with answering(answer) as server:
        command = reproduce(step(*turns), Access(server.url, headers, secrets_of(headers)))
        assert KEY not in command
        run(command)
    sent = [json.loads(body) for *_, body in server.seen]
    assert sent == [turns[0], {**turns[1], "conversation_id": now}, {**turns[2], "conversation_id": now}]
    assert {seen[2]["Authorization"] for seen in server.seen} == {f"Bearer {KEY}"}


def test_requests_contain_a_placeholder_for_the_id_and_no_credential() -> None:
    turns = ({"message": f"my key is {KEY}"}, {"message": "c-1", "conversation_id": "c-1"})
    headers = (("Authorization", f"Bearer {KEY}"), ("X-Tenant", "shop 7"))
    sent = requests_of(step(*turns), Access("http://127.0.0.1:1/v1", headers, secrets_of(headers)))
    assert [each.headers for each in sent] == [{"X-Tenant": "shop 7", "Content-Type": "application/json"}] * 2
    assert KEY not in sent[0].body
    assert json.loads(sent[1].body) == {"message": "c-1", "conversation_id": "${conversation_id}"}


def test_one_request_is_one_command() -> None:
    command = reproduce(step({"message": "a"}), Access("http://127.0.0.1:1/v1", (), secrets_of(()), ("--insecure",)))
    assert command == (
        "curl -sS -i -X POST --insecure http://127.0.0.1:1/v1/chat -H 'Content-Type: application/json'"
        ' --data-raw \'{"message": "a"}\''
    )


def test_beginning_of_a_large_body_is_shown_without_keys_and_without_copies_of_the_body() -> None:
    secrets = secrets_of((("Authorization", f"Bearer {KEY}"),))
    body = f'{{"key":"{KEY}","wide":"\U0001f600'.encode() + b"x" * 8_000_000
    tracemalloc.start()
    shown = beginning_of(Response(200, (), body), secrets)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert shown.startswith('{"key":"${CHAT_API_KEY}","wide":"\U0001f600xxx')
    assert (len(shown), peak < 4_000_000) == (2500, True)
