"""Runs a WSGI application (PEP 3333) for a request that came by RSGI. Knows nothing of what the application does."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


@dataclass(frozen=True)
class Ran:
    """What the application said. ``body`` is the whole of it, or nothing where it comes bit by bit in ``rest``."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes | None
    rest: Iterator[bytes]
    close: Callable[[], None]


def environ_of(scope: Any, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """Return the environment of a request whose body has been read."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": _method_of(scope.method),
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        # A name with an underscore could pass for another one here; no honest client sends any.
        if "_" not in name:
            environ[_UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def _method_of(method: str) -> str:
    """Return the method by a name that stays another one where it is, since Werkzeug takes post for POST."""
    return method if method == method.upper() else f"UNKNOWN-{method.upper()}"


def run(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Ran:
    """Run the application; what announces its length is gathered, what does not is left to be read."""
    started: list[Any] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Callable[[bytes], None]:
        started[:] = [int(status.split(" ", 1)[0]), [(name.lower(), value) for name, value in headers]]
        return _no_write

    result = app(environ, start_response)
    close = getattr(result, "close", _nothing)
    chunks = iter(result)
    # The head may come as late as the first piece of the body.
    first = next(chunks, b"")
    status, headers = started
    if any(name == "content-length" for name, _ in headers) or not first:
        body = first + b"".join(chunks)
        close()
        return Ran(status, headers, body, iter(()), _nothing)
    return Ran(status, headers, None, _with(first, chunks), close)


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("nobody writes this way any more")


def _nothing() -> None:
    """Do nothing."""
