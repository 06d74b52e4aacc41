"""The shop's items, and full-text search over them.

Knows items and words, not conversations or HTTP. Searching is repeatable: equal words, equal items, equal order.
"""

from __future__ import annotations

import sqlite3
import weakref
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

from chat_contract import KitError
from mock_server.shop.words import words_of

Item = Mapping[str, Any]

MOST_WORDS = 8
"""How many words a search asks for: the rarest say most, and the rest only cost time."""

_AVAILABLE = "active"
# Columns of the index and what a hit in each counts for.
_COLUMNS = {"title": 8.0, "tags": 4.0, "description": 1.0}


class Catalogue:
    """Items by id and by words. Safe to use from many threads at once."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = tuple(items)
        self._by_id = {item["item_id"]: item for item in self._items}
        self._frequency: Counter[str] = Counter()
        # One connection for all threads: a search takes microseconds, and a connection a thread would copy the index.
        self._connection = sqlite3.connect(":memory:", check_same_thread=False)
        self._lock = Lock()
        weakref.finalize(self, self._connection.close)
        self._fill()
        weights = ", ".join(str(weight) for weight in _COLUMNS.values())
        self._query = f"SELECT rowid FROM shop WHERE shop MATCH ? ORDER BY bm25(shop, {weights}), rowid LIMIT ?"  # noqa: S608 - numbers of our own

    def _fill(self) -> None:
        try:
            self._connection.execute(
                f"CREATE VIRTUAL TABLE shop USING fts5({', '.join(_COLUMNS)}, content='', tokenize='unicode61')"
            )
        except sqlite3.OperationalError as error:
            raise KitError(
                f"SQLite {sqlite3.sqlite_version} of this Python cannot search texts ({error}); "
                "use a Python whose SQLite has FTS5, as those of python.org and of Debian do"
            ) from None
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
        """Return an item that is in the catalogue, available or not."""
        return self._by_id[item_id]

    def available(self, item_id: str) -> Item | None:
        """Return the item if the shop has it and sells it now."""
        item = self._by_id.get(item_id)
        return item if item is not None and _is_available(item) else None

    def search(self, words: Iterable[str], limit: int) -> list[Item]:
        """Return at most ``limit`` available items that hold any of the words, the closest first.

        The words are in the form of :func:`~mock_server.shop.words.words_of`; of those that the shop knows at all, the
        rarest eight are asked for.
        """
        known = [word for word in dict.fromkeys(words) if word in self._frequency]
        rarest = sorted(known, key=self._frequency.__getitem__)[:MOST_WORDS]
        if not rarest or limit <= 0:
            return []
        # In quotes a word is a word: AND, NEAR, * and : mean nothing there, and no word holds a quote.
        match = " OR ".join(f'"{word}"' for word in rarest)
        with self._lock:
            rows = self._connection.execute(self._query, (match, min(limit, len(self._items)))).fetchall()
        return [self._items[row] for (row,) in rows]

    def __len__(self) -> int:
        return len(self._items)


def _is_available(item: Item) -> bool:
    """Tell whether the item can be had; one that says nothing of it, or null, can."""
    return (item.get("status") or _AVAILABLE) == _AVAILABLE


def _texts(item: Item) -> tuple[str, str, str]:
    """Return what the index holds of an item, column by column."""
    metadata = item.get("metadata", [])
    tags = [item["item_id"], item.get("brand", ""), *(metadata if isinstance(metadata, list) else [metadata])]
    return (
        str(item.get("title") or ""),
        " ".join(tag for tag in tags if isinstance(tag, str)),
        str(item.get("description") or ""),
    )


def search_text(item: Item) -> str:
    """Return the words by which things like this item are found: its title and its tags."""
    title, tags, _ = _texts(item)
    return f"{title} {tags}"
