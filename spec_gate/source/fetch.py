"""Fetches a document in limited time, without following a redirect to another host or port."""

from __future__ import annotations

import urllib.request
from http.client import HTTPMessage
from typing import IO, Any
from urllib.parse import urlsplit

from kit_http.timed import TimedHandler


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


def open_url(url: str, seconds: float) -> Any:
    """Send GET to an http or https URL; return the response as a stream that ends, or fails, within the time."""
    return urllib.request.build_opener(_SameServer, TimedHandler(seconds)).open(url, timeout=seconds)
