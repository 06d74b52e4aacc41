"""The mock as a process: real sockets, real signals."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import requests

from chat_contract import KitError, __version__
from mock_server import Snapshot
from mock_server.respond.service import ChatService
from mock_server.server.asgi import MockApp
from mock_server.server.listener import check_certificate, open_listener
from testbed.ports import free_port
from tests.support.certificates import certificate
from tests.support.mock import Running
from tests.support.paths import ROOT
from tests.support.served import Served
from tests.support.waiting import PATIENCE, wait_until

Run = Callable[..., Running]
HI = b'{"message":"hi"}'
HEAD = b"POST /v1/chat HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
def session() -> Iterator[requests.Session]:
    with requests.Session() as opened:
        opened.trust_env = False
        yield opened


def exchange(port: int, data: bytes, *, end: bool = False) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(data)
        if end:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while b"\r\n\r\n" not in received and (chunk := connection.recv(65536)):
            received += chunk
        return received


def test_mock_answers_as_soon_as_it_prints_its_address(server: Running, session: requests.Session) -> None:
    assert server.url == f"http://127.0.0.1:{server.port}/v1/chat"
    assert session.post(server.url, json={"message": "a sofa"}).json()["items"][0]["item_id"] == "SF300LN"
    assert session.get(f"http://127.0.0.1:{server.port}/_mock/health").json()["status"] == "ok"


def test_chunked_body_is_read_up_to_the_limit(server: Running, session: requests.Session) -> None:
    def chunks(size: int) -> Iterator[bytes]:
        yield b'{"message":"'
        for _ in range(size // 65536):
            yield b"a" * 65536
        yield b'"}'

    headers = {"Content-Type": "application/json"}
    assert session.post(server.url, data=chunks(200_000), headers=headers).status_code == 200
    response = session.post(server.url, data=chunks(2 * 1024 * 1024), headers=headers)
    assert (response.status_code, response.json()) == (413, {"detail": "The body is larger than 1048576 bytes."})


def test_client_that_is_still_sending_a_large_body_gets_413(server: Running) -> None:
    body = b'{"message":"' + b"a" * 2 * 1024 * 1024 + b'"}'
    assert exchange(server.port, HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body).startswith(b"HTTP/1.1 413")


def test_body_that_ends_early_returns_422(server: Running) -> None:
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
def test_broken_framing_gets_neither_a_5xx_nor_a_hang(server: Running, data: bytes) -> None:
    try:
        received = exchange(server.port, data, end=True)
    except OSError:  # refused before all of it was sent
        received = b""
    assert not received.startswith(b"HTTP/1.1 5")
    assert exchange(server.port, HEAD + b"Content-Length: 16\r\n\r\n" + HI).startswith(b"HTTP/1.1 200")


def test_environment_variables_do_not_leak_into_requests(run_mock: Run, session: requests.Session) -> None:
    leaks = {"HTTP_CONTENT_ENCODING": "gzip", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": "3"}
    running = run_mock(env={**leaks, "HTTP_PROXY": "http://127.0.0.1:9", "wsgi.input_terminated": ""})
    assert session.post(running.url, json={"message": "hi"}).status_code == 200
    without_type = session.post(running.url, data=HI)
    assert without_type.json()["detail"][0]["type"] == "model_attributes_type"


def test_mock_serves_https(run_mock: Run, session: requests.Session, tmp_path: Path, require_program: Any) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "mock")
    running = run_mock("--tls-cert", str(cert), "--tls-key", str(key))
    assert running.url.startswith("https://127.0.0.1:")
    answer = session.post(running.url, json={"message": "hi"}, verify=str(cert))
    assert answer.status_code == 200


def test_incomplete_tls_handshakes_count_as_connections(run_mock: Run, tmp_path: Path, require_program: Any) -> None:
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "mock")
    running = run_mock("--tls-cert", str(cert), "--tls-key", str(key), "--max-connections", "3")

    def connect() -> socket.socket:
        return stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE))

    def is_served() -> bool:
        with suppress(requests.ConnectionError), requests.Session() as session:
            return session.post(running.url, json={"message": "hi"}, verify=str(cert)).status_code == 200
        return False

    with ExitStack() as stack:
        idle = [connect() for _ in range(2)]
        wait_until(is_served)
        # The connection of an earlier request may still count, so that the server ends an idle one.
        wait_until(lambda: not (idle.append(connect()) or is_served()))
        assert connect().recv(1) == b""
        stack.close()
        wait_until(is_served)


BAD_CERTIFICATES: dict[str, Callable[[Path], tuple[Path | None, Path | None]]] = {
    "must be used together": lambda folder: (certificate(folder, "a")[0], None),
    "absent.key: the file does not exist": lambda folder: (certificate(folder, "a")[0], folder / "absent.key"),
    "KEY_VALUES_MISMATCH": lambda folder: (certificate(folder, "a")[0], certificate(folder, "b")[1]),
    "Give a certificate and its key in PEM format": lambda folder: (text_file(folder), text_file(folder)),
    "the key has a password": lambda folder: (certificate(folder, "a")[0], with_password(folder / "a.key")),
}


def text_file(folder: Path) -> Path:
    (folder / "text.pem").write_text("not a certificate")
    return folder / "text.pem"


def with_password(key: Path) -> Path:
    protected = key.with_suffix(".protected")
    command = ["openssl", "rsa", "-aes128", "-passout", "pass:secret", "-in", key, "-out", protected]
    subprocess.run(command, check=True, capture_output=True)
    return protected


@pytest.mark.parametrize("message", BAD_CERTIFICATES)
def test_invalid_certificate_is_reported(message: str, tmp_path: Path, require_program: Any) -> None:
    require_program("openssl", "openssl")
    with pytest.raises(KitError, match=re.escape(message)):
        check_certificate(*BAD_CERTIFICATES[message](tmp_path))


def test_mock_does_not_start_with_a_certificate_that_does_not_exist() -> None:
    ended = run_to_the_end("--port", "0", "--tls-cert", "absent.pem", "--tls-key", "absent.key")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Cannot read absent.pem: the file does not exist." in ended.stderr
    assert "Traceback" not in ended.stderr


@contextmanager
def busy_with_slow_clients(running: Running | Served) -> Iterator[None]:
    """Clients of every kind that could hold up the end of the server."""
    follow = b"GET /_mock/requests/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    whole = b"Content-Length: 16\r\n\r\n" + HI
    sent = {
        "idle": b"",
        "half a head": HEAD,
        "half a body": HEAD + b"Content-Length: 90\r\n\r\n" + HI,
        "a hanging response": HEAD + b"Prefer: fault=hang\r\n" + whole,
        "a delayed response": HEAD + b"Prefer: delay=60s\r\n" + whole,
        "a slow response": HEAD + b"Prefer: fault=slow\r\n" + whole,
        "unread responses": b"GET /_mock/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 200,
        "a follower": follow,
    }
    with ExitStack() as stack:
        for data in sent.values():
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=PATIENCE))
            connection.sendall(data)
            if data is follow:
                assert connection.recv(100).startswith(b"HTTP/1.1 200")
        yield


@pytest.mark.parametrize(
    "signals",
    [(signal.SIGTERM,), (signal.SIGINT,), (signal.SIGINT, signal.SIGINT)],
    ids=["SIGTERM", "Ctrl-C", "Ctrl-C twice"],
)
def test_signal_ends_the_mock_soon_and_silently_whatever_its_clients_do(
    run_mock: Run, signals: tuple[signal.Signals, ...]
) -> None:
    running = run_mock("--port", str(free_port()))
    with busy_with_slow_clients(running):
        for sign in signals:
            os.killpg(running.process.pid, sign)  # as a terminal does with Ctrl-C
        assert running.process.wait(timeout=PATIENCE) == 0
    assert running.process.stdout is not None
    assert running.process.stdout.read() == ""
    again = run_mock("--port", str(running.port))
    assert again.port == running.port


class Waits:
    """Stands for :func:`asyncio.sleep`, and adds up what the server waits once it has been told to stop."""

    def __init__(self) -> None:
        self.is_stopping = False
        self.seconds = 0.0
        self._sleep = asyncio.sleep

    async def __call__(self, seconds: float) -> None:
        task = asyncio.current_task()
        if self.is_stopping and task is not None and "Server.serve" in task.get_coro().__qualname__:
            self.seconds += seconds
        await self._sleep(seconds)


@pytest.mark.parametrize("forced", [False, True], ids=["Ctrl-C", "Ctrl-C twice"])
def test_server_that_stops_waits_for_less_than_a_second_whatever_its_clients_do(
    forced: bool, monkeypatch: pytest.MonkeyPatch, snapshot: Snapshot
) -> None:
    waits = Waits()
    monkeypatch.setattr("uvicorn.server.asyncio.sleep", waits)
    service = ChatService(snapshot)
    served = Served(MockApp(service), at_end=service.end)
    with busy_with_slow_clients(served):
        waits.is_stopping = True
        served.stop(forced=forced)
    assert 0 < waits.seconds < (0.5 if forced else 1)


_PARENT = """
import subprocess, sys, time
command = [sys.executable, "-P", "-m", "mock_server", "--port", "0", *sys.argv[1:]]
mock = subprocess.Popen(command)
print(mock.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("follows", [True, False])
def test_mock_ends_with_its_parent_only_with_exit_with_parent(follows: bool) -> None:
    option = ["--exit-with-parent"] if follows else []
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, *option], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    try:
        port = int(re.findall(r":(\d+)/v1/chat", parent.stdout.readline())[0])
        parent.kill()
        parent.wait(timeout=PATIENCE)
        deadline = time.monotonic() + (PATIENCE if follows else 1)
        while _answers(port) and time.monotonic() < deadline:
            time.sleep(0.02)
        assert _answers(port) is not follows
    finally:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        parent.stdout.close()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_seed_makes_ids_repeatable(run_mock: Run, session: requests.Session) -> None:
    ids = {session.post(run_mock("--seed", "5").url, json={"message": "hi"}).json()["conversation_id"] for _ in "ab"}
    assert len(ids) == 1


def test_options_reach_the_server(run_mock: Run, session: requests.Session) -> None:
    running = run_mock("--max-body", "20", "--host", "localhost")
    assert running.ready_line.startswith("Mock ready: POST http://localhost:")
    assert session.post(running.url, json={"message": "more than twenty"}).status_code == 413


def test_ready_json_prints_one_line_with_the_addresses() -> None:
    command = [sys.executable, "-P", "-m", "mock_server", "--port", "0", "--ready-json"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ready = json.loads(process.stdout.readline())
    process.terminate()
    rest, _ = process.communicate(timeout=PATIENCE)
    assert rest == ""
    base = ready.pop("base")
    assert ready == {"url": f"{base}/v1", "pid": process.pid, "version": __version__}
    assert base.startswith("http://127.0.0.1:")


def run_to_the_end(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-P", "-m", "mock_server", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_taken_port_exits_with_2_and_the_first_mock_keeps_serving(server: Running, session: requests.Session) -> None:
    second = run_to_the_end("--port", str(server.port))
    assert second.returncode == 2
    assert f"127.0.0.1:{server.port}" in second.stderr
    assert "choose another port" in second.stderr
    assert "Traceback" not in second.stderr
    assert session.post(server.url, json={"message": "hi"}).status_code == 200


def test_port_can_be_used_again_at_once(run_mock: Run, session: requests.Session) -> None:
    first = run_mock("--port", str(free_port()))
    session.post(first.url, json={"message": "hi"})
    first.stop()
    again = run_mock("--port", str(first.port))
    assert again.port == first.port


def test_port_of_a_socket_with_reuseport_is_taken() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        with pytest.raises(KitError, match=r"Cannot listen on .*: address already in use\. Stop the other server"):
            open_listener("127.0.0.1", other.getsockname()[1])


def test_mock_serves_ipv6_and_shows_the_address_in_brackets(run_mock: Run) -> None:
    running = run_mock("--host", "::1")
    assert running.url.startswith("http://[::1]:")
    with socket.create_connection(("::1", int(running.url.split(":")[-1].split("/")[0]))) as connection:
        connection.sendall(HEAD + b"Content-Length: 16\r\n\r\n" + HI)
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
