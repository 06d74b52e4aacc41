"""Full-text search by words, ranked by Okapi BM25.

Whatever does not depend on the query is computed once, so that a search only adds numbers. SQLite's FTS5 finds the same
rows in the same order, but computes everything again for each search.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

MAX_WORDS = 8
"""A search uses at most this many words, the rarest. More words cost time and hardly change the result."""

_SATURATION = 1.2
"""How much further occurrences of a word count: the parameter k1."""
_LENGTH_PENALTY = 0.75
"""How much less a word counts in a row with many words: the parameter b."""
_LEAST_RARITY = 1e-6
"""The rarity of words that half of the rows contain or more."""

WeightedWord = tuple[str, float]
"""A word of a row, and the weight of the place where it stands."""


class WordIndex:
    """Rows by their words."""

    def __init__(self, rows: Mapping[int, Sequence[WeightedWord]]) -> None:
        weights: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
        for row, words in rows.items():
            for word, weight in words:
                weights[word][row] += weight
        average = sum(map(len, rows.values())) / max(1, len(rows))
        penalties = {
            row: _SATURATION * (1 - _LENGTH_PENALTY + _LENGTH_PENALTY * len(words) / average)
            for row, words in rows.items()
            if words
        }
        self._scores = {word: _scores(found, penalties, len(rows)) for word, found in weights.items()}

    def best(self, words: Iterable[str], limit: int) -> list[int]:
        """Return at most ``limit`` rows that contain any of the words, the best match first, then the first row."""
        known = [self._scores[word] for word in dict.fromkeys(words) if word in self._scores]
        totals: dict[int, float] = {}
        for scores in sorted(known, key=len)[:MAX_WORDS]:
            for row, score in scores.items():
                totals[row] = totals.get(row, 0.0) + score
        if not totals or limit <= 0:
            return []
        least = heapq.nlargest(min(limit, len(totals)), totals.values())[-1]
        ranked = sorted((-total, row) for row, total in totals.items() if total >= least)
        return [row for _, row in ranked[:limit]]


def _scores(weights: Mapping[int, float], penalties: Mapping[int, float], rows: int) -> dict[int, float]:
    """Return how much a word contributes to the score of each row that contains it."""
    rarity = max(_LEAST_RARITY, math.log((rows - len(weights) + 0.5) / (len(weights) + 0.5)))
    return {row: rarity * (weight * (_SATURATION + 1) / (weight + penalties[row])) for row, weight in weights.items()}
