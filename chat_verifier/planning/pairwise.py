"""Pairwise coverage: rows that combine as many pairs of conditions as possible, without all combinations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations, product

Row = dict[str, str]
_Pair = frozenset[tuple[str, str]]


def pairwise(fixed: Sequence[Row], factors: Mapping[str, Sequence[str]], *, key: str) -> list[Row]:
    """Give each fixed row a level of every factor, so that each row covers as many new pairs as possible.

    The row's ``key`` counts as a factor too. With enough rows for each key, every pair is covered. Deterministic:
    among equally good levels, the ones used least win, then the first.
    """
    covered: set[_Pair] = set()
    used: Counter[tuple[str, str]] = Counter()
    rows = []
    for row in fixed:
        options = [dict(zip(factors, levels, strict=True)) for levels in product(*factors.values())]
        best = max(
            options,
            key=lambda option: (
                len(_pairs({key: row[key], **option}) - covered),
                -sum(used[level] for level in option.items()),
            ),
        )
        covered |= _pairs({key: row[key], **best})
        used.update(best.items())
        rows.append({**row, **best})
    return rows


def _pairs(levels: Row) -> set[_Pair]:
    return {frozenset(pair) for pair in combinations(levels.items(), 2)}
