"""A server of a few lines that answers each connection with bytes of the test's choosing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.support.waiting import PATIENCE

Answer = Callable[[bytes], bytes | None]
"""What to send back for a request's bytes; None closes the connection without an answer."""


@contextmanager
def answering(answer: Answer, *, delay: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """Serve on a free port; yields the base URL and the requests as they come."""
    listener = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=talk, args=(connection,), daemon=True).start()

    def talk(connection: socket.socket) -> None:
        # The client may leave when it likes.
        with connection, suppress(OSError):
            request = _request(connection)
            seen.append(request)
            stop.wait(delay)
            reply = answer(request)
            if reply is not None:
                connection.sendall(reply)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", seen
    finally:
        stop.set()
        with suppress(OSError):
            # This wakes the thread that accepts connections.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(PATIENCE)


def _request(connection: socket.socket) -> bytes:
    connection.settimeout(PATIENCE)
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.partition(b":")[2]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length and (part := connection.recv(65536)):
        body += part
    return head + b"\r\n\r\n" + body


def http(status: int, body: bytes = b"{}", *headers: str, length: int | None = None) -> bytes:
    """Write an answer; ``length`` is what Content-Length says where it is not the truth."""
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {length or len(body)}"]
    lines += ["Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
