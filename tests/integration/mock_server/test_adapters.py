"""Both doors give the same answer: Flask's, and the one that stands before it where the mock is served."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any

import pytest

from mock_server import Options, Snapshot, create_app, read_snapshot
from mock_server.server.front import BrokenOffError, Front
from testbed.fastapi_parity.bodies import Bodies
from tests.support.deciding import service_of

HI = b'{"message":"hi","conversation_id":"c"}'
JSON = {"content-type": "application/json"}
Got = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Protocol:
    """What granian hands to an RSGI application, for one request."""

    pieces: list[bytes]
    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)

    async def __call__(self) -> bytes:
        return b"".join(self.pieces)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.headers, self.sent = status, headers, [body]

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")

    def response_stream(self, status: int, headers: list[tuple[str, str]]) -> Protocol:
        self.status, self.headers = status, headers
        return self

    async def send_bytes(self, chunk: bytes) -> None:
        self.sent.append(chunk)


@dataclass
class Scope:
    method: str
    path: str
    headers: dict[str, str]
    query_string: str = ""
    client: str = "127.0.0.1:50000"
    server: str = "127.0.0.1:4010"
    scheme: str = "http"
    http_version: str = "1.1"


class Doors:
    """Two mocks of one snapshot, one behind each door."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.flask = create_app(snapshot).test_client()
        self.service = service_of(snapshot)
        self.front = Front(self.service, lambda: create_app(service=self.service))

    def close(self) -> None:
        self.front.close()

    def both(self, raw: bytes, headers: dict[str, str], method: str = "POST", path: str = "/v1/chat") -> list[Got]:
        return [self.through_flask(raw, headers, method, path), self.through_front(raw, headers, method, path)]

    def through_flask(self, raw: bytes, headers: dict[str, str], method: str, path: str) -> Got:
        response = self.flask.open(path, method=method, data=raw, headers=headers)
        return response.status_code, _comparable(response.headers.items()), response.data

    def through_front(self, raw: bytes, headers: dict[str, str], method: str, path: str) -> Got:
        sent = {"host": "localhost", "content-length": str(len(raw)), **{k.lower(): v for k, v in headers.items()}}
        protocol = Protocol([raw[:7], raw[7:]])
        scope = Scope(method, path.partition("?")[0], sent, path.partition("?")[2])
        asyncio.run(self.front.__rsgi__(scope, protocol))
        return protocol.status, _comparable(protocol.headers), b"".join(protocol.sent)


def _comparable(headers: Any) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers if name.lower() != "content-length")


snapshot_of = cache(read_snapshot)


@pytest.fixture
def doors_of() -> Iterator[Callable[..., Doors]]:
    made: list[Doors] = []

    def make(**options: Any) -> Doors:
        made.append(Doors(snapshot_of(Options(seed=7, **options))))
        return made[-1]

    yield make
    for doors in made:
        doors.close()


def test_generated_bodies_get_the_same_bytes(doors_of: Callable[..., Doors]) -> None:
    doors = doors_of()
    for raw in islice(Bodies(3), 400):
        flask, front = doors.both(raw, JSON)
        assert flask == front, raw


HEADERS = [
    {},
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/vnd.api+json"},
    {**JSON, "Content-Encoding": "gzip"},
    {**JSON, "Origin": "http://localhost:5173"},
    {**JSON, "Origin": "https://elsewhere.test"},
    *(
        {**JSON, "Prefer": prefer}
        for prefer in (
            *("code=429", "code=401", "code=204", "code=599", "code=200", "code=600", "example=no_items", "example=x"),
            *("dynamic=true", "conversation=new-sofa", "conversation=../x", "delay=1ms", "delay=x", "fault=empty"),
            *("fault=malformed", "fault=x", "respond-async", "return=minimal; code=500", "code=422, fault=malformed"),
            'conversation="new-sofa", delay="1ms..2ms"',
        )
    ),
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
@pytest.mark.parametrize("raw", [HI, b"", b"{", b'{"message":5}'])
def test_headers_are_answered_alike(doors_of: Callable[..., Doors], headers: dict[str, str], raw: bytes) -> None:
    flask, front = doors_of().both(raw, headers)
    assert flask == front


@pytest.mark.parametrize(
    "options",
    [{"require_key": "k"}, {"latitude": "forbid"}, {"max_body": 10}, {"max_body": len(HI)}],
    ids=str,
)
def test_options_count_at_both(doors_of: Callable[..., Doors], options: dict[str, Any]) -> None:
    doors = doors_of(**options)
    for headers in (JSON, {**JSON, "Authorization": "Bearer k"}, {**JSON, "X-API-Key": "k"}):
        flask, front = doors.both(HI, headers)
        assert flask == front


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            ("GET", "/v1/chat"),
            ("OPTIONS", "/v1/chat"),
            ("OPTIONS", "/_mock/reset"),
            ("POST", "/v1/chat/"),
            ("POST", "/v1/Chat"),
            ("GET", "/"),
        ),
        *(("OPTIONS", "/_mock/reset"), ("post", "/nowhere")),
        *(("GET", "/_mock/health"), ("GET", "/_mock/openapi.json"), ("GET", "/_mock/behaviour"), ("GET", "/_mock/x")),
        *(("GET", "/_mock/requests?status=2"), ("POST", "/_mock/reset"), ("PUT", "/_mock/behaviour")),
    ],
)
def test_what_is_not_the_operation_is_answered_alike(doors_of: Callable[..., Doors], method: str, path: str) -> None:
    flask, front = doors_of().both(b'{"code":500}', JSON, method, path)
    assert flask == front


@pytest.mark.parametrize("fault", ["drop", "truncate"])
def test_a_fault_breaks_the_answer_off_at_both(doors_of: Callable[..., Doors], fault: str) -> None:
    doors = doors_of()
    prefer = {**JSON, "Prefer": f"fault={fault}"}
    with pytest.raises(BrokenOffError):
        doors.through_front(HI, prefer, "POST", "/v1/chat")
    with pytest.raises(ConnectionAbortedError):
        doors.through_flask(HI, prefer, "POST", "/v1/chat")


def test_a_slow_answer_is_whole_at_the_end(doors_of: Callable[..., Doors], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.http.faults.SECONDS_OF_SLOWNESS", 0.05)
    flask, front = doors_of().both(HI, {**JSON, "Prefer": "fault=slow"})
    assert flask == front
    assert json.loads(flask[2])["conversation_id"] == "c"


def test_an_error_of_our_own_is_shown_and_answered(
    doors_of: Callable[..., Doors], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    doors = doors_of()
    monkeypatch.setattr("mock_server.shop.replies.Shop.reply", lambda *_: 1 / 0)
    status, _, body = doors.through_front(HI, JSON, "POST", "/v1/chat")
    assert (status, body) == (500, b'{"detail":"Internal Server Error"}')
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_large_body_is_answered_too(doors_of: Callable[..., Doors]) -> None:
    flask, front = doors_of().both(b'{"message":"%s","conversation_id":"c"}' % (b"a desk " * 20_000), JSON)
    assert flask == front
    assert flask[0] == 200


def test_a_state_that_is_put_in_answers_the_next_request(doors_of: Callable[..., Doors]) -> None:
    doors = doors_of()
    before = doors.through_front(HI, JSON, "POST", "/v1/chat")
    doors.service.snapshot = service_of(read_snapshot(Options(latitude="forbid"))).snapshot
    assert before[0] == 200
    assert doors.through_front(b'{"message":"hi","x":1}', JSON, "POST", "/v1/chat")[0] == 422
