"""Sends one request and says what came of it; the only module that touches the network."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeGuard

import requests
import urllib3
from requests.adapters import HTTPAdapter

from chat_contract.exchange import Breakdown, Headers, Request, Response
from chat_contract.version import __version__
from chat_verifier.run.budget import BudgetSpentError, RequestBudget
from chat_verifier.run.pacing import Pace
from kit_http.transport import Transport

USER_AGENT = f"chat-contract/{__version__}"
MAX_ANSWER = 32 * 1024 * 1024
"""How many bytes of one answer are read."""

_ADDRESS = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): ")
_CHUNK = 64 * 1024
LONGEST_WAIT = 120.0
"""A server that asks for more has said that it will not be judged now."""
_SHORTEST_WAIT = 0.05
_TRIES_AT_429 = 5
_PROXY_WANTS_A_PASSWORD = 407
_TURNED_AWAY = 5
_TOO_MUCH = "send less by --rate-limit, or go on another time by --resume"
_NUMBER = re.compile(r"\d+(?:\.\d*)?\Z")
_PAUSES = (0.1, 0.5)
"""How long to wait before each further try of a connection that failed, in seconds."""
_SILENCES_WAITED_FOR = 3
_LEAST_PATIENCE = 1.0


class UnreachableError(Exception):
    """No connection could be made, so nothing was judged; the text says why.

    ``for_good``: trying again would not help. ``hint`` says what to look at.
    """

    def __init__(self, text: str, *, for_good: bool = False, hint: str) -> None:
        super().__init__(text)
        self.for_good = for_good
        self.hint = hint


class Client:
    """Talks to one server. Thread-safe: each thread has its own connections."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Headers = (),
        timeout: float = 10.0,
        transport: Transport | None = None,
        pace: Pace | None = None,
        budget: RequestBudget | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.headers = headers
        self.timeout = timeout
        self.transport = transport or Transport()
        self.pace = pace or Pace()
        self.budget = budget or RequestBudget()
        self._turned_away = 0
        self._silences = 0
        self._slowest = 0.0
        self._lock = threading.Lock()
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def send(self, request: Request, *, tries: int = _TRIES_AT_429) -> Response | Breakdown:
        """Send the request; a 429 is waited for and sent again, as often as ``tries`` says.

        Raises :class:`UnreachableError` where no connection can be made, and where the server takes nothing more for a
        long time; :class:`BudgetSpentError` where the run may send no more.
        """
        outcome = self._send_settled(request)
        for _ in range(tries - 1):
            if not _is_429(outcome):
                break
            seconds = retry_after(outcome)
            if seconds > LONGEST_WAIT:
                raise UnreachableError(f"status 429, which asks to wait {seconds:.0f} s", for_good=True, hint=_TOO_MUCH)
            if seconds >= self.budget.left():
                self.budget.end()
                raise BudgetSpentError
            self.pace.hold(seconds)
            try:
                again = self._send_settled(request)
            except BudgetSpentError:
                return outcome
            self.budget.lose()
            outcome = again
        self._turned_away = self._turned_away + 1 if _is_429(outcome) else 0
        if self._turned_away >= _TURNED_AWAY:
            text = f"status 429 to {_TURNED_AWAY} requests one after the other, however often they were sent"
            raise UnreachableError(text, for_good=True, hint=_TOO_MUCH)
        return outcome

    @property
    def patience(self) -> float:
        """How long a call may take, in seconds.

        A server that has been silent several times is known to be; what comes after must not take the whole day.
        """
        if self._silences < _SILENCES_WAITED_FOR:
            return self.timeout
        return min(self.timeout, max(_LEAST_PATIENCE, 10 * self._slowest))

    def close(self) -> None:
        for session in self._sessions:
            session.close()

    def _send_settled(self, request: Request) -> Response | Breakdown:
        """Send until the connection holds: a network may lose one or two of them, but not three for one request."""
        outcome: Breakdown | UnreachableError | None = None
        for pause in (0.0, *_PAUSES):
            time.sleep(pause)
            try:
                self._begin()
            except BudgetSpentError:
                if outcome is None:
                    raise
                break
            if outcome is not None:
                self.budget.lose()
            try:
                came = self._send_once(request)
            except UnreachableError as error:
                if error.for_good:
                    raise
                outcome = error
                continue
            if not isinstance(came, Breakdown) or came.kind != "reset":
                return came
            # A server may close a kept connection just as it is used again. On a fresh one that cannot be.
            self._drop_connections()
            outcome = came
        if isinstance(outcome, Breakdown):
            return outcome
        assert outcome is not None
        raise outcome

    def _begin(self) -> None:
        """Wait for the time of the next request, and count it."""
        self.pace.wait()
        self.budget.take()

    def _send_once(self, request: Request) -> Response | Breakdown:
        began = time.monotonic()
        patience = self.patience
        try:
            answer = self._session().request(
                request.method,
                self.base_url + request.path,
                data=_in_chunks(request.body) if request.chunked else request.body,
                headers=dict((*self._default_headers(request), *request.headers)),
                timeout=(min(patience, 10.0), patience),
                allow_redirects=False,
                stream=True,
            )
            body = self._read(answer, began + patience)
        except requests.exceptions.SSLError as error:
            hint = "an authority of your own needs --ca-bundle FILE, a server that asks for a certificate --cert FILE"
            raise UnreachableError(f"TLS failed: {_innermost(error)}", for_good=True, hint=hint) from None
        except (requests.exceptions.ConnectTimeout, requests.exceptions.ProxyError) as error:
            raise self._unreachable(error) from None
        except (requests.exceptions.Timeout, TimeoutError):
            self._drop_connections()
            return self._silent(patience, time.monotonic() - began)
        except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
            self._drop_connections()
            return Breakdown("truncated", _innermost(error), time.monotonic() - began)
        except requests.exceptions.ConnectionError as error:
            return self._disconnected(error, time.monotonic() - began)
        except (requests.exceptions.InvalidHeader, requests.exceptions.RequestException) as error:
            return Breakdown("garbled", _innermost(error), time.monotonic() - began)
        if answer.status_code == _PROXY_WANTS_A_PASSWORD and self.transport.proxy:
            hint = "write them as --proxy http://user:password@host:port"
            raise UnreachableError("the proxy wants a user and a password that it knows", for_good=True, hint=hint)
        if answer.status_code >= 500 or request.method == "HEAD":
            # Some servers close the connection after failing without saying so, and some send a body after a head.
            self._drop_connections()
        headers = tuple((key, value) for key, value in answer.raw.headers.items())
        elapsed = time.monotonic() - began
        self._slowest = max(self._slowest, elapsed)
        return Response(answer.status_code, headers, body, elapsed)

    def _unreachable(self, error: requests.exceptions.ConnectionError) -> UnreachableError:
        hint = "is the proxy running?" if self.transport.proxy else "is the server running at this address?"
        return UnreachableError(f"no connection: {_innermost(error)}", hint=hint)

    def _silent(self, patience: float, elapsed: float) -> Breakdown:
        self._silences += 1
        return Breakdown("silence", f"no whole answer in {patience:g} s", elapsed)

    def _read(self, answer: requests.Response, until: float) -> bytes:
        parts = []
        size = 0
        for part in answer.iter_content(_CHUNK):
            parts.append(part)
            size += len(part)
            if time.monotonic() > until or size > MAX_ANSWER:
                answer.close()
                raise TimeoutError
        return b"".join(parts)

    def _disconnected(self, error: requests.exceptions.ConnectionError, elapsed: float) -> Breakdown:
        cause = _root(error)
        if isinstance(cause, urllib3.exceptions.NewConnectionError | ConnectionRefusedError):
            raise self._unreachable(error) from None
        if isinstance(cause, urllib3.exceptions.ReadTimeoutError | TimeoutError):
            return self._silent(self.patience, elapsed)
        if isinstance(cause, urllib3.exceptions.IncompleteRead):
            return Breakdown("truncated", str(cause), elapsed)
        if "BadStatusLine" in repr(error) or "LineTooLong" in repr(error):
            return Breakdown("garbled", _innermost(error), elapsed)
        return Breakdown("reset", _innermost(error), elapsed)

    def _default_headers(self, request: Request) -> Headers:
        headers = self.headers if request.credential == "given" else ()
        return (("User-Agent", USER_AGENT), ("Accept", "application/json"), ("Accept-Encoding", "identity"), *headers)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            # A .netrc, a proxy or a bundle from the environment must not change what is sent.
            session.trust_env = False
            session.headers.clear()
            # A cookie would make an answer depend on what another conversation was given, and no command shows it.
            session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
            self.transport.equip(session)
            adapter = HTTPAdapter(max_retries=0)
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            self._local.session = session
            with self._lock:
                self._sessions.append(session)
        return session

    def _drop_connections(self) -> None:
        self._session().close()


def _in_chunks(body: bytes) -> Iterator[bytes]:
    middle = max(1, len(body) // 2)
    yield body[:middle]
    if body[middle:]:
        yield body[middle:]


def retry_after(response: Response, *, now: float | None = None) -> float:
    """Return the seconds to wait that a 429 asks for, by a number or a date; one where it does not say.

    ``now`` is the time in Unix seconds: by default that of the server, if it tells it.
    """
    said = (response.header("Retry-After") or "").strip()
    if _NUMBER.match(said):
        return max(float(said), _SHORTEST_WAIT)
    until = _unix(said)
    if until is None:
        return 1.0
    if now is None:
        now = _unix(response.header("Date") or "")
    return max(until - (time.time() if now is None else now), _SHORTEST_WAIT)


def _unix(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None


def _is_429(outcome: Response | Breakdown) -> TypeGuard[Response]:
    return isinstance(outcome, Response) and outcome.status == 429


def _root(error: BaseException) -> BaseException:
    """Return what an exception of requests was made from."""
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
    """Say the cause in a few words, without addresses of objects."""
    cause = _root(error)
    text = _ADDRESS.sub("", str(cause)) or type(cause).__name__
    return text[:200]
