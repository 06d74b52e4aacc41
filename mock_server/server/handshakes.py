"""Counts connections whose TLS handshake is incomplete: the server knows the others only."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from weakref import WeakSet

MOST_HANDSHAKES = 1000
"""Handshakes at a time. Each takes 50 KB, and the event loop ends it after 60 s."""


def limit_handshakes(context: ssl.SSLContext, room: Callable[[], int]) -> None:
    """Let the handshake of a connection fail if too many others are incomplete.

    ``room`` returns how many connections the server could still accept.
    """
    waiting: WeakSet[ssl.SSLObject] = WeakSet()

    class Handshake(ssl.SSLObject):
        def do_handshake(self) -> None:
            """Go on with the handshake; raise :class:`ssl.SSLError` to end the connection."""
            if self not in waiting and len(waiting) >= min(room(), MOST_HANDSHAKES):
                raise ssl.SSLError("too many connections")
            waiting.add(self)
            super().do_handshake()
            waiting.discard(self)

    context.sslobject_class = Handshake
