"""The shop's items, and full-text search over them.

Searching is repeatable: the same words find the same items in the same order.
"""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from chat_contract import KitError
from mock_server.shop.words import words_of

if TYPE_CHECKING:
    import sqlite3

Item = Mapping[str, Any]

MAX_WORDS = 8
"""A search uses at most this many words, the rarest. More words cost time and hardly change the result."""

_AVAILABLE = "active"
# The columns of the index with their weights.
_COLUMNS = {"title": 8.0, "tags": 4.0, "description": 1.0}


class Catalogue:
    """Items by id and by words. Thread-safe."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = tuple(items)
        self._by_id = {item["item_id"]: item for item in self._items}
        self._frequency: Counter[str] = Counter()
        # One connection for all threads: a search takes microseconds, and more connections would copy the index.
        self._connection = _open_index()
        self._lock = Lock()
        weakref.finalize(self, self._connection.close)
        self._fill()
        weights = ", ".join(str(weight) for weight in _COLUMNS.values())
        self._query = f"SELECT rowid FROM shop WHERE shop MATCH ? ORDER BY bm25(shop, {weights}), rowid LIMIT ?"  # noqa: S608 - numbers of our own

    def _fill(self) -> None:
        for row, item in enumerate(self._items):
            if not _is_available(item):
                continue
            texts = [words_of(text) for text in _texts(item)]
            self._frequency.update({word for text in texts for word in text})
            self._connection.execute(
                f"INSERT INTO shop (rowid, {', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?)",  # noqa: S608 - names of our own
                (row, *(" ".join(text) for text in texts)),
            )
        self._connection.commit()

    def item(self, item_id: str) -> Item:
        """Return an item of the catalogue, available or not."""
        return self._by_id[item_id]

    def find(self, item_id: str) -> Item | None:
        """Return an item of the catalogue, available or not; None if there is none."""
        return self._by_id.get(item_id)

    def available(self, item_id: str) -> Item | None:
        """Return the item if it exists and is available."""
        item = self._by_id.get(item_id)
        return item if item is not None and _is_available(item) else None

    def search(self, words: Iterable[str], limit: int) -> list[Item]:
        """Return at most ``limit`` available items that contain any of the words, the best match first.

        The words have the form of :func:`~mock_server.shop.words.words_of`.
        """
        known = [word for word in dict.fromkeys(words) if word in self._frequency]
        rarest = sorted(known, key=self._frequency.__getitem__)[:MAX_WORDS]
        if not rarest or limit <= 0:
            return []
        # Quotes turn off the search syntax (AND, NEAR, *, :). Words contain no quotes.
        match = " OR ".join(f'"{word}"' for word in rarest)
        with self._lock:
            rows = self._connection.execute(self._query, (match, min(limit, len(self._items)))).fetchall()
        return [self._items[row] for (row,) in rows]

    def __len__(self) -> int:
        return len(self._items)


def _open_index() -> sqlite3.Connection:
    """Return a connection to an empty full-text index. Raise :class:`KitError` if SQLite lacks FTS5."""
    import sqlite3  # noqa: PLC0415 - only a mock that serves needs it

    connection = sqlite3.connect(":memory:", check_same_thread=False)
    try:
        connection.execute(
            f"CREATE VIRTUAL TABLE shop USING fts5({', '.join(_COLUMNS)}, content='', tokenize='unicode61')"
        )
    except sqlite3.OperationalError as error:
        connection.close()
        raise KitError(
            f"SQLite {sqlite3.sqlite_version} of this Python has no full-text search ({error}). "
            "Use a Python whose SQLite includes FTS5, such as those of python.org and Debian."
        ) from None
    return connection


def _is_available(item: Item) -> bool:
    """Return whether the item is available. Without a status, it is."""
    return (item.get("status") or _AVAILABLE) == _AVAILABLE


def _texts(item: Item) -> tuple[str, str, str]:
    """Return the indexed texts of an item, one per column."""
    metadata = item.get("metadata", [])
    tags = [item["item_id"], item.get("brand", ""), *(metadata if isinstance(metadata, list) else [metadata])]
    return (
        str(item.get("title") or ""),
        " ".join(tag for tag in tags if isinstance(tag, str)),
        str(item.get("description") or ""),
    )


def search_text(item: Item) -> str:
    """Return the text to search for similar items: title and tags."""
    title, tags, _ = _texts(item)
    return f"{title} {tags}"
