"""The Python client of the control API sends its token to the mock only, and shows texts of requests as escapes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chat_mock import ChatMock
from chat_mock.client import ChatMockError, ChatRequest, Fault


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
