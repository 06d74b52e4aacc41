"""Sends requests to the control API. Whatever answers there, the time and the size of a response are limited."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from typing import Any, Final, TypeVar

from chat_contract.large_bodies import MOST_VALUES, has_too_many_values
from chat_mock.received import UnexpectedShapeError
from kit_http.timed import TimedHandler
from kit_reports.visible import visible_text

T = TypeVar("T")

SECONDS: Final = 30.0
"""Time in which a response must be complete."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""Size of a response. A journal of 8 MiB has at most 48 MiB as JSON."""
_MOST_OF_AN_ERROR = 16 * 1024
_FEWER = "Reset the mock more often, or send fewer or smaller requests."
_REDIRECTED = "The mock redirects to another address. Connect to that address, so that the token goes nowhere else."


class ChatMockError(Exception):
    """The mock rejected a rule or a filter, or did not respond as it should. The text says what is valid."""

    def __init__(self, text: str) -> None:
        super().__init__(visible_text(text))


class ControlApi:
    """The control API at a URL."""

    def __init__(self, url: str, token: str | None) -> None:
        self._url = url
        self._headers = {"Content-Type": "application/json", **({} if token is None else {"X-Mock-Token": token})}

    def get(self, path: str, read: Callable[[Any], T]) -> T:
        """Return what ``read`` makes of the JSON value of the response. Raise :class:`ChatMockError`."""
        __tracebackhide__ = True
        text = self._call("GET", path)
        if len(text) > MOST_BYTES:
            raise ChatMockError(f"The response of {self._url} is larger than {MOST_BYTES} bytes. {_FEWER}")
        if has_too_many_values(text):
            raise ChatMockError(f"The response of {self._url} has more than {MOST_VALUES} JSON values. {_FEWER}")
        try:
            return read(json.loads(text))
        except UnexpectedShapeError as error:
            raise ChatMockError(self._unexpected(f"{error} is missing or has another type")) from None
        except (ValueError, RecursionError):
            raise ChatMockError(self._unexpected("not JSON")) from None

    def post(self, path: str, body: Any = None) -> None:
        """Send a JSON value, or nothing. Raise :class:`ChatMockError`."""
        __tracebackhide__ = True
        self._call("POST", path, None if body is None else json.dumps(body).encode())

    def _call(self, method: str, path: str, body: bytes | None = None) -> bytes:
        __tracebackhide__ = True
        request = urllib.request.Request(self._url + path, body, self._headers, method=method)  # noqa: S310 - the mock's
        # The mock is local: ignore proxies of the environment.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects(), TimedHandler(SECONDS))
        try:
            with opener.open(request, timeout=SECONDS) as response:
                return bytes(response.read(MOST_BYTES + 1))
        except urllib.error.HTTPError as error:
            raise ChatMockError(_detail(error)) from None
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise ChatMockError(f"The mock at {self._url} does not respond: {reason!s:.200}") from None

    def _unexpected(self, what: str) -> str:
        return f"Unexpected response of {self._url}: {what}. Check that the URL is that of a mock of this version."


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which could send the token to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _detail(error: urllib.error.HTTPError) -> str:
    """Return what a response with an error status says."""
    with error:
        if 300 <= error.code < 400:
            return _REDIRECTED
        try:
            body = error.read(_MOST_OF_AN_ERROR)
        except (OSError, HTTPException):
            body = b""
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return body.decode("utf-8", "replace") or f"status {error.code}"
