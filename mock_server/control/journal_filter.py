"""The filters of the journal: query parameters of ``/_mock/requests``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mock_server.respond.journal import Entry

FILTERS = ("conversation", "status", "path", "last", "preflights")
_BOOLEANS = {"true": True, "false": False}


class FilterError(ValueError):
    """A filter is unknown or has an invalid value."""

    def __init__(self, title: str, detail: str) -> None:
        super().__init__(detail)
        self.title = title


@dataclass(frozen=True)
class JournalFilter:
    """Which entries to show. Fields that are None match every entry."""

    conversation: str | None = None
    status: int | None = None
    path: str | None = None
    last: int | None = None
    """Maximum number of entries."""
    preflights: bool = False
    """Include CORS preflights."""

    def matches(self, entry: Entry) -> bool:
        """Return whether the entry passes the filter."""
        return (
            (self.preflights or not entry.is_preflight)
            and self.conversation in (None, entry.trace.conversation_id)
            and self.status in (None, entry.answer.status)
            and self.path in (None, entry.path)
        )

    def select(self, entries: Sequence[Entry]) -> list[Entry]:
        """Return the last entries that pass the filter."""
        matching = [entry for entry in entries if self.matches(entry)]
        return matching if self.last is None else matching[-self.last :]


def read_filter(query: Mapping[str, str]) -> JournalFilter:
    """Read the query parameters. Raise :class:`FilterError` if one is invalid."""
    unknown = sorted(set(query) - set(FILTERS))
    if unknown:
        raise FilterError("Unknown filter", f'Unknown filter "{unknown[0]}". Valid filters: {", ".join(FILTERS)}.')
    status, last = query.get("status"), query.get("last")
    if status is not None and not (_is_number(status) and len(status) == 3):
        raise FilterError("Invalid filter", f'Invalid status "{status}". Expected a number such as 422.')
    if last is not None and not (_is_number(last) and int(last[:9]) > 0):
        raise FilterError("Invalid filter", f'Invalid number "{last}" for last. Expected a number such as 50.')
    preflights = query.get("preflights", "false")
    if preflights not in _BOOLEANS:
        raise FilterError("Invalid filter", f'Invalid value "{preflights}" for preflights. Expected true or false.')
    return JournalFilter(
        conversation=query.get("conversation"),
        status=None if status is None else int(status),
        path=query.get("path"),
        last=None if last is None else int(last[:9]),
        preflights=_BOOLEANS[preflights],
    )


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal()
