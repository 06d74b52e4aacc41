"""A TCP proxy of a few lines: a network that is slow, or that loses connections."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from tests.support.waiting import PATIENCE


@contextmanager
def passing(
    url: str, *, delay: float = 0.0, drop_every: int = 0, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[int]]]:
    """Pass connections on to the URL's server; yields the URL to use and a list that grows by one each time it drops.

    ``delay`` holds every answer back, in seconds; every ``drop_every``-th connection is closed without a response.
    With ``tls`` the way to the proxy is encrypted.
    """
    parts = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    dropped: list[int] = []
    open_sockets: list[socket.socket] = []

    def serve() -> None:
        number = 0
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            number += 1
            if drop_every and number % drop_every == 0:
                dropped.append(number)
                client.close()
                continue
            if tls is not None:
                try:
                    client = tls.wrap_socket(client, server_side=True)
                except OSError:
                    continue
            try:
                server = socket.create_connection((parts.hostname or "", parts.port or 80))
            except OSError:
                client.close()
                continue
            open_sockets.extend((client, server))
            threading.Thread(target=pump, args=(client, server, 0.0), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, delay), daemon=True).start()

    def pump(source: socket.socket, target: socket.socket, wait: float) -> None:
        try:
            while data := source.recv(65536):
                time.sleep(wait)
                target.sendall(data)
        except OSError:
            # What breaks on one side breaks on the other.
            source.close()
        with suppress(OSError):
            target.shutdown(socket.SHUT_RDWR if source.fileno() < 0 else socket.SHUT_WR)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{listener.getsockname()[1]}{parts.path}", dropped
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for one in open_sockets:
            with suppress(OSError):
                one.close()
        thread.join(timeout=PATIENCE)
