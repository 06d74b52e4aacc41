"""HTTP connections whose responses are limited in time and size, whatever the server sends.

The timeouts of sockets limit each read, so a server that drips bytes never exceeds one. Here the whole response has a
deadline, from the status line to the last byte of the body.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_POLL = 0.25
"""After how many seconds without a byte a reader looks whether the run ended."""


class StoppedError(Exception):
    """The run ended before the response was complete."""


class TooLongError(Exception):
    """The response has more bytes than the client reads."""


@dataclass
class Bounds:
    """The limits of one response.

    ``seconds``: in how many seconds it must be complete. ``most``: its bytes as sent. ``over``: whether the run ended.
    ``waited``: the seconds in which the client did not read, which do not count.
    """

    seconds: float
    most: int
    over: Callable[[], bool] = lambda: False
    waited: float = 0.0
    began: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        """How many seconds the response takes so far."""
        return time.monotonic() - self.began - self.waited

    def take(self, count: int) -> int:
        """Count bytes; raise :class:`TooLongError` if there are too many."""
        self.most -= count
        if self.most < 0:
            raise TooLongError
        return count

    @property
    def wait(self) -> float:
        """How many seconds to wait for the next bytes.

        Raises :class:`TimeoutError` if the time is up, and :class:`StoppedError` if the run ended.
        """
        left = self.seconds - self.elapsed
        if left <= 0:
            raise TimeoutError("timed out")
        if self.over():
            raise StoppedError
        return min(left, _POLL)


_BOUNDS: ContextVar[Bounds | None] = ContextVar("bounds", default=None)


@contextmanager
def bounded(bounds: Bounds) -> Iterator[None]:
    """Limit the response of the request that the block sends."""
    token = _BOUNDS.set(bounds)
    try:
        yield
    finally:
        _BOUNDS.reset(token)


class _BoundedSocket(io.RawIOBase):
    """Reads from a socket within the bounds."""

    def __init__(self, sock: Any, raw: io.RawIOBase, bounds: Bounds) -> None:
        self._sock = sock
        self._raw = raw
        self._bounds = bounds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            self._sock.settimeout(self._bounds.wait)
            # Not by the raw reader: it reads nothing more after a timeout.
            with suppress(TimeoutError):
                return self._bounds.take(self._sock.recv_into(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _BoundedResponse(HTTPResponse):
    def __init__(self, sock: Any, *arguments: Any, **settings: Any) -> None:
        super().__init__(sock, *arguments, **settings)
        bounds = _BOUNDS.get()
        if bounds is not None:
            self.fp = io.BufferedReader(_BoundedSocket(sock, self.fp.detach(), bounds))


class _Connection(HTTPConnection):
    response_class = _BoundedResponse


class _SecureConnection(HTTPSConnection):
    response_class = _BoundedResponse


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class BoundedAdapter(HTTPAdapter):
    """Makes the connections of a session; none is tried twice."""

    def __init__(self) -> None:
        super().__init__(max_retries=0)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Make the pools of connections without a proxy."""
        super().init_poolmanager(*arguments, **settings)
        _use_bounded_pools(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **settings)
        _use_bounded_pools(manager)
        return manager


def _use_bounded_pools(manager: Any) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
