"""The Python client of the control API sends its token to the mock only, and shows texts of requests as escapes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chat_mock import ChatMock, ChatMockError, ChatRequest, control
from chat_mock.received import Fault
from tests.support.hostile_control_api import ENTRY, LARGE, UNEXPECTED, answering, body, journal, without


class _Redirects(BaseHTTPRequestHandler):
    """Redirects to itself under another name, and notes the paths and tokens that it gets."""

    seen: list[tuple[str, str | None]]

    def do_GET(self) -> None:
        self.seen.append((self.path, self.headers["X-Mock-Token"]))
        self.send_response(302)
        self.send_header("Location", f"http://localhost:{self.server.server_address[1]}/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


@pytest.fixture
def redirecting() -> Iterator[str]:
    _Redirects.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Redirects) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
        server.shutdown()
        thread.join()


def test_redirect_is_not_followed(redirecting: str) -> None:
    mock = ChatMock(redirecting, token="t0ken")
    with pytest.raises(ChatMockError, match="redirects to another address"):
        _ = mock.requests
    mock.close()
    assert _Redirects.seen == [("/_mock/requests?", "t0ken")]


@pytest.mark.parametrize("name", ["..", ".", "", "a/b", "a?b", "a b", "é", "a" * 65, "a\n"])
def test_invalid_space_name_is_rejected(name: str) -> None:
    with pytest.raises(ChatMockError, match="Invalid space name"):
        ChatMock("http://127.0.0.1:1/v1", space=name)


def test_texts_of_requests_are_shown_as_escapes() -> None:
    odd = "\x1b[31m\u202e\x9b"
    request = ChatRequest(
        1, "POST", f"/v1{odd}", {}, {"message": odd}, 422, (Fault("/a", "type", f"{odd}\nP"),), "", "validation", False
    )
    assert not any(sign in str(request) for sign in odd if sign not in "[31m")
    assert len(str(request).splitlines()) == 3


def ask(url: str) -> list[ChatRequest]:
    return ChatMock(url).requests


def test_entry_of_the_journal_is_read() -> None:
    with answering(journal(ENTRY)) as url:
        (request,) = ask(url)
    assert (request.method, request.headers, request.faults) == ("POST", {"a": "b"}, (Fault("/a", "type", "t"),))
    with answering(journal(without("request", "body", value=[[[{"message": "x"}]]]))) as url:
        assert "body: [[[{" in str(ask(url)[0])


@pytest.mark.parametrize("name", UNEXPECTED)
def test_response_that_no_mock_sends_is_an_error_of_the_client(name: str) -> None:
    with answering(UNEXPECTED[name]) as url, pytest.raises(ChatMockError):
        ask(url)


@pytest.mark.parametrize("begin", [body(b"hello"), body(b"{}"), body(b'{"rules": [7]}'), b"HTTP/1.1 200 X\r\n\r\n"])
def test_rules_that_no_mock_sends_are_an_error_of_the_client(begin: bytes) -> None:
    with answering(begin) as url:
        mock = ChatMock(url)
        mock.allow_violations()
        with pytest.raises(ChatMockError, match="Unexpected response"):
            mock.failure_message()


@pytest.mark.parametrize("name", LARGE)
def test_large_response_is_an_error_of_the_client(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "MOST_BYTES", 8_000_000)
    with answering(*LARGE[name]) as url, pytest.raises(ChatMockError):
        ask(url)


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 X\r\nX: ", b"HTTP/1.1 200 X\r\n\r\n", b"HTTP/1.1 500 X\r\n\r\n"])
def test_response_that_drips_ends_after_a_time(begin: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "SECONDS", 0.3)
    with answering(begin, b"x", 0.05) as url, pytest.raises(ChatMockError):
        ask(url)


def test_mock_that_does_not_run_is_an_error_of_the_client() -> None:
    with pytest.raises(ChatMockError, match=r"http://127\.0\.0\.1:1/_mock does not respond: .*refused"):
        ask("http://127.0.0.1:1/v1")
