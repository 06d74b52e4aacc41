"""The recorder forwards requests to the service, returns its responses, and saves what the mock can replay."""

from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chat_contract import Exchange, load_contract
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from mock_server.http.access import Access
from mock_server.output import Output
from mock_server.recorder.app import RecorderApp
from mock_server.recorder.background import Background
from mock_server.recorder.folder import open_folder
from mock_server.recorder.recording import Recording
from mock_server.recorder.serve import Plan
from mock_server.respond.upstream import Answered, Upstream, UpstreamError
from mock_server.server.limits import ServerLimits
from mock_server.shop.fixture_files import read_fixtures
from tests.support.asgi import AsgiResponse, call
from tests.support.served import Served
from tests.support.silent_service import ANSWER_ME, half_silent_service
from tests.support.waiting import PATIENCE

Client = Callable[..., AsgiResponse]

CONTRACT = load_contract()
SCHEMA = CONTRACT.response_schema(200)
JSON = (("Content-Type", "application/json"),)
REPLY = {"conversation_id": "c1", "message": "Here.", "items": [{"item_id": "A1", "title": "Desk"}]}


class Service:
    """Stands for the real service: stores the requests, and returns the response that the test sets."""

    base_url = "http://service.example/v1"

    def __init__(self) -> None:
        self.answer: Answered | Exception = Answered(200, JSON, json.dumps(REPLY).encode())
        self.sent: list[tuple[str, str, dict[str, str], bytes]] = []

    @asynccontextmanager
    async def send(self, method: str, path: str, headers: Any, body: Any) -> AsyncIterator[Answered]:
        self.sent.append((method, path, dict(headers), body))
        if isinstance(self.answer, Exception):
            raise self.answer
        yield self.answer


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def printed() -> list[str]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recorded"


def into(folder: Path | None, say: Callable[[str], None] = lambda _: None, secret: str = "s3cr3t") -> Background:
    """Return what records into a folder; without one, it previews."""
    opened = None if folder is None else open_folder(folder, SCHEMA)
    recording = Recording(CONTRACT, opened, say=say, secrets=lambda *_: lambda text: secret in text)
    return Background(recording.add, say)


def client_of(service: Any, background: Background, **options: Any) -> Client:
    """Return a client whose responses arrive when everything is recorded."""
    app = RecorderApp(CONTRACT, service, background, **options)

    def ask(*arguments: Any, **more: Any) -> AsgiResponse:
        response = call(app, *arguments, **more)
        assert background.wait(PATIENCE)
        return response

    return ask


@pytest.fixture
def client(service: Service, printed: list[str], folder: Path) -> Client:
    return client_of(service, into(folder, printed.append), clock=iter(range(10**6)).__next__)


@pytest.fixture
def make_client(service: Service) -> Callable[..., Client]:
    return lambda **options: client_of(service, into(None), **options)


def ask(client: Client, body: Any, **headers: Any) -> AsgiResponse:
    return client("POST", "/v1/chat", {**dict(JSON), **headers}, json.dumps(body).encode())


def test_request_and_response_are_forwarded_unchanged(client: Client, service: Service) -> None:
    answer = client("POST", "/v1/chat?x=1", {"X-Trace": "7", **dict(JSON)}, b'{"message":  "a desk"}')
    assert (answer.status, answer.json(), answer.header("Content-Type")) == (200, REPLY, "application/json")
    ((method, path, headers, body),) = service.sent
    assert (method, path, body) == ("POST", "/chat?x=1", b'{"message":  "a desk"}')
    assert headers["x-trace"] == "7"


def test_turn_is_saved_and_reported(client: Client, folder: Path, printed: list[str]) -> None:
    ask(client, {"message": "a desk"})
    fixtures = read_fixtures(folder, SCHEMA)
    assert [(stub.cue.phrases, stub.reply) for stub in fixtures.scenarios[0].stubs] == [(("a desk",), "Here.")]
    assert printed[0] == "POST /chat: 200 after 1.00 s; saved in conversations/a-desk.yaml, 1 new item"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answered(404, JSON, b'{"detail": []}'), "the status is not 200, 422, 429 or 5xx"),
        (Answered(302, (), b"oops"), "the status is not 200, 422, 429 or 5xx"),
        (Answered(200, JSON, b'{"conversation_id": "c"}'), "the reply violates the contract"),
        (Answered(200, JSON, json.dumps(REPLY | {"message": " "}).encode()), "the message of the reply is empty"),
        (Answered(200, JSON, json.dumps(REPLY | {"message": "\ud800"}).encode()), "a lone surrogate"),
        (Answered(200, JSON, json.dumps(REPLY | {"message": "key s3cr3t"}).encode()), "contains the key"),
    ],
)
def test_exchange_that_the_mock_cannot_replay_is_not_saved_and_the_reason_is_reported(
    client: Client, service: Service, folder: Path, printed: list[str], answer: Any, why: str
) -> None:
    service.answer = answer
    assert ask(client, {"message": "a desk"}).body == answer.body
    assert why in printed[0]
    assert list((folder / "conversations").iterdir()) == []
    assert not any("s3cr3t" in line for line in printed)


def test_violation_of_the_service_is_reported(client: Client, service: Service, printed: list[str]) -> None:
    service.answer = Answered(500, (), b"")
    ask(client, {"message": "a desk"})
    assert any(line.startswith("  violates robustness.failing: expected") for line in printed)


def test_service_that_does_not_respond_returns_502(client: Client, service: Service, printed: list[str]) -> None:
    service.answer = UpstreamError("the connection failed")
    answer = ask(client, {"message": "a desk"})
    assert (answer.status, answer.header("Content-Type")) == (502, "application/problem+json")
    assert "Forwarding to http://service.example/v1 failed: the connection failed" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/../admin", "/v1/a/../../b", "/admin", "/", "/v1/"])
def test_only_paths_below_the_base_path_are_forwarded(
    make_client: Callable[..., Client], service: Service, path: str
) -> None:
    assert make_client(forward_all=True)("GET", path).status == 404
    assert service.sent == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/admin", 404), ("POST", "/v1/chat/", 404), ("POST", "//v1/chat", 404), ("GET", "/v1/chat", 405)],
)
def test_only_the_operation_is_forwarded_without_forward_all(
    make_client: Callable[..., Client], service: Service, method: str, path: str, status: int
) -> None:
    answer = make_client()(method, path)
    assert (answer.status, service.sent) == (status, [])
    assert "--forward-all" in answer.json()["detail"]


def test_forward_all_forwards_other_paths_and_methods(make_client: Callable[..., Client], service: Service) -> None:
    assert make_client(forward_all=True)("GET", "/v1/items").status == 200
    assert [sent[:2] for sent in service.sent] == [("GET", "/items")]


ELSEWHERE = {"Host": "localhost:4011", "Origin": "https://evil.test"}


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        (ELSEWHERE, "other-origin"),
        ({"Host": "rebound.test:4011"}, "unknown-host"),
        ({"Host": "localhost", "Sec-Fetch-Site": "cross-site"}, "other-site"),
    ],
)
def test_request_of_another_site_never_gets_the_key(
    make_client: Callable[..., Client], service: Service, headers: dict[str, str], reason: str
) -> None:
    body = json.dumps({"message": "a desk"}).encode()
    answer = make_client(has_key=True)("POST", "/v1/chat", {**dict(JSON), **headers}, body)
    assert (answer.status, answer.json()["reason"], service.sent) == (403, reason, [])
    # Without a key there is nothing to protect.
    assert make_client()("POST", "/v1/chat", {**dict(JSON), **headers}, body).status == 200


def test_named_origin_and_allowed_host_get_the_key(make_client: Callable[..., Client]) -> None:
    body = json.dumps({"message": "a desk"}).encode()
    access = Access(("recorder.test",), ("https://shop.test",))
    for headers in ({"Host": "recorder.test"}, {"Host": "localhost", "Origin": "https://shop.test"}):
        answer = make_client(has_key=True, access=access)("POST", "/v1/chat", {**dict(JSON), **headers}, body)
        assert answer.status == 200


def test_page_of_the_service_gets_no_origin_of_this_machine(client: Client) -> None:
    answer = ask(client, {"message": "a desk"})
    assert answer.header("Content-Security-Policy") == "sandbox"


def test_cookies_of_other_programs_stay_here_and_those_of_the_service_get_a_name_of_their_own(
    client: Client, service: Service
) -> None:
    service.answer = Answered(200, (*JSON, ("Set-Cookie", "id=7; Domain=example")), json.dumps(REPLY).encode())
    cookie = ask(client, {"message": "a desk"}, Cookie="admin=a").header("Set-Cookie") or ""
    ask(client, {"message": "a desk"}, Cookie=f"admin=a; {cookie.partition(';')[0]}")
    assert [headers.get("cookie") for _, _, headers, _ in service.sent] == [None, "id=7"]
    assert cookie.endswith("-id=7; Path=/v1")


@pytest.mark.parametrize(
    "name", ["Strict-Transport-Security", "Alt-Svc", "NEL", "Report-To", "Reporting-Endpoints", "Clear-Site-Data"]
)
def test_service_does_not_decide_what_the_browser_does_with_this_host(
    client: Client, service: Service, name: str
) -> None:
    service.answer = Answered(200, (*JSON, (name, "x")), json.dumps(REPLY).encode())
    assert ask(client, {"message": "a desk"}).header(name) is None


def test_page_of_this_machine_may_read_responses(client: Client) -> None:
    answer = ask(client, {"message": "a desk"}, Origin="http://localhost:3000")
    assert answer.header("Access-Control-Allow-Origin") == "http://localhost:3000"


def test_preflight_is_answered_without_the_service(client: Client, service: Service) -> None:
    asked = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "POST"}
    answer = client("OPTIONS", "/v1/chat", asked)
    assert (answer.status, answer.header("Access-Control-Allow-Origin")) == (204, "http://localhost:3000")
    assert service.sent == []


def test_200_requests_without_a_response_hold_neither_threads_nor_other_requests(
    folder: Path, printed: list[str]
) -> None:
    background = into(folder, printed.append)
    with half_silent_service() as service:
        upstream = Upstream(f"{service.url}/v1")
        served = Served(RecorderApp(CONTRACT, upstream, background, forward_all=True), upstream.close)
        head = b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        other = b"GET /v1/other?" + ANSWER_ME + head + b"\r\n"
        assert served.ask(other).startswith(b"HTTP/1.1 200")
        threads = threading.active_count()
        with ExitStack() as stack:
            for _ in range(200):
                stack.enter_context(served.connect()).sendall(b"GET /v1/slow" + head + b"\r\n")
            service.wait_for_silenced(200)
            assert served.ask(other).startswith(b"HTTP/1.1 200")
            assert threading.active_count() < threads + 20
        served.stop()


class FullDisk(io.StringIO):
    """A stream that cannot be written to."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


def closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.mark.parametrize("stream", [FullDisk(), closed_stream()])
def test_client_gets_its_response_when_nothing_can_be_printed(
    stream: io.StringIO, service: Service, folder: Path
) -> None:
    answer = ask(client_of(service, into(folder, Output(stream).say)), {"message": "a desk"})
    assert (answer.status, answer.json()) == (200, REPLY)
    assert len(read_fixtures(folder, SCHEMA).scenarios) == 1


def test_client_gets_its_response_when_the_folder_is_gone(client: Client, folder: Path, printed: list[str]) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file in its place")
    assert ask(client, {"message": "a desk"}).json() == REPLY
    assert "not saved yet: cannot write to" in printed[0]
    folder.unlink()
    assert ask(client, {"message": "a lamp"}).json() == REPLY
    assert printed[-1] == "  saved now: 1 conversation that could not be saved before"
    assert len(read_fixtures(folder, SCHEMA).scenarios) == 2


def test_recording_that_takes_long_delays_nobody(service: Service, folder: Path) -> None:
    released = threading.Event()
    background = into(folder, lambda _: released.wait(PATIENCE) and None)
    client = partial(call, RecorderApp(CONTRACT, service, background))
    try:
        assert [ask(client, {"message": "a desk"}).json() for _ in range(3)] == [REPLY] * 3
    finally:
        released.set()
    assert background.wait(PATIENCE)


def test_exchanges_beyond_the_memory_for_waiting_ones_are_counted(
    service: Service, printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mock_server.recorder.background.MAX_WAITING_BYTES", 10_000)
    monkeypatch.setattr("mock_server.recorder.background.SECONDS_FOR_ROOM", 0.0)
    released, recorded = threading.Event(), []

    def record(exchange: Exchange, seconds: float, query: str) -> None:
        assert released.wait(PATIENCE)
        recorded.append((exchange, seconds, query))

    background = Background(record, printed.append)
    client = partial(call, RecorderApp(CONTRACT, service, background))
    assert [ask(client, {"message": "a desk"}).status for _ in range(5)] == [200] * 5
    released.set()
    background.end()
    assert len(recorded) == 2
    assert printed == ["3 exchanges not recorded: they arrived faster than the recorder saves them."]


def test_recording_continues_after_an_error_of_one_exchange(service: Service, printed: list[str]) -> None:
    results = iter([1 / 2, "not a number", 3.0])
    background = Background(lambda *_: float(next(results)), printed.append)
    client = client_of(service, background)
    assert [ask(client, {"message": "a desk"}).status for _ in range(3)] == [200] * 3
    assert len(printed) == 1
    assert "could not convert string to float" in printed[0]
    assert next(results, None) is None


def test_body_larger_than_the_limit_gets_413_and_is_not_forwarded(
    make_client: Callable[..., Client], service: Service
) -> None:
    answer = make_client(max_body=1000)("POST", "/v1/chat", dict(JSON), b" " * 1001)
    assert (answer.status, service.sent) == (413, [])
    assert "larger than 1000 bytes" in answer.json()["detail"]
    assert make_client(max_body=1000)("POST", "/v1/chat", dict(JSON), b" " * 1000).status == 200


def test_bytes_of_requests_in_progress_are_limited(make_client: Callable[..., Client], service: Service) -> None:
    few = make_client(limits=ServerLimits(held_bytes=100))
    answer = few("POST", "/v1/chat", dict(JSON), b" " * 101)
    assert (answer.status, service.sent) == (503, [])
    assert few("POST", "/v1/chat", dict(JSON), b" " * 100).status == 200


def test_requests_that_get_a_token_or_a_certificate_have_the_guard_of_a_key() -> None:
    assert Plan("http://x/v1", None, tokens=TokenCommand("echo x")).has_key
    assert Plan("http://x/v1", None, transport=Transport(cert=Path("client.pem"))).has_key
    assert not Plan("http://x/v1", None).has_key


def test_token_command_that_fails_returns_502_without_its_output(folder: Path) -> None:
    upstream = Upstream("http://127.0.0.1:9/v1", tokens=TokenCommand("echo s3cr3t-token; exit 3"))
    answer = ask(client_of(upstream, into(folder)), {"message": "a desk"})
    assert (answer.status, "failed with exit code 3" in answer.json()["detail"]) == (502, True)
    assert b"s3cr3t" not in answer.body
