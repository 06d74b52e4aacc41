"""The HTTP client: sends one request and returns its response or breakdown.

No other module of the verifier uses the network.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from http.client import HTTPException, RemoteDisconnected
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeGuard

import requests
import urllib3

from chat_contract.exchange import Breakdown, Headers, Request, Response
from chat_contract.version import __version__
from chat_verifier.planning.tiers import MAX_WAIT
from chat_verifier.run.budget import BudgetSpentError, RequestBudget
from chat_verifier.run.large import LARGE, LargeResponses
from chat_verifier.run.pacing import Pace
from chat_verifier.target.bounded import BoundedAdapter, Bounds, StoppedError, TooLongError, bounded
from kit_http.retry_after import retry_after
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport

USER_AGENT = f"chat-contract/{__version__}"
DEFAULT_HEADERS: Headers = (("User-Agent", USER_AGENT), ("Accept", "application/json"), ("Accept-Encoding", "identity"))
"""The headers of each request that has no others of these names."""

_MEGABYTE = 1024 * 1024
MAX_RESPONSE = 32 * _MEGABYTE
"""The largest number of bytes that are read of a response."""

_ADDRESS = re.compile(r"^(?:<[^>]*>|\w*Connection(?:Pool)?\([^)]*\)): ")
_CHUNK = 64 * 1024
_HEAD = 256 * 1024
"""How many bytes a response may have besides its body: headers, and the frames of chunks."""
LONGEST_WAIT = 120.0
"""The longest wait, in seconds, that a server may ask for in a 429 before the run ends."""
_TRIES_AFTER_429 = 5
_UNAUTHORIZED = 401
_PROXY_AUTHENTICATION_REQUIRED = 407
_MOST_429_IN_A_ROW = 5
_TOO_MANY_REQUESTS = "Try again later. verify can reduce the rate with --rate-limit, and continue with --resume."
_PAUSES = (0.1, 0.5)
"""The seconds to wait before each further attempt after a failed connection."""
_TOLERATED_TIMEOUTS = 3
_TOLERATED_RESETS = 2
"""After so many requests that failed whatever was tried, a failed connection is not tried again."""
_FEW_LOST = 3
_TOLERATED_SHARE = 0.1
"""The share of requests that a network may lose; a server that loses more fails."""
_SHORTEST_TIMEOUT = 1.0


class UnreachableError(Exception):
    """The server cannot be reached; the text gives the reason.

    ``permanent``: another attempt would not help. ``hint`` tells what to check.
    """

    def __init__(self, text: str, *, permanent: bool = False, hint: str) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.hint = hint


class Client:
    """Sends requests to one server. Thread-safe: each thread has its own connections."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Headers = (),
        timeout: float = 10.0,
        transport: Transport | None = None,
        pace: Pace | None = None,
        budget: RequestBudget | None = None,
        tokens: TokenCommand | None = None,
        max_wait: float = MAX_WAIT,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.headers = headers
        self.timeout = timeout
        self.transport = transport or Transport()
        self.pace = pace or Pace()
        self.budget = budget or RequestBudget()
        self.tokens = tokens
        self._429_in_a_row = 0
        self._waited = 0.0
        self.max_wait = max_wait
        self.waited_too_long = False
        self._timeouts = 0
        self._resets = 0
        self._lost_new = 0
        self.lost = 0
        """How many requests got no response and were sent again."""
        self._slowest = 0.0
        self._large = LargeResponses()
        self._lock = threading.Lock()
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def handling(self) -> AbstractContextManager[None]:
        """Receive and judge a response in the block: a large one waits until no other large one is in such a block."""
        return self._large.handling()

    def send(self, request: Request, *, tries: int = _TRIES_AFTER_429) -> Response | Breakdown:
        """Send the request. After a 429, wait and send it again, ``tries`` times in all.

        Raises :class:`UnreachableError` if the connection fails or the server asks to wait for too long, and
        :class:`BudgetSpentError` if the run may not send any more.
        """
        outcome = self._send_with_token(request)
        for _ in range(tries - 1):
            if not _is_429(outcome) or _is_large(outcome):
                break
            self.hold(retry_after(outcome))
            try:
                again = self._send_with_token(request)
            except BudgetSpentError:
                return outcome
            outcome = again
        self._429_in_a_row = self._429_in_a_row + 1 if _is_429(outcome) else 0
        if self._429_in_a_row >= _MOST_429_IN_A_ROW:
            self.waited_too_long = True
            text = f"status 429 in response to {_MOST_429_IN_A_ROW} requests in a row, retries included"
            raise UnreachableError(text, permanent=True, hint=_TOO_MANY_REQUESTS)
        return outcome

    def hold(self, seconds: float) -> None:
        """Hold back all requests, as a 429 asks for; raise :class:`UnreachableError` if that takes too long.

        Raises :class:`BudgetSpentError` if the run ends before.
        """
        self._waited += seconds
        if self._waited > self.max_wait:
            self.waited_too_long = True
            text = f"status 429 for longer than {self.max_wait:g} s in all"
            raise UnreachableError(text, permanent=True, hint=_TOO_MANY_REQUESTS)
        if seconds > LONGEST_WAIT:
            self.waited_too_long = True
            text = f"status 429, the server asks to wait {seconds:.0f} s"
            raise UnreachableError(text, permanent=True, hint=_TOO_MANY_REQUESTS)
        if seconds >= self.budget.left():
            self.budget.end()
            raise BudgetSpentError
        self.pace.hold(seconds)

    def _send_with_token(self, request: Request) -> Response | Breakdown:
        """Send the request; after a 401, send it once more if there is a new token."""
        if self.tokens is None or request.credential != "given":
            return self._send_settled(request)
        used = self.tokens.token()
        outcome = self._send_settled(request)
        if not isinstance(outcome, Response) or outcome.status != _UNAUTHORIZED:
            self.tokens.note_accepted()
            return outcome
        if _is_large(outcome) or not self.tokens.renew(used):
            return outcome
        try:
            return self._send_settled(request)
        except BudgetSpentError:
            return outcome

    @property
    def effective_timeout(self) -> float:
        """The timeout of the next request, in seconds.

        After several timeouts it is shorter, so that the run does not wait for each further one.
        """
        if self._timeouts < _TOLERATED_TIMEOUTS:
            return self.timeout
        return min(self.timeout, max(_SHORTEST_TIMEOUT, 10 * self._slowest))

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _send_settled(self, request: Request) -> Response | Breakdown:
        """Send the request; again if the connection is lost, unless that happens too often."""
        outcome: Breakdown | UnreachableError | None = None
        pauses = [*_PAUSES] if self._tolerates_losses() else []
        while True:
            try:
                self._begin()
            except BudgetSpentError:
                if outcome is None:
                    raise
                break
            is_new = not getattr(self._local, "connected", False)
            received = self._attempt(request)
            if self._broke_while_waiting(received):
                received = self._again_in_turn(request)
            if isinstance(received, Response) or (isinstance(received, Breakdown) and received.kind != "reset"):
                return received
            outcome = received
            if is_new:
                if not pauses:
                    break
                self._lost_new += 1
                time.sleep(pauses.pop(0))
            # Else the server may have closed a kept connection just as it was used again.
            self.lost += 1
        if isinstance(outcome, Breakdown):
            self._resets += 1
            return outcome
        raise outcome

    def _tolerates_losses(self) -> bool:
        """Return whether a lost request is sent again; after too many of them, it is not."""
        if self._lost_new > max(_FEW_LOST, _TOLERATED_SHARE * self.budget.sent):
            self._resets = _TOLERATED_RESETS
        return self._resets < _TOLERATED_RESETS

    def _broke_while_waiting(self, received: Response | Breakdown | UnreachableError) -> bool:
        """Return whether a response broke off while it waited for other large ones; servers do not wait forever."""
        broke = isinstance(received, Breakdown) and received.kind in {"truncated", "reset"}
        return broke and self._local.bounds.waited > 0

    def _again_in_turn(self, request: Request) -> Response | Breakdown | UnreachableError:
        """Send the request again when no other large response is read, so that this one need not wait."""
        self.lost += 1
        # A request may be counted only after others are over, and these may wait for the turn.
        self._large.end()
        self._begin()
        self._large.begin(self._is_over)
        return self._attempt(request)

    def _attempt(self, request: Request) -> Response | Breakdown | UnreachableError:
        """Send the request once; raise :class:`UnreachableError` if another attempt would not help."""
        received: Response | Breakdown | None = None
        try:
            received = self._send_once(request)
        except UnreachableError as error:
            if error.permanent:
                raise
            self._drop_connections()
            return error
        finally:
            self.budget.settle(accepted=isinstance(received, Response) and 200 <= received.status < 300)
        if isinstance(received, Breakdown):
            self._drop_connections()
        return received

    def _is_over(self) -> bool:
        return self.budget.left() <= 0

    def _begin(self) -> None:
        """Wait until the next request may be sent, and count it."""
        self.pace.wait()
        self.budget.take()

    def _send_once(self, request: Request) -> Response | Breakdown:
        timeout = self.effective_timeout
        bounds = self._local.bounds = Bounds(timeout, MAX_RESPONSE + _HEAD, self._is_over)
        try:
            with bounded(bounds):
                response = self._session().request(
                    request.method,
                    self.base_url + request.path,
                    data=_in_chunks(request.body) if request.chunked else request.body,
                    headers=dict((*self._default_headers(request), *request.headers)),
                    timeout=(min(timeout, 10.0), timeout),
                    allow_redirects=False,
                    stream=True,
                )
            body = self._read(response, bounds)
        except requests.exceptions.SSLError as error:
            hint = "Name a private certificate authority with --ca-bundle FILE, or a client certificate with --cert."
            if "WRONG_VERSION_NUMBER" in str(error) or "RECORD_LAYER_FAILURE" in str(error):
                plain = f"http{self.base_url.removeprefix('https')}"
                raise UnreachableError(
                    "the port speaks HTTP without TLS", permanent=True, hint=f"Try {plain}."
                ) from None
            raise UnreachableError(f"TLS failed: {_innermost(error)}", permanent=True, hint=hint) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise self._unreachable(error) from None
        except requests.exceptions.Timeout:
            self._drop_connections()
            return self._silent(timeout, bounds.elapsed)
        except StoppedError:
            self._drop_connections()
            raise BudgetSpentError from None
        except TooLongError:
            self._drop_connections()
            return Breakdown("too-long", f"more than {MAX_RESPONSE // _MEGABYTE} MiB", bounds.elapsed)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            self._drop_connections()
            return Breakdown("truncated", _innermost(error), bounds.elapsed)
        except requests.exceptions.ConnectionError as error:
            return self._disconnected(error, bounds.elapsed)
        except (requests.exceptions.InvalidHeader, requests.exceptions.RequestException) as error:
            return Breakdown("garbled", _innermost(error), bounds.elapsed)
        if response.status_code == _PROXY_AUTHENTICATION_REQUIRED and self.transport.proxy:
            hint = "Write user:password@ before the host in --proxy."
            raise UnreachableError("the proxy requires a user name and a password", permanent=True, hint=hint)
        if response.status_code >= 500 or request.method != "POST":
            # Some servers close the connection after a failure without announcing it, some send a body to HEAD, and
            # some read the body of a method that they do not know as their next request.
            self._drop_connections()
        else:
            self._local.connected = True
        headers = tuple((key, value) for key, value in response.raw.headers.items())
        elapsed = bounds.elapsed
        self._slowest = max(self._slowest, elapsed)
        return Response(response.status_code, headers, body, elapsed)

    def _unreachable(self, error: requests.exceptions.ConnectionError) -> UnreachableError:
        hint = (
            "Check that the proxy is running."
            if self.transport.proxy
            else "Check that the server is running at this address."
        )
        return UnreachableError(f"no connection: {_innermost(error)}", hint=hint)

    def _silent(self, timeout: float, elapsed: float) -> Breakdown:
        self._timeouts += 1
        return Breakdown("silence", f"no complete response within {timeout:g} s", elapsed)

    def _read(self, response: requests.Response, bounds: Bounds) -> bytes:
        """Return the decoded body. The connection limits the bytes as sent, and the time.

        The time in which other large responses were received and judged does not count.
        """
        body = bytearray()
        try:
            for part in response.iter_content(_CHUNK):
                body += part
                if len(body) > LARGE:
                    bounds.waited += self._large.begin(self._is_over)
                if len(body) > MAX_RESPONSE:
                    raise TooLongError
        except ValueError as error:
            # A negative chunk size gets as far as the read of the socket.
            raise requests.exceptions.ChunkedEncodingError(error) from None
        return bytes(body)

    def _disconnected(self, error: requests.exceptions.ConnectionError, elapsed: float) -> Breakdown:
        cause = _root(error)
        if isinstance(cause, urllib3.exceptions.NewConnectionError | ConnectionRefusedError):
            raise self._unreachable(error) from None
        if isinstance(cause, urllib3.exceptions.ReadTimeoutError | TimeoutError):
            return self._silent(self.effective_timeout, elapsed)
        if isinstance(cause, urllib3.exceptions.IncompleteRead):
            return Breakdown("truncated", str(cause), elapsed)
        if isinstance(cause, HTTPException) and not isinstance(cause, RemoteDisconnected):
            return Breakdown("garbled", _innermost(error), elapsed)
        return Breakdown("reset", _innermost(error), elapsed)

    def _default_headers(self, request: Request) -> Headers:
        headers = self.headers if request.credential == "given" else ()
        if headers and self.tokens is not None:
            others = (pair for pair in headers if pair[0].lower() != "authorization")
            headers = (*others, *self.tokens.headers())
        return (*DEFAULT_HEADERS, *headers)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # A .netrc file or proxy variables of the environment must not change what is sent.
            session.trust_env = False
            session.headers.clear()
            # A cookie would make a response depend on another conversation, and no curl command would show it.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self.transport.equip(session)
            adapter = BoundedAdapter()
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _drop_connections(self) -> None:
        self._local.connected = False
        self._session().close()


def _in_chunks(body: bytes) -> Iterator[bytes]:
    middle = max(1, len(body) // 2)
    yield body[:middle]
    if body[middle:]:
        yield body[middle:]


def _is_429(outcome: Response | Breakdown) -> TypeGuard[Response]:
    return isinstance(outcome, Response) and outcome.status == 429


def _is_large(response: Response) -> bool:
    """Return whether a response is too large to be kept while another one is received."""
    return len(response.body) > LARGE


def _root(error: BaseException) -> BaseException:
    """Return the innermost exception behind an exception of requests."""
    seen: list[Any] = [error]
    while True:
        inner = seen[-1]
        following = getattr(inner, "reason", None)
        if not isinstance(following, BaseException):
            following = next((part for part in getattr(inner, "args", ()) if isinstance(part, BaseException)), None)
        if following is None or following in seen:
            return seen[-1] if isinstance(seen[-1], BaseException) else error
        seen.append(following)


def _innermost(error: BaseException) -> str:
    """Return the message of the innermost exception, without the addresses of objects."""
    cause = _root(error)
    text = _ADDRESS.sub("", str(cause)) or type(cause).__name__
    return text[:200]
