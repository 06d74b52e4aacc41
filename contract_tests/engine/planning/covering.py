"""Pairwise coverage: rows in which every two conditions meet, without trying all combinations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

Row = dict[str, str]


def pairwise(fixed: Sequence[Row], factors: Mapping[str, Sequence[str]], *, key: str, extra: int = 0) -> list[Row]:
    """Give each fixed row a level of every factor, so that every pair of levels meets, also with the row's ``key``.

    Each fixed row comes once; up to ``extra`` rows are added for the pairs that are still open. Deterministic: ties
    go to the level used least, then to the first.
    """
    open_pairs = _all_pairs(fixed, factors, key)
    used: dict[tuple[str, str], int] = {}
    rows = [_completed(row, factors, key, open_pairs, used) for row in fixed]
    for _ in range(extra):
        if not open_pairs:
            break
        gains = {str(row): _completed(row, factors, key, set(open_pairs), dict(used)) for row in fixed}
        best = max(gains.values(), key=lambda row: len(_pairs(row, factors, key) & open_pairs))
        if not _pairs(best, factors, key) & open_pairs:
            break
        start = {name: level for name, level in best.items() if name not in factors}
        rows.append(_completed(start, factors, key, open_pairs, used))
    return rows


def _all_pairs(fixed: Sequence[Row], factors: Mapping[str, Sequence[str]], key: str) -> set[frozenset[tuple[str, str]]]:
    levels = {key: list(dict.fromkeys(row[key] for row in fixed)), **factors}
    return {
        frozenset({(one, left), (other, right)})
        for one, other in combinations(levels, 2)
        for left in levels[one]
        for right in levels[other]
    }


def _completed(
    row: Row,
    factors: Mapping[str, Sequence[str]],
    key: str,
    open_pairs: set[frozenset[tuple[str, str]]],
    used: dict[tuple[str, str], int],
) -> Row:
    done = dict(row)
    for name, levels in factors.items():

        def worth(level: str, name: str = name) -> tuple[int, int]:
            trial = {**done, name: level}
            return len(_pairs(trial, factors, key) & open_pairs), -used.get((name, level), 0)

        done[name] = max(levels, key=worth)
    open_pairs -= _pairs(done, factors, key)
    for name in factors:
        used[name, done[name]] = used.get((name, done[name]), 0) + 1
    return done


def _pairs(row: Row, factors: Mapping[str, Sequence[str]], key: str) -> set[frozenset[tuple[str, str]]]:
    relevant = [(name, row[name]) for name in (key, *factors) if name in row]
    return {frozenset(pair) for pair in combinations(relevant, 2)}
