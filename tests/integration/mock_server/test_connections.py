"""Slow, broken and impatient clients, against a server in this process whose limits are short."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from chat_contract.resources import fixtures_dir
from mock_server import Options, Snapshot, read_snapshot
from mock_server.respond.reload import Reloader
from mock_server.respond.service import ChatService
from mock_server.server import protocol
from mock_server.server.asgi import MockApp
from mock_server.server.limits import DEFAULT, ServerLimits
from mock_server.server.protocol import Protocol
from tests.support.deciding import service_of
from tests.support.served import Served, until_closed
from tests.support.waiting import PATIENCE, wait_until

HI = b'{"message":"hi"}'
HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
TRAILERS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n10\r\n" + HI + b"\r\n0\r\n"
ASK = HEAD + b"Content-Length: 16\r\n\r\n" + HI
HEALTH = b"GET /_mock/health HTTP/1.1\r\nHost: localhost\r\n\r\n"


def one_response(connection: socket.socket) -> tuple[int, bytes, bytes]:
    """Return status, head and body of the next response."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(1)
        assert chunk, received
        received += chunk
    length = re.search(rb"content-length: (\d+)", received)
    body = b""
    while length is not None and len(body) < int(length[1]):
        body += connection.recv(int(length[1]) - len(body))
    return int(received[9:12]), received, body


@pytest.fixture
def service() -> ChatService:
    return service_of(read_snapshot(Options(seed=7, max_hang=0.2)))


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    started: list[Served] = []

    def start(app: Callable[..., Any], limits: ServerLimits = DEFAULT) -> Served:
        started.append(Served(app, limits=limits))
        return started[-1]

    yield start
    for served in started:
        served.stop()


@pytest.fixture
def served(serve: Callable[..., Served], service: ChatService) -> Served:
    return serve(MockApp(service))


# Bytes ----------------------------------------------------------------------------------------------------------------


def test_request_without_host_is_refused_but_not_in_http_1_0(served: Served) -> None:
    for version, status in ((b"1.1", 400), (b"1.0", 200)):
        with served.connect() as connection:
            head = b"POST /v1/chat HTTP/%b\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n"
            connection.sendall(head % version + HI)
            assert one_response(connection)[0] == status


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", 400),
        (HEAD + b"Content-Length: 16\r\nContent-Length: 5\r\n\r\n" + HI, 400),
        (HEAD + b"Content-Length: 16\r\nTransfer-Encoding: chunked\r\n\r\n" + HI, 400),
        (HEAD + b"Host: y\r\nContent-Length: 16\r\n\r\n" + HI, 400),
        (HEAD + b"X: " + b"a" * 65536 + b"\r\nContent-Length: 16\r\n\r\n" + HI, 431),
        (HEAD + b"X: " + b"a" * 100_000, 431),
        (HEAD + b"X: a\r\n" * 300 + b"Content-Length: 16\r\n\r\n" + HI, 431),
        (HEAD + b"X: a\r\n" * 300, 431),
        (TRAILERS + b"X: " + b"a" * 400_000, 431),
        (TRAILERS + b"X: a\r\n" * 300, 431),
    ],
    ids=[
        *("garbage", "version", "chunk size", "two lengths", "length and chunks", "two hosts", "head", "half head"),
        *("many headers", "half of many headers", "long trailer", "many trailers"),
    ],
)
def test_broken_request_is_refused_with_json(served: Served, data: bytes, status: int) -> None:
    with served.connect() as connection:
        connection.sendall(data)
        got, head, body = one_response(connection)
    assert got == status
    assert b"content-type: application/json" in head
    assert set(json.loads(body)) == {"detail"}
    assert one_ok(served)


def one_ok(served: Served) -> bool:
    with served.connect() as connection:
        connection.sendall(ASK)
        return one_response(connection)[0] == 200


@pytest.mark.parametrize(
    "upgrade",
    [
        b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n",
        b"connection: upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
    ],
    ids=["h2c, as Java's client", "websocket"],
)
def test_upgrade_is_ignored_and_the_body_is_read(served: Served, upgrade: bytes) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD + upgrade + b"Content-Length: 16\r\n\r\n" + HI + ASK)
        assert [one_response(connection)[0] for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(("host", "status"), [(b"x", 200), (b"y", 400), (b"x@y", 400), (b"", 400)])
def test_url_in_absolute_form_must_name_the_host(served: Served, host: bytes, status: int) -> None:
    with served.connect() as connection:
        connection.sendall(ASK.replace(b"/v1/chat", b"http://%b/v1/chat" % host))
        assert one_response(connection)[0] == status


def test_head_and_body_are_sent_in_one_write(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(ASK)
        head, _, body = connection.recv(65536).partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    assert length is not None
    assert len(body) == int(length[1])


def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    delayed = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=300ms\r\n\r\n")
    refused = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: code=429\r\n\r\n")
    with served.connect() as connection:
        connection.sendall(delayed + refused + HEALTH + ASK)
        assert [one_response(connection)[0] for _ in range(4)] == [200, 429, 200, 200]


def test_garbage_after_a_request_does_not_overtake_its_response(served: Served) -> None:
    delayed = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=200ms\r\n\r\n")
    received = served.ask(delayed + b"garbage\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
    assert received.count(b"HTTP/1.1") == 1


def test_client_that_expects_100_continue_gets_it_before_the_response(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n")
        assert one_response(connection)[0] == 100
        connection.sendall(HI)
        assert one_response(connection)[0] == 200


def test_head_request_gets_headers_without_body(served: Served) -> None:
    received = served.ask(HEALTH.replace(b"GET", b"HEAD").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert received.startswith(b"HTTP/1.1 200")
    assert received.endswith(b"\r\n\r\n")


def test_options_request_to_the_operation_returns_405_with_allow(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"OPTIONS /v1/chat HTTP/1.1\r\nHost: localhost\r\n\r\n")
        status, head, _ = one_response(connection)
    assert status == 405
    assert b"allow: POST" in head


def test_responses_name_no_server_and_ignore_forwarded_addresses(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n"))
        status, head, _ = one_response(connection)
    assert status == 200
    assert b"server:" not in head.lower()


# Faults and clients that leave ----------------------------------------------------------------------------------------


def ask_for(fault: str) -> bytes:
    return ASK.replace(b"\r\n\r\n", b"\r\nPrefer: fault=%b\r\n\r\n" % fault.encode())


def test_fault_reset_resets_the_connection_before_the_response(served: Served) -> None:
    with pytest.raises(ConnectionResetError):
        served.ask(ask_for("reset"))


@pytest.mark.parametrize("fault", ["close", "hang"])
def test_fault_close_and_hang_send_nothing_and_close(served: Served, service: ChatService, fault: str) -> None:
    assert served.ask(ask_for(fault)) == b""
    assert [entry.client_left for entry in service.space.state.journal.entries()] == [False]


@pytest.mark.parametrize(("fault", "share"), [("drop", 0.0), ("truncate", 0.5)])
def test_fault_drop_and_truncate_close_after_the_head(served: Served, fault: str, share: float) -> None:
    head, _, body = served.ask(ask_for(fault)).partition(b"\r\n\r\n")
    announced = re.search(rb"content-length: (\d+)", head)
    assert announced is not None
    assert len(body) == int(int(announced[1]) * share)


def test_hang_ends_when_the_client_closes_its_side(
    serve: Callable[..., Served], request: pytest.FixtureRequest
) -> None:
    service = service_of(read_snapshot(Options(max_hang=3600)))
    served = serve(MockApp(service))
    with served.connect() as connection:
        connection.sendall(ask_for("hang"))
        wait_until(lambda: bool(service.space.state.journal.entries()))
        connection.shutdown(socket.SHUT_WR)
        assert until_closed(connection) == b""


def test_client_that_closes_only_its_side_gets_its_delayed_response(served: Served, service: ChatService) -> None:
    with served.connect() as connection:
        connection.sendall(ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=300ms\r\n\r\n"))
        connection.shutdown(socket.SHUT_WR)
        assert until_closed(connection).startswith(b"HTTP/1.1 200")
    assert [entry.client_left for entry in service.space.state.journal.entries()] == [False]


def test_client_that_goes_away_after_closing_its_side_keeps_no_connection(served: Served, service: ChatService) -> None:
    with served.connect() as connection:
        connection.sendall(ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=600s\r\n\r\n"))
        wait_until(lambda: bool(service.space.state.journal.entries()))
        connection.shutdown(socket.SHUT_WR)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, protocol._RESET_ON_CLOSE)
    wait_until(lambda: service.space.state.journal.entries()[0].client_left)


def test_client_that_goes_away_after_a_second_request_keeps_no_connection(
    served: Served, service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "_SECONDS_BETWEEN_LOOKS", 0.1)
    with served.connect() as connection:
        connection.sendall(ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=600s\r\n\r\n"))
        wait_until(lambda: bool(service.space.state.journal.entries()))
        connection.sendall(ASK)
        wait_until(lambda: any(each.flow.read_paused for each in served.protocols))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, protocol._RESET_ON_CLOSE)
    wait_until(lambda: service.space.state.journal.entries()[0].client_left)
    wait_until(lambda: served.connections == 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the options are those of Linux")
def test_probes_of_many_clients_are_spread_and_end_within_a_minute() -> None:
    options = [{option: value for _, option, value in protocol.probes(number)} for number in range(1000)]
    assert max(Counter(one[socket.TCP_KEEPIDLE] for one in options).values()) <= 100
    for one in options:
        lasts = one[socket.TCP_KEEPIDLE] + one[socket.TCP_KEEPINTVL] * one[socket.TCP_KEEPCNT]
        assert lasts + protocol._SECONDS_BETWEEN_LOOKS < 60


def test_client_that_resets_the_connection_before_the_response_is_recorded(
    served: Served, service: ChatService
) -> None:
    with served.connect() as connection:
        connection.sendall(ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=600s\r\n\r\n"))
        wait_until(lambda: bool(service.space.state.journal.entries()))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, protocol._RESET_ON_CLOSE)
    wait_until(lambda: service.space.state.journal.entries()[0].client_left)


def test_client_that_closes_the_connection_before_the_response_is_recorded(
    served: Served, service: ChatService
) -> None:
    def leaves_in_time(delay: bytes) -> bool:
        """Return whether the client was recorded as gone; a busy machine may send the response before it goes."""
        service.space.state.journal.clear()
        with served.connect() as connection:
            connection.sendall(ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=%b\r\n\r\n" % delay))
            wait_until(lambda: bool(service.space.state.journal.entries()))
        [entry] = service.space.state.journal.entries()
        wait_until(lambda: served.connections == 0)
        return entry.client_left

    assert any(map(leaves_in_time, (b"100ms", b"1s", b"10s")))


# Slow clients ---------------------------------------------------------------------------------------------------------


SLOW = {
    "half head": b"POST /v1/chat HTTP/1.1\r\nHost:",
    "half body": HEAD + b"Content-Length: 90\r\n\r\n{",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("drip", [b"", b" "])
def test_request_that_is_not_complete_in_time_gets_408_even_if_it_drips(
    serve: Callable[..., Served], service: ChatService, sent: bytes, drip: bytes
) -> None:
    served = serve(MockApp(service), ServerLimits(request_seconds=0.5))
    with served.connect() as connection, suppress(ConnectionError):
        connection.sendall(sent)
        connection.setblocking(False)
        received = b""
        deadline = time.monotonic() + PATIENCE
        while not received and time.monotonic() < deadline:
            connection.sendall(drip)
            time.sleep(0.05)
            with suppress(BlockingIOError):
                received = connection.recv(65536)
        assert received.startswith(b"HTTP/1.1 408")
    # On a busy machine, this request too may take longer than its time limit.
    wait_until(lambda: one_ok(served))


def test_idle_connection_is_closed_after_its_time_limit(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with served.connect() as connection:
        wait_until(lambda: served.connections == 1)
        monkeypatch.setattr(Protocol, "idle_seconds", 0.1)
        assert until_closed(connection) == b""


def test_request_beyond_the_waiting_ones_gets_503_until_one_ends(
    serve: Callable[..., Served], service: ChatService
) -> None:
    served = serve(MockApp(service, ServerLimits(requests=2)))
    delayed = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=600s\r\n\r\n")
    with served.connect() as first, served.connect() as second, served.connect() as third:
        first.sendall(delayed)
        second.sendall(delayed)
        wait_until(lambda: len(service.space.state.journal.entries()) == 2)
        third.sendall(ASK)
        status, head, body = one_response(third)
        assert (status, b"retry-after: 1" in head) == (503, True)
        assert "--max-waiting" in json.loads(body)["detail"]
        first.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, protocol._RESET_ON_CLOSE)
        first.close()
        wait_until(lambda: one_ok(served))


def test_bodies_and_delayed_responses_are_held_up_to_their_limit(
    serve: Callable[..., Served], service: ChatService
) -> None:
    served = serve(MockApp(service, ServerLimits(held_bytes=350_000)))
    half = HEAD + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000
    big = HEAD + b"Content-Length: 100000\r\n\r\n" + b"x" * 100_000
    with served.connect() as slow, served.connect() as other:
        slow.sendall(half)
        wait_until(lambda: _is_refused(served, big))
        slow.close()
        wait_until(lambda: not _is_refused(served, big))
        echoed = (
            HEAD + b"Prefer: delay=600s\r\nContent-Length: 150000\r\n\r\n" + b'{"message":["%b"]}' % (b"x" * 149_984)
        )
        other.sendall(echoed)
        wait_until(lambda: any(entry.answer.delay for entry in service.space.state.journal.entries()))
        wait_until(lambda: _is_refused(served, big))
        assert one_ok(served)


def _is_refused(served: Served, data: bytes) -> bool:
    with served.connect() as connection:
        connection.sendall(data)
        return one_response(connection)[0] == 503


def test_pipelined_requests_are_limited(served: Served) -> None:
    delayed = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=300ms\r\n\r\n")
    with served.connect() as connection:
        connection.sendall(delayed + ASK * 400)
        answers = until_closed(connection).count(b"HTTP/1.1 200")
    assert 1 <= answers <= protocol.MAX_PIPELINED + 2
    assert one_ok(served)


def test_pipelined_requests_of_all_connections_hold_no_more_than_their_limit(
    serve: Callable[..., Served], service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "MAX_QUEUED", 100_000)
    served = serve(MockApp(service))
    delayed = ASK.replace(b"\r\n\r\n", b"\r\nPrefer: delay=300ms\r\n\r\n")
    long = HEAD + b"Content-Length: 40000\r\n\r\n" + b" " * 39_984 + HI
    with served.connect() as connection:
        connection.sendall(delayed + long * 4)
        assert until_closed(connection).count(b"HTTP/1.1 200") < 5
    with served.connect() as connection:
        # Nothing of the first connection is held any more.
        connection.sendall(delayed + long + ASK)
        assert [one_response(connection)[0] for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize("complete", [False, True], ids=["half heads", "heads of half bodies"])
def test_large_heads_of_incomplete_requests_hold_no_more_than_their_limit(
    serve: Callable[..., Served], service: ChatService, monkeypatch: pytest.MonkeyPatch, *, complete: bool
) -> None:
    monkeypatch.setattr(protocol, "MAX_QUEUED", 100_000)
    served = serve(MockApp(service, ServerLimits(held_bytes=150_000)))
    head = HEAD + b"X: " + b"x" * 40_000 + b"\r\nContent-Length: 16\r\n"
    with ExitStack() as stack:

        def sent(data: bytes) -> socket.socket:
            connection = stack.enter_context(served.connect())
            connection.sendall(data)
            return connection

        def is_refused(data: bytes) -> bool:
            connection = sent(data)
            connection.settimeout(0.2)
            try:
                return one_response(connection)[0] == 503
            except TimeoutError:
                return False

        if complete:
            sent(head + b"\r\n{")
            wait_until(lambda: is_refused(head + b"\r\n{"))
        else:
            first = [sent(head) for _ in range(2)]
            wait_until(lambda: is_refused(head))
            first[0].sendall(b"\r\n" + HI)
            assert one_response(first[0])[0] == 200
        assert one_ok(served)


def test_trailers_change_no_header_of_the_request(served: Served, service: ChatService) -> None:
    with served.connect() as connection:
        connection.sendall(TRAILERS + b"X-Late: a\r\n\r\n" + ASK)
        assert [one_response(connection)[0] for _ in range(2)] == [200, 200]
    assert "x-late" not in service.space.state.journal.entries()[0].headers


def test_page_works_after_its_application_could_not_be_made(
    served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: Any) -> Any:
        raise OSError("no descriptor is free")

    with monkeypatch.context() as patched, served.connect() as connection:
        patched.setattr("mock_server.app.create_app", fail)
        connection.sendall(HEALTH)
        assert one_response(connection)[0] == 500
    with served.connect() as connection:
        connection.sendall(HEALTH)
        assert one_response(connection)[0] == 200
    assert "no descriptor is free" in capfd.readouterr().err


class BigApp:
    """An application whose responses have this many bytes."""

    def __init__(self, size: int) -> None:
        self.body = b"x" * size
        self.requests = 0

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.requests += 1
        headers = [(b"content-length", str(len(self.body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


def test_client_that_does_not_read_is_dropped_after_its_time_limit(
    serve: Callable[..., Served],
) -> None:
    app = BigApp(16 * 1024 * 1024)
    served = serve(app, ServerLimits(write_seconds=0.1))
    with served.connect(small_buffer=True) as connection:
        connection.sendall(HEALTH)
        wait_until(lambda: app.requests == 1)
        wait_until(lambda: served.connections == 0)


def test_unread_responses_of_all_clients_together_are_limited(
    serve: Callable[..., Served],
) -> None:
    size = 16 * 1024 * 1024
    app = BigApp(size)
    served = serve(app, ServerLimits(unread_bytes=2 * size))
    with ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(served.connect(small_buffer=True)).sendall(HEALTH)
        wait_until(lambda: app.requests == 6)
        wait_until(lambda: 0 < served.connections <= 2)
        reader = stack.enter_context(served.connect())
        reader.sendall(HEALTH)
        assert len(one_response(reader)[2]) == size


def test_one_response_may_be_larger_than_the_limit_of_unread_responses(serve: Callable[..., Served]) -> None:
    size = 4 * 1024 * 1024
    served = serve(BigApp(size), ServerLimits(unread_bytes=1024))
    with served.connect() as connection:
        connection.sendall(HEALTH)
        assert len(one_response(connection)[2]) == size


def test_refused_request_gets_its_response_although_its_body_still_arrives(
    serve: Callable[..., Served], service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "discard_seconds", PATIENCE)
    served = serve(MockApp(service, ServerLimits(requests=0)))
    size = 1024 * 1024
    with served.connect() as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % size)
        wait_until(lambda: served.connections == 1)
        connection.sendall(b"x" * size)
        assert until_closed(connection).startswith(b"HTTP/1.1 503")


def test_refused_request_whose_body_never_arrives_is_closed(
    serve: Callable[..., Served], service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol, "discard_seconds", 0.1)
    served = serve(MockApp(service, ServerLimits(requests=0)))
    with served.connect() as connection:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: 1000\r\n\r\n")
        assert until_closed(connection).startswith(b"HTTP/1.1 503")
        wait_until(lambda: served.connections == 0)


def test_one_connection_too_many_is_refused_with_json(serve: Callable[..., Served], service: ChatService) -> None:
    served = serve(MockApp(service), ServerLimits(connections=2))
    with served.connect(), served.connect(), served.connect() as third:
        status, _, body = one_response(third)
    assert (status, json.loads(body)) == (503, {"detail": "2 connections are open, the maximum"})


def test_follower_that_does_not_read_is_dropped_and_the_others_do_not_notice(
    serve: Callable[..., Served], service: ChatService
) -> None:
    served = serve(MockApp(service), ServerLimits(write_seconds=0.1))
    stream = b"GET /_mock/requests/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with served.connect(small_buffer=True) as deaf, served.connect() as listener:
        deaf.sendall(stream)
        listener.sendall(stream)
        received = bytearray()
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set() and (chunk := listener.recv(1 << 20)):
                received.extend(chunk)

        reading = threading.Thread(target=listen, daemon=True)
        reading.start()
        wait_until(lambda: b"200 OK" in received)
        body = b'{"message":"%s"}' % (b"a" * 60_000)
        big = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
        sent = 0
        with served.connect() as sender:
            while served.connections > 2:
                assert sent < 400
                sender.sendall(big)
                assert one_response(sender)[0] == 200
                sent += 1
                time.sleep(0.02)
        wait_until(lambda: received.count(b'"number":') >= sent)
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
        reading.join(PATIENCE)


def test_slow_flask_view_does_not_hold_up_the_operation(
    serve: Callable[..., Served], service: ChatService, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wsgi(_environ: Any, start_response: Any) -> Iterable[bytes]:
        entered.set()
        leave.wait(PATIENCE)
        start_response("200 OK", [("Content-Length", "0")])
        return [b""]

    monkeypatch.setattr("mock_server.app.create_app", lambda **_: wsgi)
    served = serve(MockApp(service))
    with served.connect() as waiting:
        waiting.sendall(HEALTH)
        assert entered.wait(PATIENCE)
        assert one_ok(served)
        leave.set()
        assert one_response(waiting)[0] == 200


def test_slow_upstream_does_not_hold_up_requests_for_other_pages(
    serve: Callable[..., Served], service: ChatService
) -> None:
    entered, leave = threading.Event(), threading.Event()
    respond = service.respond

    def slow(*arguments: Any) -> Any:
        entered.set()
        leave.wait(PATIENCE)
        return respond(*arguments)

    service.respond = slow  # type: ignore[method-assign]
    served = serve(MockApp(service))
    large = b'{"message":"%s"}' % (b"a" * 70_000)
    with served.connect() as waiting, served.connect() as other:
        waiting.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(large) + large)
        assert entered.wait(PATIENCE)
        other.sendall(HEALTH)
        assert one_response(other)[0] == 200
        leave.set()
        assert one_response(waiting)[0] == 200


@pytest.mark.parametrize(
    ("blocked", "result", "data"),
    [
        ("mock_server.control.api.read_rules", [], b"PUT /_mock/behaviour HTTP/1.1\r\nContent-Length: 2\r\n"),
        ("mock_server.control.api.encoded_entry", b"{}", b"GET /_mock/requests HTTP/1.1\r\n"),
    ],
    ids=["PUT behaviour", "GET requests"],
)
def test_control_request_does_not_hold_up_the_operation(
    served: Served, monkeypatch: pytest.MonkeyPatch, blocked: str, result: Any, data: bytes
) -> None:
    entered, leave = threading.Event(), threading.Event()

    def wait(*_: Any) -> Any:
        entered.set()
        assert leave.wait(PATIENCE)
        return result

    monkeypatch.setattr(blocked, wait)
    assert one_ok(served)
    with served.connect() as waiting:
        waiting.sendall(data + b"Host: localhost\r\n\r\n" + (b"{}" if b"Length" in data else b""))
        assert entered.wait(PATIENCE)
        assert one_ok(served)
        leave.set()
        assert one_response(waiting)[0] == 200


def test_reload_does_not_hold_up_the_operation(
    serve: Callable[..., Served], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = shutil.copytree(fixtures_dir(), tmp_path / "shop")
    service = service_of(read_snapshot(Options(fixtures=folder)))
    served = serve(MockApp(service))
    entered, leave = threading.Event(), threading.Event()

    def read_slowly(*arguments: Any, **options: Any) -> Snapshot:
        entered.set()
        assert leave.wait(PATIENCE)
        return read_snapshot(*arguments, **options)

    monkeypatch.setattr("mock_server.respond.reload.read_snapshot", read_slowly)
    (folder / "conversations" / "new.yaml").write_text("turns:\n  - {shopper: {words: [hi]}, reply: Hello.}\n")
    reloading = threading.Thread(target=Reloader(service, lambda _: None).look, daemon=True)
    reloading.start()
    assert entered.wait(PATIENCE)
    assert one_ok(served)
    leave.set()
    reloading.join(PATIENCE)
    assert service.snapshot.status.revision == 2
    assert one_ok(served)
