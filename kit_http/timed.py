"""Connections of urllib whose responses must be complete at a point in time.

The timeout of a socket limits each read, so a server that sends a byte at a time never exceeds one.
"""

from __future__ import annotations

import io
import time
import urllib.request
from functools import partial
from http.client import HTTPConnection, HTTPResponse, HTTPSConnection
from typing import Any


class _TimedSocket(io.RawIOBase):
    """Reads from a socket until a point in time."""

    def __init__(self, sock: Any, raw: Any, until: float) -> None:
        self._sock = sock
        self._raw = raw
        self._until = until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left)
        return int(self._sock.recv_into(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, until: float, sock: Any, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(_TimedSocket(sock, self.fp.detach(), until))


class TimedHandler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Opens connections whose responses must be complete within some seconds from now, redirects included."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._until = time.monotonic() + seconds

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Send a request to an http URL."""
        return self.do_open(partial(self._connection, HTTPConnection), req)

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        """Send a request to an https URL."""
        return self.do_open(partial(self._connection, HTTPSConnection), req)

    def _connection(self, made: type[HTTPConnection], host: str, **options: Any) -> HTTPConnection:
        connection = made(host, **options)
        connection.response_class = partial(_TimedResponse, self._until)  # type: ignore[assignment]  # only called
        return connection
