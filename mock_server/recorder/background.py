"""Records exchanges in a thread of its own, so that clients get their responses first."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread

from chat_contract import Exchange
from chat_contract.exchange import Response
from kit_reports.counting import count_of

MAX_WAITING_BYTES = 32 * 1024 * 1024
"""Size of the exchanges that may wait to be recorded."""
MAX_WAITING = 1000
"""Number of exchanges that may wait to be recorded."""
SECONDS_FOR_ROOM = 2.0
"""How long a response waits if too much waits already. Then its exchange is not recorded."""
SECONDS_TO_END = 60.0
_EXCHANGE_BYTES = 4096
"""Size of an exchange without its bodies."""
_POLL_SECONDS = 0.02


class Background:
    """The exchanges that wait to be recorded."""

    def __init__(self, record: Callable[[Exchange, float, str], object], say: Callable[[str], None]) -> None:
        """``record`` gets an exchange, the seconds that the service took, and the query. ``say`` prints a line."""
        self._record = record
        self._say = say
        self._waiting: SimpleQueue[tuple[Exchange, float, str] | None] = SimpleQueue()
        self._bytes = 0
        self._count = 0
        self._changed = Condition()
        self._lost = 0
        self._thread = Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    async def add(self, exchange: Exchange, seconds: float, query: str = "") -> None:
        """Record an exchange, soon. While too much waits, this waits for a moment, so that clients slow down."""
        size = _size_of(exchange)
        for _ in range(int(SECONDS_FOR_ROOM / _POLL_SECONDS)):
            if self._has_room(size):
                break
            await asyncio.sleep(_POLL_SECONDS)
        with self._changed:
            if not self._has_room(size):
                self._lost += 1
                return
            self._bytes += size
            self._count += 1
        self._waiting.put((exchange, seconds, query))

    def _has_room(self, size: int) -> bool:
        return not self._count or (self._count < MAX_WAITING and self._bytes + size <= MAX_WAITING_BYTES)

    def wait(self, seconds: float = SECONDS_TO_END) -> bool:
        """Wait until everything is recorded, and return whether it is."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._count, seconds)

    def end(self) -> None:
        """Record what waits, for a minute at most."""
        if self.wait():
            self._waiting.put(None)
        else:
            self._lost += self._count
        self._report_lost()

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            try:
                self._record(*waiting)
            except Exception:  # noqa: BLE001 - what one exchange breaks must not end the recording
                self._say(traceback.format_exc())
            with self._changed:
                self._bytes -= _size_of(waiting[0])
                self._count -= 1
                self._changed.notify_all()
            # An exchange may be large.
            del waiting
            self._report_lost()

    def _report_lost(self) -> None:
        with self._changed:
            lost, self._lost = self._lost, 0
        if lost:
            self._say(f"{count_of(lost, 'exchange')} not recorded: they arrived faster than the recorder saves them.")


def _size_of(exchange: Exchange) -> int:
    outcome = exchange.outcome
    received = len(outcome.body) if isinstance(outcome, Response) else 0
    return _EXCHANGE_BYTES + len(exchange.request.body) + received
