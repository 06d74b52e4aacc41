"""Runs a WSGI application (PEP 3333) for an ASGI request whose body has been read."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from mock_server.http.bodies import READ_ALREADY, Body

_UNPREFIXED = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


@dataclass(frozen=True)
class Ran:
    """A response of the application. Its body is complete without ``rest``, which has the further pieces."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    rest: Iterator[bytes] | None = None
    close: Callable[[], None] = lambda: None


def environ_of(scope: Mapping[str, Any], headers: Mapping[str, str], body: Body) -> dict[str, Any]:
    """Return the WSGI environment of a request."""
    server, port = scope["server"] or ("", "")
    # Werkzeug takes "post" for POST.
    method = scope["method"] if scope["method"].isupper() else f"UNKNOWN-{scope['method'].upper()}"
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(scope["raw_path"]).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": server,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": scope["client"][0] if scope["client"] else "",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        READ_ALREADY: body,
        "wsgi.input": io.BytesIO(body.data),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in headers.items():
        # In WSGI, "x_y" and "x-y" are the same name; no honest client sends the first.
        if "_" not in name:
            environ[_UNPREFIXED.get(name) or f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def run(app: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> Ran:
    """Run the application. A body with a Content-Length is collected; any other is left to be read."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    result = app(environ, lambda status, headers, _exc_info=None: started.append((status, headers)))
    close = getattr(result, "close", lambda: None)
    chunks = iter(result)
    # An application may call start_response as late as with its first chunk.
    body = next(chunks, b"")
    status, headers = int(started[-1][0][:3]), started[-1][1]
    if body and all(name.lower() != "content-length" for name, _ in headers):
        return Ran(status, headers, body, chunks, close)
    body += b"".join(chunks)
    close()
    return Ran(status, headers, body)
