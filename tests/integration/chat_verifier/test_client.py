"""The client returns a response or a breakdown for every behaviour of a server."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.target.client import MAX_RESPONSE, Client, UnreachableError
from kit_http.tokens import TokenCommand
from testbed.hostile_servers.attacks import Attack
from testbed.hostile_servers.server import serve_attack
from tests.support.small_servers import always
from tests.support.small_servers import answering as small_answering
from tests.support.waiting import PATIENCE
from tests.support.wire_server import answering, http

ASK = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message": "hello"}')
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def ask(
    answer: Any, *, timeout: float = PATIENCE, delay: float = 0.0, request: Request = ASK
) -> tuple[Response | Breakdown, Any]:
    with answering(answer, delay=delay) as (url, seen):
        client = Client(url, timeout=timeout)
        try:
            return client.send(request), seen
        finally:
            client.close()


def test_complete_response_is_returned() -> None:
    outcome, _ = ask(lambda _: http(200, b'{"a": 1}'))
    assert outcome == Response(200, outcome.headers, b'{"a": 1}')
    assert outcome.header("content-type") == "application/json"


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("reset", lambda _: None),
        ("truncated", lambda _: http(200, b'{"a"', length=400)),
        ("garbled", lambda _: b"SSH-2.0-OpenSSH\r\n\r\n"),
        ("garbled", lambda _: http(200, b"{}", *(f"X-{number}: x" for number in range(200)))),
        ("garbled", lambda _: http(200, b"{}", "X-Large: " + "x" * 100_000)),
        ("truncated", lambda _: CHUNKED + b"-5\r\n{}\r\n0\r\n\r\n"),
        ("truncated", lambda _: CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n"),
        ("too-long", lambda _: http(200, bytes(MAX_RESPONSE + 1))),
        ("too-long", lambda _: http(200, gzip.compress(bytes(MAX_RESPONSE + 1)), "Content-Encoding: gzip")),
    ],
)
def test_incomplete_response_is_a_breakdown(kind: str, answer: Any) -> None:
    outcome, _ = ask(answer)
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == kind


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", http(200, b"{", length=10_000)])
def test_timeout_limits_the_whole_response_of_a_server_that_drips(start: bytes) -> None:
    drops = b"HTTP/1.1 100 Continue\r\n\r\n" if not start else b" "
    attack = Attack("drips", lambda _: iter([start, *[drops, 0.1] * 1000]))
    with serve_attack(attack, period=1, spared=0) as url:
        client = Client(url, timeout=1.0)
        outcome = client.send(ASK)
        client.close()
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == "silence"
    assert outcome.elapsed < 90


def test_response_after_the_timeout_is_a_breakdown() -> None:
    outcome, _ = ask(lambda _: http(200), timeout=0.2, delay=PATIENCE)
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == "silence"
    assert "0.2 s" in outcome.detail


def test_request_is_repeated_after_a_reset() -> None:
    answers = iter([None, http(200)])
    outcome, seen = ask(lambda _: next(answers))
    assert outcome.status == 200
    assert len(seen) == 2


def test_request_is_repeated_after_429_with_its_whole_body() -> None:
    answers = iter([http(429, b"{}", "Retry-After: 0"), http(200)])
    chunked = Request(ASK.method, ASK.path, ASK.headers, ASK.body, chunked=True)
    outcome, seen = ask(lambda _: next(answers), request=chunked)
    assert outcome.status == 200
    assert len(seen) == 2


def test_redirect_is_not_followed() -> None:
    outcome, seen = ask(lambda _: http(307, b"", "Location: http://127.0.0.1:9/elsewhere"))
    assert outcome.status == 307
    assert len(seen) == 1


def test_closed_port_is_unreachable() -> None:
    with answering(lambda _: None) as (url, _):
        pass
    with pytest.raises(UnreachableError, match="no connection"):
        Client(url).send(ASK)


def test_https_to_a_port_without_tls_suggests_the_plain_url() -> None:
    with always(200) as server:
        url = f"https{server.url.removeprefix('http')}"
        with pytest.raises(UnreachableError, match="the port speaks HTTP without TLS") as failed:
            Client(url).send(Request("POST", "/chat"))
    assert failed.value.hint == f"Try {server.url}."


def test_environment_does_not_change_the_request(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login a password b\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    outcome, seen = ask(lambda _: http(200))
    assert outcome.status == 200
    assert b"authorization" not in seen[0].lower()


def test_credential_is_sent_only_with_requests_that_need_it() -> None:
    with answering(lambda _: http(200)) as (url, seen):
        client = Client(url, headers=(("X-API-Key", "k"),))
        client.send(ASK)
        client.send(Request(ASK.method, ASK.path, ASK.headers, ASK.body, credential="missing"))
        client.close()
    assert b"X-API-Key: k" in seen[0]
    assert b"X-API-Key" not in seen[1]


def test_timeout_is_shorter_after_several_timeouts() -> None:
    with answering(lambda _: http(200), delay=PATIENCE) as (url, _):
        client = Client(url, timeout=0.1)
        before = client.effective_timeout
        client.timeout = 0.05
        for _ in range(3):
            assert isinstance(client.send(ASK), Breakdown)
        client.timeout = 10.0
        assert (before, client.effective_timeout) == (0.1, 1.0)
        client.close()


def test_new_token_is_sent_after_a_401(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    tokens = TokenCommand(f"echo x >> {runs}; wc -l < {runs} | sed 's/ *//; s/^/token-/'")
    seen: list[str] = []

    def respond(sent: Any) -> Any:
        seen.append(sent[2]["Authorization"])
        return (401, {}, b"{}") if seen[-1] == "Bearer token-1" else (200, {}, b"{}")

    with small_answering(respond) as server:
        client = Client(server.url, headers=tokens.headers(), tokens=tokens)
        outcomes = [client.send(Request("POST", "/chat")) for _ in range(2)]
        client.send(Request("POST", "/chat", credential="wrong", headers=(("Authorization", "Bearer wrong"),)))
    assert [getattr(one, "status", None) for one in outcomes] == [200, 200]
    assert seen == ["Bearer token-1", "Bearer token-2", "Bearer token-2", "Bearer wrong"]


def test_no_cookie_is_sent_back() -> None:
    with always(200, {"Set-Cookie": "session=1; Path=/"}) as server:
        client = Client(server.url)
        client.send(ASK)
        client.send(ASK)
        client.close()
    assert [name for _, _, headers, _ in server.seen for name in headers if name.lower() == "cookie"] == []


@pytest.mark.parametrize(("method", "connections"), [("POST", 1), ("PUT", 2), ("DELETE", 2), ("HEAD", 2)])
def test_connection_ends_after_a_request_with_another_method(method: str, connections: int) -> None:
    """Some servers take the body that they did not read for the next request."""
    with always(405) as server:
        client = Client(server.url)
        client.send(Request(method, "/chat", ASK.headers, ASK.body))
        client.send(ASK)
        client.close()
    assert len(server.client_ports) == 2
    assert len(set(server.client_ports)) == connections
