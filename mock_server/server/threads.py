"""Runs blocking functions for the event loop, in a bounded number of daemon threads."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Threads:
    """A pool of at most ``limit`` threads, each started when first needed.

    Unlike those of :class:`concurrent.futures.ThreadPoolExecutor`, its threads do not delay the end of the process.
    """

    def __init__(self, limit: int, name: str) -> None:
        self._limit = limit
        self._name = name
        self._started = 0
        self._busy = 0
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = SimpleQueue()

    async def run(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the function's result, or raise what it raises."""
        if self._busy >= self._started < self._limit:
            self._started += 1
            Thread(target=self._work, name=f"{self._name}-{self._started}", daemon=True).start()
        self._busy += 1
        future: Future[T] = Future()
        self._calls.put((future, partial(function, *arguments)))
        try:
            return await asyncio.wrap_future(future)
        finally:
            self._busy -= 1

    def _work(self) -> None:
        while True:
            future, function = self._calls.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(function())
                except BaseException as error:  # noqa: BLE001 - the caller gets it
                    future.set_exception(error)
            # Else the thread would keep the last result until its next call.
            del future, function
