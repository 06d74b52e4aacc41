"""Sends one request and says what came of it; the only module that touches the network."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter

from chat_contract.interactions import Breakdown, Headers, Request, Response
from chat_contract.version import __version__
from contract_tests.engine.pacing import Pace
from contract_tests.engine.transport import Transport

USER_AGENT = f"chat-contract/{__version__}"
MAX_ANSWER = 32 * 1024 * 1024
"""How many bytes of one answer are read."""

_ADDRESS = re.compile(r"^(?:<[^>]*>|HTTPS?Connection(?:Pool)?\([^)]*\)): ")
_CHUNK = 64 * 1024
_LONGEST_WAIT = 30.0
_TRIES_AT_429 = 5
_PAUSES = (0.1, 0.5)
"""How long to wait before each further try of a connection that failed, in seconds."""
_SILENCES_WAITED_FOR = 3
_LEAST_PATIENCE = 1.0


class UnreachableError(Exception):
    """No connection could be made, so nothing was judged; the text says why.

    ``for_good``: trying again would not help. ``mend`` says what to look at.
    """

    def __init__(self, text: str, *, for_good: bool = False, mend: str) -> None:
        super().__init__(text)
        self.for_good = for_good
        self.mend = mend


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
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.headers = headers
        self.timeout = timeout
        self.transport = transport or Transport()
        self.pace = pace or Pace()
        self.sent = 0
        self._silences = 0
        self._slowest = 0.0
        self._lock = threading.Lock()
        self._local = threading.local()
        self._sessions: list[requests.Session] = []

    def send(self, request: Request, *, tries: int = _TRIES_AT_429) -> Response | Breakdown:
        """Send the request; a 429 is waited for and sent again, as often as ``tries`` says.

        Raises :class:`UnreachableError` where no connection can be made.
        """
        outcome = self._send_settled(request)
        for _ in range(tries - 1):
            if not isinstance(outcome, Response) or outcome.status != 429:
                return outcome
            self.pace.hold(retry_after(outcome, _LONGEST_WAIT))
            outcome = self._send_settled(request)
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
        for pause in _PAUSES:
            try:
                outcome = self._send_once(request)
            except UnreachableError as error:
                if error.for_good:
                    raise
                time.sleep(pause)
                continue
            if not isinstance(outcome, Breakdown) or outcome.kind != "reset":
                return outcome
            # A server may close a kept connection just as it is used again. On a fresh one that cannot be.
            self._drop_connections()
        return self._send_once(request)

    def _send_once(self, request: Request) -> Response | Breakdown:
        self.pace.wait()
        with self._lock:
            self.sent += 1
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
            mend = "an authority of your own needs --ca-bundle FILE, a server that asks for a certificate --cert FILE"
            raise UnreachableError(f"TLS failed: {_innermost(error)}", for_good=True, mend=mend) from None
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
        if answer.status_code >= 500 or request.method == "HEAD":
            # Some servers close the connection after failing without saying so, and some send a body after a head.
            self._drop_connections()
        headers = tuple((key, value) for key, value in answer.raw.headers.items())
        elapsed = time.monotonic() - began
        self._slowest = max(self._slowest, elapsed)
        return Response(answer.status_code, headers, body, elapsed)

    def _unreachable(self, error: requests.exceptions.ConnectionError) -> UnreachableError:
        mend = "is the proxy running?" if self.transport.proxy else "is the server running at this address?"
        return UnreachableError(f"no connection: {_innermost(error)}", mend=mend)

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


def retry_after(response: Response, longest: float) -> float:
    """Return the seconds to wait that a 429 asks for, one where it does not say, and ``longest`` at most."""
    try:
        seconds = float(response.header("Retry-After") or 1.0)
    except ValueError:
        seconds = 1.0
    return min(max(seconds, 0.05), longest)


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
