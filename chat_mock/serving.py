"""Serves the mock outside of pytest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chat_mock.client import ChatMock
from chat_mock.server import Server


@contextmanager
def serve_mock(*options: str) -> Iterator[ChatMock]:
    """Serve the mock on a free port while the block runs; ``options`` are those of ``chat-contract mock``.

    If the block succeeds, raises :class:`AssertionError` for requests that violate the contract and for unused
    replies and failures. Raises :class:`chat_mock.server.ServerError` if the mock does not start.
    """
    server = Server.start(options)
    try:
        mock = ChatMock(server.base_url)
        try:
            yield mock
            message = mock.failure_message()
        finally:
            mock.close()
    finally:
        server.stop()
    if message:
        raise AssertionError(message)
