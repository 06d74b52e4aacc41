"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Linux gives ports from 32768 to connections and to servers that ask for any port.
_FIRST, _END = 20_000, 32_000


def free_port() -> int:
    """Return a port that nothing uses; only another call of this function may choose it soon."""
    while True:
        port = random.SystemRandom().randrange(_FIRST, _END)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
