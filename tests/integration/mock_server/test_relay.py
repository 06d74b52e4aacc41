"""--upstream: turns that no conversation matches go to the real service; the client sees one conversation id."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import requests

from chat_contract import UsageError
from mock_server import Options, read_snapshot
from mock_server.http.source import ReplySource
from mock_server.respond.relay import Relay, make_relay
from mock_server.respond.service import ChatService
from mock_server.respond.upstream import Answered, UpstreamError
from tests.support.deciding import decide
from tests.support.mock import Running
from tests.support.waiting import PATIENCE

JSON = (("Content-Type", "application/json"), ("Retry-After", "3"), ("Server", "secret"))
KNOWN = "Which desk would you recommend for heavy tools?"
UNKNOWN = "A message that no conversation matches"


class Service:
    """A fake service. It assigns an id to every new conversation."""

    base_url = "http://service.example/v1"

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Any = None

    @asynccontextmanager
    async def send(self, method: str, path: str, headers: Any, body: bytes) -> AsyncIterator[Answered]:
        assert (method, path) == ("POST", "/chat")
        self.headers.append(dict(headers))
        self.sent.append(json.loads(body))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is not None:
            yield self.answer
            return
        reply = {
            "conversation_id": self.sent[-1].get("conversation_id", f"theirs-{len(self.sent)}"),
            "message": "Real.",
        }
        yield Answered(200, JSON, json.dumps(reply | {"items": []}).encode())


@pytest.fixture
def upstream() -> Service:
    return Service()


@pytest.fixture
def service(upstream: Service) -> ChatService:
    return ChatService(read_snapshot(Options(seed=7)), relay=Relay(upstream, "/chat", capacity=9))


def say(service: ChatService, message: str, **fields: Any) -> dict[str, Any]:
    answer = decide(service, json.dumps({"message": message, **fields}).encode())
    assert answer.status == 200
    return json.loads(answer.body)


def test_matching_message_is_not_sent_upstream(service: ChatService, upstream: Service) -> None:
    say(service, KNOWN)
    assert upstream.sent == []


def test_other_message_is_sent_upstream(service: ChatService, upstream: Service) -> None:
    reply = say(service, UNKNOWN, limit=2, user_id="ann")
    assert (reply["message"], reply["conversation_id"]) == ("Real.", "theirs-1")
    assert upstream.sent == [{"message": UNKNOWN, "limit": 2, "user_id": "ann"}]


def test_cookies_of_this_host_are_not_sent_upstream(service: ChatService, upstream: Service) -> None:
    decide(service, json.dumps({"message": UNKNOWN}).encode(), cookie="admin=a", x_trace="7")
    assert [("cookie" in headers, headers["x-trace"]) for headers in upstream.headers] == [(False, "7")]


def test_upstream_conversation_continues_upstream(service: ChatService, upstream: Service) -> None:
    first = say(service, UNKNOWN)["conversation_id"]
    assert say(service, UNKNOWN, conversation_id=first)["conversation_id"] == first
    assert upstream.sent[-1]["conversation_id"] == "theirs-1"


def test_conversation_that_started_at_the_mock_has_another_id_upstream(service: ChatService, upstream: Service) -> None:
    ours = say(service, KNOWN)["conversation_id"]
    for _ in range(2):
        assert say(service, UNKNOWN, conversation_id=ours)["conversation_id"] == ours
    assert [turn.get("conversation_id") for turn in upstream.sent] == [None, "theirs-1"]


def test_long_conversation_ids_of_the_service_count_as_several(service: ChatService, upstream: Service) -> None:
    ours = say(service, KNOWN)["conversation_id"]
    say(service, UNKNOWN, conversation_id=ours)
    say(service, UNKNOWN, conversation_id="x" * 256 * 8)
    say(service, UNKNOWN, conversation_id=ours)
    assert "conversation_id" not in upstream.sent[-1]


def test_conversation_id_that_is_too_long_to_be_kept_is_returned(service: ChatService, upstream: Service) -> None:
    long = "x" * 256 * 9
    assert say(service, UNKNOWN, conversation_id=long)["conversation_id"] == long
    assert upstream.sent[-1]["conversation_id"] == long


@pytest.mark.parametrize(
    ("media_type", "restricted"),
    [
        ("application/json", False),
        ("application/problem+json; charset=utf-8", False),
        ("text/html", True),
        ("image/svg+xml", True),
        ("application/json;,text/html", True),
    ],
)
def test_page_of_the_service_cannot_run_scripts_in_the_origin_of_the_mock(
    service: ChatService, upstream: Service, media_type: str, restricted: bool
) -> None:
    upstream.answer = Answered(500, (("Content-Type", media_type),), b"<script>")
    answer = decide(service, json.dumps({"message": UNKNOWN}).encode())
    assert (("Content-Security-Policy", "sandbox") in answer.headers) is restricted


def test_unknown_conversation_id_is_sent_upstream_unchanged(service: ChatService, upstream: Service) -> None:
    assert say(service, UNKNOWN, conversation_id="elsewhere")["conversation_id"] == "elsewhere"
    assert upstream.sent[0]["conversation_id"] == "elsewhere"


def test_reset_forgets_mapped_conversation_ids(service: ChatService, upstream: Service) -> None:
    ours = say(service, KNOWN)["conversation_id"]
    say(service, UNKNOWN, conversation_id=ours)
    service.space.reset()
    say(service, UNKNOWN, conversation_id=ours)
    assert upstream.sent[-1]["conversation_id"] == ours


def test_invalid_request_is_not_sent_upstream(service: ChatService, upstream: Service) -> None:
    assert decide(service, b'{"message": 5}').status == 422
    assert upstream.sent == []


def test_upstream_rejection_is_returned_unchanged(service: ChatService, upstream: Service) -> None:
    upstream.answer = Answered(429, JSON, b'{"detail":"slow down"}')
    answer = decide(service, json.dumps({"message": UNKNOWN}).encode())
    assert (answer.status, answer.body, answer.headers) == (429, upstream.answer.body, (("Retry-After", "3"),))
    assert answer.source.kind is ReplySource.UPSTREAM


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"host": "localhost", "origin": "https://evil.test"}, "other-origin"),
        ({"host": "rebound.test"}, "unknown-host"),
    ],
)
def test_request_of_another_site_never_gets_the_key(upstream: Service, headers: dict[str, str], reason: str) -> None:
    options = Options(seed=7, upstream_key_env="KEY")
    service = ChatService(read_snapshot(options), relay=Relay(upstream, "/chat", capacity=9))
    answer = decide(service, json.dumps({"message": UNKNOWN}).encode(), **headers)
    assert (answer.status, json.loads(answer.body)["reason"], upstream.sent) == (403, reason, [])
    # What the mock replies by itself carries no key.
    assert decide(service, json.dumps({"message": KNOWN}).encode(), **headers).status == 200
    assert decide(service, json.dumps({"message": UNKNOWN}).encode(), host="localhost").status == 200


@pytest.mark.parametrize("body", [b"oops", b"[]", b'{"conversation_id": 5}'])
def test_upstream_body_without_a_reply_is_returned_unchanged(
    service: ChatService, upstream: Service, body: bytes
) -> None:
    upstream.answer = Answered(200, (("Content-Type", "text/html"),), body)
    answer = decide(service, json.dumps({"message": UNKNOWN}).encode())
    assert (answer.status, answer.body, answer.media_type) == (200, body, "text/html")


def test_unreachable_upstream_returns_502(service: ChatService, upstream: Service) -> None:
    upstream.answer = UpstreamError("the connection failed")
    answer = decide(service, json.dumps({"message": UNKNOWN}).encode())
    assert (answer.status, answer.media_type) == (502, "application/problem+json")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"upstream": "ftp://x"}, "Invalid upstream URL"),
        ({"upstream": "http://user:pw@x/v1"}, "contains a user name or a password"),
        ({"upstream": "http://x/v1", "upstream_key_env": "NO_SUCH_KEY"}, "NO_SUCH_KEY: the variable is not set"),
        ({"upstream_key_env": "KEY"}, "requires --upstream"),
    ],
)
def test_invalid_upstream_options_are_rejected(options: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_relay(Options(**options), "/chat")


def test_mock_can_be_the_upstream_of_a_mock(run_mock: Callable[..., Running]) -> None:
    behind = run_mock("--seed", "1")
    front = run_mock("--upstream", behind.url.removesuffix("/chat"), "--seed", "2")
    reply = requests.post(front.url, json={"message": UNKNOWN}, timeout=PATIENCE).json()
    again = requests.post(
        front.url, json={"message": UNKNOWN, "conversation_id": reply["conversation_id"]}, timeout=PATIENCE
    )
    assert again.json()["conversation_id"] == reply["conversation_id"]
    journal = requests.get(behind.url.replace("/v1/chat", "/_mock/requests"), timeout=PATIENCE).json()["requests"]
    assert len(journal) == 2


def test_running_mock_returns_502_if_its_upstream_is_unreachable(run_mock: Callable[..., Running]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        front = run_mock("--upstream", f"http://127.0.0.1:{closed.getsockname()[1]}/v1")
        answer = requests.post(front.url, json={"message": UNKNOWN}, timeout=PATIENCE)
    assert answer.status_code == 502
    assert "Forwarding to" in answer.json()["detail"]
