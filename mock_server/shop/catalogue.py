"""The shop's items, and full-text search over them.

Searching is repeatable: the same words find the same items in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mock_server.shop.word_index import WeightedWord, WordIndex
from mock_server.shop.words import words_of

Item = Mapping[str, Any]

_AVAILABLE = "active"
_WEIGHTS = (8.0, 4.0, 1.0)
"""How much a word counts in the title, the tags and the description of an item."""


class Catalogue:
    """Items by id and by words. Thread-safe."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = tuple(items)
        self._by_id = {item["item_id"]: item for item in self._items}
        self._index = WordIndex(
            {row: list(_weighted_words(item)) for row, item in enumerate(self._items) if _is_available(item)}
        )

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
        return [self._items[row] for row in self._index.best(words, limit)]

    def __len__(self) -> int:
        return len(self._items)


def _is_available(item: Item) -> bool:
    """Return whether the item is available. Without a status, it is."""
    return (item.get("status") or _AVAILABLE) == _AVAILABLE


def _texts(item: Item) -> tuple[str, str, str]:
    """Return the indexed texts of an item: title, tags and description."""
    metadata = item.get("metadata", [])
    tags = [item["item_id"], item.get("brand", ""), *(metadata if isinstance(metadata, list) else [metadata])]
    return (
        str(item.get("title") or ""),
        " ".join(tag for tag in tags if isinstance(tag, str)),
        str(item.get("description") or ""),
    )


def _weighted_words(item: Item) -> Iterator[WeightedWord]:
    for weight, text in zip(_WEIGHTS, _texts(item), strict=True):
        for word in words_of(text):
            yield word, weight


def search_text(item: Item) -> str:
    """Return the text to search for similar items: title and tags."""
    title, tags, _ = _texts(item)
    return f"{title} {tags}"
