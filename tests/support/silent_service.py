"""A service that answers only some requests, in one thread whatever their number."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.waiting import PATIENCE

ANSWER_ME = b"answer-me"
"""A request that contains this gets a reply; any other waits forever."""

_BODY = b'{"conversation_id":"c1","message":"Here.","items":[]}'
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)


class HalfSilentService:
    """The running service."""

    def __init__(self) -> None:
        self.url = ""
        self._silenced = 0
        self._open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self._changed = threading.Condition()

    def wait_for_silenced(self, count: int) -> None:
        """Wait until that many requests wait for a reply."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._silenced >= count, PATIENCE)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open[asyncio.current_task()] = writer
        received = b""
        while data := await reader.read(65536):
            received += data
            if ANSWER_ME in received:
                received = b""
                writer.write(_REPLY)
            elif received.endswith((b"\r\n\r\n", b"}")):
                with self._changed:
                    self._silenced += 1
                    self._changed.notify()
        writer.close()

    async def close(self) -> None:
        """Close every connection."""
        for writer in self._open.values():
            writer.close()
        await asyncio.gather(*filter(None, self._open), return_exceptions=True)


@contextmanager
def half_silent_service() -> Iterator[HalfSilentService]:
    """Serve on a free port."""
    service = HalfSilentService()
    ready, loop, stop = threading.Event(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        server = await asyncio.start_server(service.handle, "127.0.0.1", 0, backlog=300)
        service.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await stop.wait()
        server.close()
        await service.close()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()
