"""The log of requests: one line for each, as text or as JSON."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from mock_server.control.redacted import shown_time
from mock_server.control.texts import source_text
from mock_server.http.messages import encode
from mock_server.http.space_path import SPACES
from mock_server.output import Output
from mock_server.store.journal import Entry


class LogFormat(StrEnum):
    """The values of ``--log`` with which there is a log."""

    TEXT = "text"
    JSON = "json"


class RequestLog:
    """Writes a line for each request."""

    def __init__(self, form: LogFormat, output: Output) -> None:
        self._render: Callable[[str, Entry], str] = json_line if form is LogFormat.JSON else text_line
        self._output = output

    def add(self, space: str, entry: Entry) -> None:
        """Write a line about a request in this space, soon."""
        self._output.add(partial(self._render, space, entry), entry.size)


def text_line(space: str, entry: Entry) -> str:
    """Return time, method, path, status, duration and reason of a response."""
    time = datetime.fromtimestamp(entry.at).astimezone()
    parts = [f"{time:%H:%M:%S}", entry.method, _path(space, entry), _outcome(entry), _duration(entry), _reason(entry)]
    return " ".join(filter(None, parts))


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
    return encode(shown).decode()


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
