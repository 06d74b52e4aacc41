"""The Flask application and the ASGI application of the mock give the same responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any

import pytest

from mock_server import Options, Snapshot, create_app, read_snapshot
from mock_server.server.asgi import MockApp
from testbed.fastapi_parity.bodies import Bodies
from tests.support.asgi import call
from tests.support.deciding import service_of

HI = b'{"message":"hi","conversation_id":"c"}'
JSON = {"content-type": "application/json"}
Got = tuple[int, list[tuple[str, str]], bytes]


class Adapters:
    """Two mocks with the same snapshot, one behind each adapter."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.client = create_app(snapshot).test_client()
        self.service = service_of(snapshot)
        self.app = MockApp(self.service)

    def both(self, raw: bytes, headers: dict[str, str], method: str = "POST", path: str = "/v1/chat") -> list[Got]:
        return [self.through_flask(raw, headers, method, path), self.through_asgi(raw, headers, method, path)]

    def through_flask(self, raw: bytes, headers: dict[str, str], method: str, path: str) -> Got:
        response = self.client.open(path, method=method, data=raw, headers=headers)
        return response.status_code, _comparable(response.headers.items()), response.data

    def through_asgi(self, raw: bytes, headers: dict[str, str], method: str, path: str) -> Got:
        response = call(self.app, method, path, headers, [raw[:7], raw[7:]])
        return response.status, _comparable(response.headers), response.body


def _comparable(headers: Any) -> list[tuple[str, str]]:
    return sorted((name.lower(), value) for name, value in headers if name.lower() != "content-length")


snapshot_of = cache(read_snapshot)


@pytest.fixture
def adapters_of() -> Callable[..., Adapters]:
    return lambda **options: Adapters(snapshot_of(Options(seed=7, **options)))


def test_both_adapters_return_the_same_bytes_for_generated_bodies(adapters_of: Callable[..., Adapters]) -> None:
    adapters = adapters_of()
    for raw in islice(Bodies(3), 400):
        flask, asgi = adapters.both(raw, JSON)
        assert flask == asgi, raw


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
def test_both_adapters_treat_headers_the_same(
    adapters_of: Callable[..., Adapters], headers: dict[str, str], raw: bytes
) -> None:
    flask, asgi = adapters_of().both(raw, headers)
    assert flask == asgi


@pytest.mark.parametrize(
    "options",
    [{"require_key": "k"}, {"latitude": "forbid"}, {"max_body": 10}, {"max_body": len(HI)}],
    ids=str,
)
def test_both_adapters_apply_options(adapters_of: Callable[..., Adapters], options: dict[str, Any]) -> None:
    adapters = adapters_of(**options)
    for headers in (JSON, {**JSON, "Authorization": "Bearer k"}, {**JSON, "X-API-Key": "k"}):
        flask, asgi = adapters.both(HI, headers)
        assert flask == asgi


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
def test_both_adapters_respond_the_same_to_other_requests(
    adapters_of: Callable[..., Adapters], method: str, path: str
) -> None:
    flask, asgi = adapters_of().both(b'{"code":500}', JSON, method, path)
    assert flask == asgi


@pytest.mark.parametrize(
    ("fault", "ending", "status", "share"),
    [
        ("drop", "closed", 200, 0),
        ("truncate", "closed", 200, 0.5),
        ("close", "closed", 0, 0),
        ("reset", "reset", 0, 0),
        ("hang", "closed", 0, 0),
    ],
)
def test_connection_fault_ends_the_response_early_in_both_adapters(
    adapters_of: Callable[..., Adapters], fault: str, ending: str, status: int, share: float
) -> None:
    adapters = adapters_of(max_hang=0.01)
    prefer = {**JSON, "Prefer": f"fault={fault}"}
    response = call(adapters.app, "POST", "/v1/chat", prefer, HI)
    announced = int(response.header("content-length") or 0)
    assert (response.connection.ending, response.status, response.complete) == (ending, status, False)
    assert len(response.body) == int(announced * share)
    with pytest.raises(ConnectionAbortedError):
        adapters.through_flask(HI, prefer, "POST", "/v1/chat")


@pytest.mark.parametrize("prefer", ["delay=600s", "fault=hang"])
def test_client_that_leaves_during_a_delay_is_recorded_and_gets_no_response(
    adapters_of: Callable[..., Adapters], prefer: str
) -> None:
    adapters = adapters_of()
    response = call(adapters.app, "POST", "/v1/chat", {**JSON, "Prefer": prefer}, HI, leaves=True)
    assert response.status == 0
    assert [entry.client_left for entry in adapters.service.space.state.journal.entries()] == [True]


def test_slow_response_is_complete(adapters_of: Callable[..., Adapters], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.http.faults.SECONDS_OF_SLOWNESS", 0.05)
    flask, asgi = adapters_of().both(HI, {**JSON, "Prefer": "fault=slow"})
    assert flask == asgi
    assert json.loads(flask[2])["conversation_id"] == "c"


def test_unexpected_error_returns_500_and_prints_a_traceback(
    adapters_of: Callable[..., Adapters], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    adapters = adapters_of()
    monkeypatch.setattr("mock_server.shop.replies.Shop.reply", lambda *_: 1 / 0)
    status, _, body = adapters.through_asgi(HI, JSON, "POST", "/v1/chat")
    assert (status, body) == (500, b'{"detail":"Internal Server Error"}')
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_large_body_is_accepted(adapters_of: Callable[..., Adapters]) -> None:
    flask, asgi = adapters_of().both(b'{"message":"%s","conversation_id":"c"}' % (b"a desk " * 20_000), JSON)
    assert flask == asgi
    assert flask[0] == 200


def test_new_snapshot_serves_the_next_request(adapters_of: Callable[..., Adapters]) -> None:
    adapters = adapters_of()
    before = adapters.through_asgi(HI, JSON, "POST", "/v1/chat")
    adapters.service.snapshot = read_snapshot(Options(latitude="forbid"))
    assert before[0] == 200
    assert adapters.through_asgi(b'{"message":"hi","x":1}', JSON, "POST", "/v1/chat")[0] == 422
