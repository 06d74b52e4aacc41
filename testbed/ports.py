"""Ports for servers that tests start."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

# Linux gives ports from 32768 to connections and to servers that ask for any port.
_FIRST, _END = 20_000, 32_000


def free_port() -> int:
    """Return a TCP port that nothing uses, and that no other call on this machine returns while this process runs.

    The UDP port with the same number reserves it: servers of tests use TCP, and the system frees it with the process.
    """
    while True:
        port = random.SystemRandom().randrange(_FIRST, _END)
        with socket.socket(type=socket.SOCK_DGRAM) as reservation, suppress(OSError):
            reservation.bind(("127.0.0.1", port))
            socket.create_server(("127.0.0.1", port)).close()
            reservation.detach()
            return port
