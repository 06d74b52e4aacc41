"""The mock as a process: real sockets, real signals."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from chat_contract import KitError
from mock_server.server.serve import authority, open_listener
from tests.support.certificates import certificate
from tests.support.mock import Running
from tests.support.paths import ROOT

Run = Callable[..., Running]
HI = b'{"message":"hi"}'
HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def session() -> requests.Session:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def exchange(port: int, data: bytes, *, end: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while b"\r\n\r\n" not in received and (chunk := connection.recv(65536)):
            received += chunk
        return received


def test_it_answers_as_soon_as_it_says_so(server: Running, session: requests.Session) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}/v1/chat"
    assert session.post(server.url, json={"message": "a sofa"}).json()["items"][0]["item_id"] == "SF300LN"
    assert session.get(f"http://127.0.0.1:{server.port}/_mock/health").json()["status"] == "ok"


def test_chunked_bodies_are_read_and_bounded(server: Running, session: requests.Session) -> None:
    def chunks(size: int):
        yield b'{"message":"'
        for _ in range(size // 65536):
            yield b"a" * 65536
        yield b'"}'

    headers = {"Content-Type": "application/json"}
    assert session.post(server.url, data=chunks(200_000), headers=headers).status_code == 200
    response = session.post(server.url, data=chunks(11 * 1024 * 1024), headers=headers)
    assert (response.status_code, response.json()) == (413, {"detail": "The body is larger than 10485760 bytes."})


def test_a_client_that_is_still_sending_gets_its_413(server: Running) -> None:
    body = b'{"message":"' + b"a" * 11 * 1024 * 1024 + b'"}'
    assert exchange(server.port, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).startswith(b"HTTP/1.1 413")


def test_a_client_that_stops_half_way_is_refused(server: Running) -> None:
    received = exchange(server.port, HEAD + b"Content-Length: 90\r\n\r\n" + HI, end=True)
    assert received.startswith(b"HTTP/1.1 422")


@pytest.mark.parametrize(
    "data",
    [
        HEAD + b"Content-Length: -5\r\n\r\n" + HI,
        HEAD + b"Content-Length: 16\r\nContent-Length: 5\r\n\r\n" + HI,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
        HEAD + b"Expect: 100-continue\r\nContent-Length: 16\r\n\r\n" + HI,
        HEAD + b"X: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /%ff%00 HTTP/1.1\r\nHost: <a>/\r\nContent-Length: 0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20,
        b"GET / HTTP/9.9\r\n\r\n",
    ],
    ids=lambda data: repr(data[-30:]),
)
def test_no_framing_gets_a_5xx_or_a_hang(server: Running, data: bytes) -> None:
    try:
        received = exchange(server.port, data, end=True)
    except OSError:  # refused before all of it was sent
        received = b""
    assert not received.startswith(b"HTTP/1.1 5")
    assert exchange(server.port, HEAD + b"Content-Length: 16\r\n\r\n" + HI).startswith(b"HTTP/1.1 200")


def test_the_environment_does_not_leak_into_requests(run_mock: Run, session: requests.Session) -> None:
    leaks = {"HTTP_CONTENT_ENCODING": "gzip", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "3"}
    running = run_mock(env={**leaks, "HTTP_PROXY": "http://127.0.0.1:9", "wsgi.input_terminated": ""})
    assert session.post(running.url, json={"message": "hi"}).status_code == 200
    without_type = session.post(running.url, data=HI)
    assert without_type.json()["detail"][0]["type"] == "model_attributes_type"


def test_a_hundred_half_sent_bodies_neither_slow_others_nor_hold_up_the_end(
    run_mock: Run, session: requests.Session
) -> None:
    running = run_mock()
    waiting = [socket.create_connection(("127.0.0.1", running.port)) for _ in range(100)]
    for index, connection in enumerate(waiting):
        framing = b"Content-Length: 90\r\n\r\n" if index % 2 else b"Transfer-Encoding: chunked\r\n\r\n5\r\n"
        connection.sendall(HEAD + framing + b'{"mes')
    time.sleep(0.2)
    before = time.monotonic()
    assert session.post(running.url, json={"message": "hi"}, timeout=5).status_code == 200
    assert time.monotonic() - before < 3  # a stalled worker never answers
    before = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - before < 8  # without a kill time-out it never ends
    for connection in waiting:
        connection.close()


@pytest.mark.parametrize(("fault", "some"), [("drop", False), ("truncate", True)])
def test_a_fault_breaks_the_connection_off_after_the_head(server: Running, fault: str, some: bool) -> None:
    asked = HEAD + b"Prefer: fault=%b\r\nContent-Length: 16\r\n\r\n" % fault.encode() + HI
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
            connection.sendall(asked)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        announced = int(re.search(rb"content-length: (\d+)", head)[1])
        assert head.startswith(b"HTTP/1.1 200")
        assert bool(body) is some
        assert len(body) < announced


def test_https_is_served(run_mock: Run, session: requests.Session, tmp_path: Path, require_program: Any) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "mock")
    running = run_mock("--tls-cert", str(cert), "--tls-key", str(key))
    assert running.url.startswith("https://127.0.0.1:")
    answer = session.post(running.url, json={"message": "hi"}, verify=str(cert))
    assert answer.status_code == 200


def test_a_follower_does_not_hold_up_the_end(run_mock: Run, session: requests.Session) -> None:
    running = run_mock()
    stream = session.get(f"http://127.0.0.1:{running.port}/_mock/requests/stream", stream=True, timeout=10)
    session.post(running.url, json={"message": "hi"})
    lines = stream.iter_lines()
    assert json.loads(next(line for line in lines if line))["status"] == 200
    before = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - before < 4  # it would have no end of its own
    stream.close()


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_soon_and_silently_when_told_to(run_mock: Run, sign: int) -> None:
    running = run_mock()
    before = time.monotonic()
    os.killpg(running.process.pid, sign)  # as a terminal does with Ctrl-C
    assert running.process.wait(timeout=10) == 0
    # The worker has two seconds before it is killed; a busy machine adds to them.
    assert time.monotonic() - before < 6
    assert running.process.stdout.read() == ""


def test_no_worker_outlives_a_server_that_is_killed(run_mock: Run) -> None:
    running = run_mock()
    running.stop(signal.SIGKILL)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", running.port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.02)
    pytest.fail("the port is still served")


def test_the_seed_makes_ids_repeatable(run_mock: Run, session: requests.Session) -> None:
    ids = {session.post(run_mock("--seed", "5").url, json={"message": "hi"}).json()["conversation_id"] for _ in "ab"}
    assert len(ids) == 1


def test_the_options_reach_the_server(run_mock: Run, session: requests.Session) -> None:
    running = run_mock("--max-body", "20", "--host", "localhost")
    assert running.ready_line.startswith("Mock ready: POST http://localhost:")
    assert session.post(running.url, json={"message": "more than twenty"}).status_code == 413


def run_to_the_end(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "mock_server", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)


def test_a_taken_port_is_refused_and_the_first_mock_goes_on(server: Running, session: requests.Session) -> None:
    second = run_to_the_end("--port", str(server.port))
    assert second.returncode == 2
    assert f"127.0.0.1:{server.port}" in second.stderr
    assert "another port" in second.stderr
    assert "Traceback" not in second.stderr
    assert session.post(server.url, json={"message": "hi"}).status_code == 200


def test_a_port_can_be_used_again_at_once(run_mock: Run, session: requests.Session) -> None:
    first = run_mock()
    session.post(first.url, json={"message": "hi"})
    first.stop()
    again = run_mock("--port", str(first.port))
    assert again.port == first.port


def test_a_port_on_which_someone_shares_is_taken_all_the_same() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        with pytest.raises(KitError, match="cannot listen"):
            open_listener("127.0.0.1", other.getsockname()[1])


def test_ipv6_addresses_are_written_in_brackets() -> None:
    with open_listener("::1", 0) as listener:
        assert authority("::1", listener) == f"[::1]:{listener.getsockname()[1]}"


def test_ipv6_is_served(run_mock: Run) -> None:
    running = run_mock("--host", "::1")
    with socket.create_connection(("::1", int(running.url.split(":")[-1].split("/")[0]))) as connection:
        connection.sendall(HEAD + b"Content-Length: 16\r\n\r\n" + HI)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
