"""Hostile services behind ``mock --upstream`` and ``record``."""

from __future__ import annotations

import gzip
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from chat_mock.server import Server
from testbed.outsider.attack import SECRET, Attack

_LIMITS = ("--timeout", "3", "--upstream-max-body", "1MiB")
_SECONDS = 30
_PAUSE = 0.2
_REPLY = json.dumps({"conversation_id": "c", "message": "m", "items": []}).encode()
_BLOCK = b" " * 65536


def _response(body: bytes = _REPLY, *headers: str, status: int = 200, media_type: str = "application/json") -> bytes:
    lines = (f"HTTP/1.1 {status} X", f"Content-Type: {media_type}", f"Content-Length: {len(body)}", *headers)
    return "\r\n".join((*lines, "Connection: close", "", "")).encode() + body


_ENDLESS = b"HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n"
_BOMB = gzip.compress(b" " * 50_000_000, 1)
_BROWSER_HEADERS = ("Strict-Transport-Security: max-age=9", "Clear-Site-Data: *", "NEL: {}", "Alt-Svc: clear")
_RESPONSES: dict[str, tuple[bytes, bytes, float]] = {
    "cookies of other programs": (_response(), b"", 0),
    "a cookie for all programs": (_response(_REPLY, "Set-Cookie: admin=x; Path=/"), b"", 0),
    "headers about this host": (_response(_REPLY, *_BROWSER_HEADERS), b"", 0),
    "access for every page": (_response(_REPLY, "Access-Control-Allow-Origin: *"), b"", 0),
    "a page with a script": (_response(b"<script>1</script>", media_type="text/html"), b"", 0),
    "a status above 599": (_response(status=999), b"", 0),
    "a compression bomb": (_response(_BOMB, "Content-Encoding: gzip"), b"", 0),
    "a body without end": (_ENDLESS, _BLOCK, 0),
    "a body that drips": (_ENDLESS, b" ", _PAUSE),
    "headers that drip": (_ENDLESS[:-2] + b"X: ", b"x", _PAUSE),
}
"""For each attack, what the service sends, what it repeats after that, and the pause before each repetition."""


class Service:
    """A service that responds to a message with the attack of this name, and keeps what it receives."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self.received = b""
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._respond, args=(connection,), daemon=True).start()

    def _respond(self, connection: socket.socket) -> None:
        pause, request = threading.Event(), b""
        with connection, suppress(OSError):
            while not (found := [name for name in _RESPONSES if f'"{name}"'.encode() in request]):
                request += connection.recv(65536)
            self.received += request
            begin, piece, seconds = _RESPONSES[found[0]]
            connection.sendall(begin)
            while piece and not pause.wait(seconds):
                connection.sendall(piece)


@contextmanager
def attacked() -> Iterator[list[Attack]]:
    """Start a service, a mock and a recorder; provide the attacks on both."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        service = Service(listener)
        mock = Server.start(["--upstream", service.url, *_LIMITS])
        try:
            with _recorder(service.url) as recorder:
                yield [*_attacks("mock", mock.base_url, service), *_attacks("recorder", recorder, service)]
        finally:
            mock.stop()


@contextmanager
def _recorder(upstream: str) -> Iterator[str]:
    command = [sys.executable, "-P", "-m", "kit_cli", "record", upstream, "--preview", "--port", "0", *_LIMITS]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            found = re.search(r"http://\S+(?=/chat)", process.stdout.readline() if process.stdout else "")
            yield found[0] if found else ""
        finally:
            process.kill()


def _attacks(who: str, base: str, service: Service) -> Iterator[Attack]:
    for name, expected, look in (
        (
            "cookies of other programs",
            "not sent",
            lambda _: "sent" if SECRET.encode() in service.received else "not sent",
        ),
        ("a cookie for all programs", "harmless", _cookies),
        ("headers about this host", "removed", _about_this_host),
        ("access for every page", "no access", _access),
        ("a page with a script", "sandbox", lambda response: response["Content-Security-Policy"] or "page"),
    ):
        yield Attack(f"service behind the {who}", name, expected, partial(_look, base, name, look))
    for name in list(_RESPONSES)[5:]:
        yield Attack(
            f"service behind the {who}", name, "502", partial(_look, base, name, lambda response: response["status"])
        )


def _look(base: str, name: str, look: Callable[[Message], str], _: Path) -> str:
    """Send a message from a page of another program, and return what is seen in the response."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=_SECONDS)
    headers = {"Content-Type": "application/json", "Cookie": f"admin={SECRET}", "Origin": "http://evil.example"}
    try:
        connection.request("POST", "/v1/chat", json.dumps({"message": name}).encode(), headers)
        response = connection.getresponse()
        response.headers["status"] = str(response.status)
        return look(response.headers)
    finally:
        connection.close()


def _cookies(headers: Message) -> str:
    shown = headers["Set-Cookie"] or ""
    return "for all" if shown.startswith("admin") or "Path=/;" in f"{shown};" else "harmless"


def _about_this_host(headers: Message) -> str:
    names = [line.partition(":")[0] for line in _BROWSER_HEADERS]
    return ", ".join(name for name in names if name in headers) or "removed"


def _access(headers: Message) -> str:
    return headers["Access-Control-Allow-Origin"] or "no access"
