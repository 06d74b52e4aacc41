"""Fetches a document in limited time, without following a redirect to another host or port."""

from __future__ import annotations

import io
import time
import urllib.request
from functools import partial
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib.parse import urlsplit


class RedirectElsewhere(Exception):  # noqa: N818 - an event that the caller words as an error
    """The server redirects to another host or port."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.url = url


class _SameServer(urllib.request.HTTPRedirectHandler):
    def redirect_request(  # noqa: PLR0917 - the signature of urllib
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl)[:2] != urlsplit(req.full_url)[:2]:
            fp.close()
            raise RedirectElsewhere(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _TimedSocket(io.RawIOBase):
    """Reads from a socket until a point in time. The timeout of a socket limits each read, so drips never exceed it."""

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


class _Handler(urllib.request.HTTPSHandler, urllib.request.HTTPHandler):
    """Opens connections whose responses must be complete at a point in time, redirects included."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(self._connection, HTTPConnection), req)

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(partial(self._connection, HTTPSConnection), req)

    def _connection(self, made: type[HTTPConnection], host: str, **options: Any) -> HTTPConnection:
        connection = made(host, **options)
        connection.response_class = partial(_TimedResponse, self._until)  # type: ignore[assignment]  # only called
        return connection


def open_url(url: str, seconds: float) -> Any:
    """Send GET to an http or https URL; return the response as a stream that ends, or fails, within the time."""
    opener = urllib.request.build_opener(_SameServer, _Handler(time.monotonic() + seconds))
    return opener.open(url, timeout=seconds)
