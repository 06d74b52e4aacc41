"""Full-text search ranks as SQLite's FTS5 does, which is the reference here."""

from __future__ import annotations

import sqlite3
from random import Random

import pytest

from mock_server.shop.word_index import MAX_WORDS, WordIndex

WORDS = ["oak", "brass", "table", "number", "lamp", "kettle", "chair", "rug", "clock", "shelf"]
WEIGHTS = (8.0, 1.0)


def random_rows(chance: Random, count: int) -> dict[int, tuple[list[str], list[str]]]:
    return {
        row: (chance.choices(WORDS, k=chance.randrange(4)), chance.choices(WORDS, k=chance.randrange(9)))
        for row in range(count)
    }


def index_of(rows: dict[int, tuple[list[str], list[str]]]) -> WordIndex:
    return WordIndex(
        {
            row: [(word, weight) for weight, column in zip(WEIGHTS, columns, strict=True) for word in column]
            for row, columns in rows.items()
        }
    )


@pytest.mark.parametrize("seed", range(20))
def test_rows_and_their_order_equal_those_of_sqlite(seed: int) -> None:
    chance = Random(seed)
    rows = random_rows(chance, 60)
    index = index_of(rows)
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE shop USING fts5(title, description)")
    connection.executemany(
        "INSERT INTO shop (rowid, title, description) VALUES (?, ?, ?)",
        [(row, *map(" ".join, columns)) for row, columns in rows.items()],
    )
    for size in range(1, 5):
        words = chance.sample(WORDS, size)
        limit = chance.choice([1, 4, 100])
        query = "SELECT rowid FROM shop WHERE shop MATCH ? ORDER BY round(bm25(shop, 8.0, 1.0), 9), rowid LIMIT ?"
        expected = [row for (row,) in connection.execute(query, (" OR ".join(words), limit))]
        assert index.best(words, limit) == expected
    connection.close()


def test_unknown_words_and_a_limit_of_zero_find_nothing() -> None:
    index = index_of({0: (["oak"], []), 1: ([], [])})
    assert index.best(["granite"], 4) == []
    assert index.best([], 4) == []
    assert index.best(["oak"], 0) == []
    assert index.best(["oak", "granite", "oak"], 2**63) == [0]
    assert WordIndex({}).best(["oak"], 4) == []


def test_rarest_words_are_used() -> None:
    common = [f"w{number}" for number in range(MAX_WORDS)]
    index = WordIndex({0: [(word, 1.0) for word in common], 1: [(word, 1.0) for word in common], 2: [("rare", 1.0)]})
    assert index.best([*common, "rare"], 1) == [2]
