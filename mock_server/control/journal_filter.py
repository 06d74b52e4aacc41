"""The filters of the journal: query parameters of ``/_mock/requests``. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mock_server.respond.verdict import Verdict
from mock_server.store.journal import Entry
from mock_server.validation.parsing import json_object

FILTERS = (
    *("conversation", "user", "session", "message", "body", "method", "path", "status", "verdict"),
    *("last", "preflights"),
)
_TEXTS = ("conversation", "user", "session", "message", "body", "method", "path")
_STATUS = re.compile(r"[1-9](?:[0-9]{2}|xx)", re.ASCII)
_BOOLEANS = {"true": True, "false": False}


class Shown(StrEnum):
    """Values of the filter ``verdict``."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


_SHOWN = {True: Shown.VALID, False: Shown.INVALID, None: Shown.UNKNOWN}
Judge = Callable[[Entry], Verdict]


class FilterError(ValueError):
    """A filter is unknown or has an invalid value."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(detail)
        self.title = title


@dataclass(frozen=True)
class JournalFilter:
    """Which entries to show. Fields that are None match every entry."""

    conversation: str | None = None
    user: str | None = None
    session: str | None = None
    message: str | None = None
    """Text that the message contains, whatever the case."""
    body: str | None = None
    """Text that the request's body contains."""
    method: str | None = None
    path: str | None = None
    status: range | None = None
    verdict: Shown | None = None
    last: int | None = None
    """Maximum number of entries."""
    preflights: bool = False
    """Include CORS preflights."""

    def matches(self, entry: Entry, judge: Judge) -> bool:
        """Return whether the entry passes the filter."""
        return (
            (self.preflights or not entry.is_preflight)
            and self.conversation in (None, entry.trace.conversation_id)
            and (self.status is None or entry.answer.status in self.status)
            and self.path in (None, entry.path)
            and self.method in (None, entry.method)
            and self._fits_body(entry)
            and (self.verdict is None or _SHOWN[judge(entry).keeps_contract] is self.verdict)
        )

    def _fits_body(self, entry: Entry) -> bool:
        if self.body is not None and self.body not in entry.body.decode("utf-8", "replace"):
            return False
        if self.user is None and self.session is None and self.message is None:
            return True
        sent = json_object(entry.body)
        message = sent.get("message")
        return (
            self.user in (None, sent.get("user_id"))
            and self.session in (None, sent.get("session_id"))
            and (self.message is None or (isinstance(message, str) and self.message.casefold() in message.casefold()))
        )

    def select(self, entries: Sequence[Entry], judge: Judge) -> list[Entry]:
        """Return the last entries that pass the filter."""
        matching = [entry for entry in entries if self.matches(entry, judge)]
        return matching if self.last is None else matching[-self.last :]


def read_filter(query: Mapping[str, str]) -> JournalFilter:
    """Read the query parameters. Raise :class:`FilterError` if one is invalid."""
    unknown = sorted(set(query) - set(FILTERS))
    if unknown:
        raise FilterError("Unknown filter", f'Unknown filter "{unknown[0]}". Valid filters: {", ".join(FILTERS)}.')
    status, last = query.get("status"), query.get("last")
    if status is not None and not _STATUS.fullmatch(status):
        raise FilterError("Invalid filter", f'Invalid status "{status}". Expected a number such as 422, or 4xx.')
    if last is not None and not (_is_number(last) and int(last[:9]) > 0):
        raise FilterError("Invalid filter", f'Invalid number "{last}" for last. Expected a number such as 50.')
    verdict = query.get("verdict")
    if verdict is not None and verdict not in set(Shown):
        raise FilterError("Invalid filter", f'Invalid verdict "{verdict}". Expected {", ".join(Shown)}.')
    preflights = query.get("preflights", "false")
    if preflights not in _BOOLEANS:
        raise FilterError("Invalid filter", f'Invalid value "{preflights}" for preflights. Expected true or false.')
    return JournalFilter(
        **{name: query.get(name) for name in _TEXTS},
        status=None if status is None else _statuses(status),
        verdict=None if verdict is None else Shown(verdict),
        last=None if last is None else int(last[:9]),
        preflights=_BOOLEANS[preflights],
    )


def _statuses(text: str) -> range:
    first = int(text[0]) * 100 if text.endswith("xx") else int(text)
    return range(first, first + (100 if text.endswith("xx") else 1))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
