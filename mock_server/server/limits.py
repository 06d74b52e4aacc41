"""Limits of the server, and how much of them the requests in progress use. A request beyond a limit gets 503."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mock_server import defaults
from mock_server.http.messages import Answer, encode


@dataclass(frozen=True)
class ServerLimits:
    """How long clients may take, and how much all of them together may hold."""

    request_seconds: float = defaults.REQUEST_TIMEOUT
    """Time from the first byte of a request to its last."""
    write_seconds: float = defaults.WRITE_TIMEOUT
    """Time in which a client may read nothing of what was sent."""
    connections: int = defaults.MAX_CONNECTIONS
    requests: int = defaults.MAX_WAITING
    """Requests that are received or answered at the same time."""
    held_bytes: int = defaults.MAX_HELD_BYTES
    """Bytes of bodies that are received, and of delayed responses."""
    unread_bytes: int = defaults.MAX_UNREAD_BYTES
    """Bytes of responses that clients leave unread."""


DEFAULT = ServerLimits()


def limits_of(options: Mapping[str, Any]) -> ServerLimits:
    """Return the limits that a command line sets."""
    return ServerLimits(
        request_seconds=options["request_timeout"],
        write_seconds=options["write_timeout"],
        connections=options["max_connections"],
        requests=options["max_waiting"],
        held_bytes=options["max_held_bytes"],
        unread_bytes=options["max_unread_bytes"],
    )


class OverloadError(Exception):
    """The server handles as much as it may. The text says what to do."""

    @property
    def answer(self) -> Answer:
        """The response to the request that is too much."""
        return Answer(503, encode({"detail": str(self)}), (("Retry-After", "1"),))


class Load:
    """What the requests in progress hold together. Belongs to one event loop."""

    def __init__(self, limits: ServerLimits) -> None:
        self._limits = limits
        self.requests = 0
        self.held = 0

    def enter(self) -> Share:
        """Return the share of one more request. Raise :class:`OverloadError` if there are too many."""
        if self.requests >= self._limits.requests:
            raise OverloadError(
                f"{self.requests} requests are in progress, the maximum. Try again, or raise --max-waiting."
            )
        self.requests += 1
        return Share(self)

    def check(self) -> None:
        """Raise :class:`OverloadError` if the requests hold too much."""
        if self.held > self._limits.held_bytes:
            raise OverloadError(
                f"The requests in progress hold {self._limits.held_bytes} bytes, the maximum. "
                "Try again, or raise --max-held-bytes."
            )


class Share:
    """What one request holds."""

    __slots__ = ("_held", "_load")

    def __init__(self, load: Load) -> None:
        self._load = load
        self._held = 0

    def hold(self, size: int) -> None:
        """Set the number of bytes that the request holds. Raise :class:`OverloadError` if that is too much."""
        self._load.held += size - self._held
        self._held = size
        self._load.check()

    def leave(self) -> None:
        """End the request."""
        self._load.requests -= 1
        self._load.held -= self._held
        self._held = 0
