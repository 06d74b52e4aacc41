"""Runs blocking functions for the event loop, in a bounded number of daemon threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """A pool of at most ``limit`` threads, each started when first needed.

    Unlike those of :class:`concurrent.futures.ThreadPoolExecutor`, its threads do not delay the end of the process: a
    call to an upstream may take minutes.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._started = 0
        self._busy = 0
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the function's result, or raise what it raises."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._busy >= self._started < self._limit:
            self._started += 1
            Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        self._busy += 1
        self._calls.put(partial(_call, loop, future, partial(function, *arguments)))
        try:
            return await future
        finally:
            self._busy -= 1

    def _work(self) -> None:
        while True:
            self._calls.get()()


def _call(loop: asyncio.AbstractEventLoop, future: asyncio.Future[Any], function: Callable[[], Any]) -> None:
    try:
        settle = partial(_settle, future, function(), None)
    except BaseException as error:  # noqa: BLE001 - the caller gets it
        settle = partial(_settle, future, None, error)
    # The server may have stopped meanwhile.
    with suppress(RuntimeError):
        loop.call_soon_threadsafe(settle)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
