"""Servers of documents that keep ``diff`` waiting."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from testbed.outsider.attack import Attack, chat_contract, checkout

_SECONDS_BETWEEN_BYTES = 0.5
_MOST_BYTES = 120


def attacks() -> Iterator[Attack]:
    """Yield attacks whose document never ends; the command must end after the time limit of a fetch."""
    for name, begin in (("head", b"HTTP/1.1 200 OK\r\nX: "), ("body", b"HTTP/1.1 200 OK\r\n\r\n")):
        yield Attack("server of a document", f"a {name} that drips", "timed out", partial(_compare, begin))


def _compare(begin: bytes, folder: Path) -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_drip, args=(listener, begin), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/chat.yaml"
        code, output = chat_contract(checkout(folder), "diff", "chat.yaml", address)
    return "timed out" if code == 2 and "timed out" in output else f"exit {code}"


def _drip(listener: socket.socket, begin: bytes) -> None:
    connection, _ = listener.accept()
    pause = threading.Event()
    with connection, suppress(OSError):
        connection.sendall(begin)
        for _ in range(_MOST_BYTES):
            pause.wait(_SECONDS_BETWEEN_BYTES)
            connection.sendall(b"x")
