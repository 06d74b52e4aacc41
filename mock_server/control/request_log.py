"""The log of requests: one line for each, as text or as JSON. A thread writes it, so that no response waits for it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from queue import Full, Queue
from threading import Thread
from typing import Any, TextIO

from kit_reports.visible import visible
from mock_server.control.redacted import shown_time
from mock_server.control.texts import source_text
from mock_server.http.messages import encode
from mock_server.http.space_path import SPACES
from mock_server.store.journal import Entry

_WAITING = 10_000
"""Lines that may wait to be written. Further ones are left out, and counted."""
_SECONDS_TO_END = 1.0


class LogFormat(StrEnum):
    """The values of ``--log`` with which there is a log."""

    TEXT = "text"
    JSON = "json"


class RequestLog:
    """Writes a line for each request."""

    def __init__(self, form: LogFormat, out: TextIO = sys.stderr) -> None:
        self._render: Callable[[str, Entry], str] = json_line if form is LogFormat.JSON else text_line
        self._out = out
        self._queue: Queue[tuple[str, Entry] | None] = Queue(_WAITING)
        self._left_out = 0
        self._thread = Thread(target=self._work, name="request log", daemon=True)
        self._thread.start()

    def add(self, space: str, entry: Entry) -> None:
        """Write a line about a request in this space, soon."""
        try:
            self._queue.put_nowait((space, entry))
        except Full:
            self._left_out += 1

    def end(self) -> None:
        """Write the lines that wait, for a second at most."""
        try:
            self._queue.put(None, timeout=_SECONDS_TO_END)
        except Full:
            return
        self._thread.join(_SECONDS_TO_END)

    def _work(self) -> None:
        while (waiting := self._queue.get()) is not None:
            print(self._render(*waiting), file=self._out, flush=self._queue.empty())
            if self._left_out and self._queue.empty():
                print(f"{self._left_out} requests are missing in this log: it is too slow.", file=self._out, flush=True)
                self._left_out = 0


def text_line(space: str, entry: Entry) -> str:
    """Return time, method, path, status, duration and reason of a response."""
    time = datetime.fromtimestamp(entry.at).astimezone()
    parts = [f"{time:%H:%M:%S}", entry.method, _path(space, entry), _outcome(entry), _duration(entry), _reason(entry)]
    return visible(" ".join(filter(None, parts)))


def json_line(space: str, entry: Entry) -> str:
    """Return the same as an object."""
    source, position = entry.answer.source, entry.trace.position
    shown: dict[str, Any] = {
        "time": shown_time(entry.at),
        "method": entry.method,
        "path": _path(space, entry),
        "status": entry.answer.status,
        "seconds": None if entry.seconds is None else round(entry.seconds, 6),
        "source": "preflight" if entry.is_preflight else source.kind,
        "override": None if source.override is None else dict(zip(("name", "value"), source.override, strict=True)),
        "fault": source.fault,
        "conversation": None if position is None else position.scenario,
        "turn": None if position is None else position.turn,
        "reason": _reason(entry),
    }
    return visible(encode(shown).decode())


def _path(space: str, entry: Entry) -> str:
    path = f"{SPACES}/{space}{entry.path}" if space else entry.path
    return path if path.isprintable() else ascii(path)[1:-1]


def _outcome(entry: Entry) -> str:
    fault = entry.answer.fault
    return str(entry.answer.status) if fault is None else f"{entry.answer.status}/{fault}"


def _duration(entry: Entry) -> str:
    return "" if entry.seconds is None else f"{entry.seconds * 1000:.1f}ms"


def _reason(entry: Entry) -> str:
    if entry.is_preflight:
        return "CORS preflight"
    position = entry.trace.position
    played = "" if position is None else f": {position.scenario}, turn {position.turn + 1}"
    return source_text(entry.answer.source) + played
