"""TLS, client certificates and proxies on the way to the upstream service, for the mock and the recorder."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import requests

from chat_contract import UsageError
from kit_http.transport import Transport
from mock_server import Options
from mock_server.respond.relay import make_relay
from mock_server.respond.upstream import Upstream, UpstreamError
from tests.support.certificates import certificate
from tests.support.mock import Running
from tests.support.waiting import PATIENCE

REPLY = b'{"conversation_id": "c", "message": "Real.", "items": []}'
MESSAGE = {"message": "A message that no conversation matches zzz"}


class _Service(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(REPLY)))
        # A proxy gets the whole URL.
        self.send_header("X-Target", self.path)
        self.end_headers()
        self.wfile.write(REPLY)

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serves with TLS if a context is given, and returns the address."""
    servers: list[HTTPServer] = []

    def start(context: ssl.SSLContext | None = None) -> str:
        server = HTTPServer(("127.0.0.1", 0), _Service)
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        servers.append(server)
        return f"{'http' if context is None else 'https'}://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def send(url: str, transport: Transport) -> str:
    """Send a request through the upstream client, and return the target that the service saw."""

    async def run() -> str:
        upstream = Upstream(f"{url}/v1", transport=transport)
        try:
            async with upstream.send("POST", "/chat", (), b"{}") as answered:
                assert answered.body == REPLY
                return dict(answered.headers)["X-Target"]
        finally:
            await upstream.close()

    return asyncio.run(run())


def tls(folder: Path, *, clients: Path | None = None) -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server, which requires a certificate of its clients if one is given, and its CA file."""
    made, key = certificate(folder, "service")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients)
    return context, made


def test_certificate_of_the_service_is_verified(serve: Callable[..., str], tmp_path: Path) -> None:
    context, made = tls(tmp_path)
    url = serve(context)
    with pytest.raises(UpstreamError, match="certificate is not trusted"):
        send(url, Transport())
    assert send(url, Transport(ca_bundle=made)) == "/v1/chat"
    assert send(url, Transport(insecure=True)) == "/v1/chat"


def test_client_certificate_is_sent(serve: Callable[..., str], tmp_path: Path) -> None:
    client, key = certificate(tmp_path, "client")
    context, made = tls(tmp_path, clients=client)
    url = serve(context)
    for _ in range(5):
        # The refusal reaches the client while it sends or while it reads.
        with pytest.raises(UpstreamError):
            send(url, Transport(ca_bundle=made))
    assert send(url, Transport(ca_bundle=made, cert=client, key=key)) == "/v1/chat"


def test_requests_go_through_the_proxy(serve: Callable[..., str]) -> None:
    assert send("http://service.test", Transport(proxy=serve())) == "http://service.test/v1/chat"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ca_bundle": Path("none.pem")}, "--ca-bundle none.pem: cannot read the file"),
        ({"insecure": True, "ca_bundle": Path("none.pem")}, "--ca-bundle has no effect"),
        ({"key": Path("none.key")}, "Add --cert FILE"),
        ({"proxy": "nonsense"}, "proxy"),
    ],
)
def test_invalid_option_is_a_usage_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_relay(Options(upstream="http://service.test/v1", **options), "/chat")


@pytest.mark.parametrize("option", ["ca_bundle", "cert", "key", "proxy", "insecure", "upstream_key_env"])
def test_option_of_the_upstream_needs_an_upstream(option: str) -> None:
    with pytest.raises(UsageError, match=rf"--{option.replace('_', '-')} requires --upstream"):
        make_relay(Options(**{option: "x"}), "/chat")


def test_mock_and_recorder_take_the_options(
    serve: Callable[..., str], run_mock: Callable[..., Running], tmp_path: Path
) -> None:
    context, made = tls(tmp_path)
    upstream = f"{serve(context)}/v1"
    mock = run_mock("--upstream", upstream, "--ca-bundle", str(made), "--timeout", "30")
    assert requests.post(mock.url, json=MESSAGE, timeout=PATIENCE).json()["message"] == "Real."
    command = [
        sys.executable,
        "-m",
        "kit_cli",
        "record",
        upstream,
        "--out",
        tmp_path / "out",
        "--port",
        "0",
        "--insecure",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as recorder:
        try:
            url = re.search(r"http://\S+", recorder.stdout.readline())[0]
            assert requests.post(url, json=MESSAGE, timeout=PATIENCE).json()["message"] == "Real."
        finally:
            recorder.terminate()


def test_recorder_on_a_taken_port_leaves_no_folder(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "kit_cli", "record", "http://x/v1", "--out", "out", "--port", port]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert (done.returncode, "address already in use" in done.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []
