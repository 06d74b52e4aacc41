"""Covering arrays: every possible pair of levels stands together in a row, if there are enough rows."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from chat_verifier.planning.array import CoveringArray, Level, Row

Factors = dict[str, list[str]]

FACTORS = st.dictionaries(
    st.sampled_from("abcde"), st.integers(1, 4).map(lambda count: [str(number) for number in range(count)]), min_size=2
)


def pairs_of(rows: list[Row]) -> set[frozenset[Level]]:
    return {frozenset(pair) for row in rows for pair in combinations(row.items(), 2)}


def all_pairs(factors: Factors) -> set[frozenset[Level]]:
    return {
        frozenset({(one, left), (other, right)})
        for one, other in combinations(factors, 2)
        for left in factors[one]
        for right in factors[other]
    }


@settings(deadline=None, max_examples=30)
@given(factors=FACTORS, seed=st.integers(0, 3))
def test_rows_cover_every_pair_and_say_so(factors: Factors, seed: int) -> None:
    array = CoveringArray(factors, seed=seed)
    rows = []
    while array.left and len(rows) < 200:
        rows.append(array.next_row([{}]))
    assert pairs_of(rows) >= all_pairs(factors)
    assert array.share == 1.0


def test_few_rows_cover_many_factors() -> None:
    array = CoveringArray({f"factor-{number}": list("abcd") for number in range(20)})
    for _ in range(45):
        array.next_row([{}])
    assert array.share > 0.99


def test_impossible_pairs_are_neither_wanted_nor_sent() -> None:
    def possible(one: Level, other: Level) -> bool:
        return {one, other} != {("events", "absent"), ("item", "plain")}

    array = CoveringArray({"events": ["absent", "one"], "item": ["plain"]}, possible=possible)
    rows = [array.next_row([fixed]) for fixed in ({}, {"events": "absent"})]
    assert rows[1] == {"events": "absent"}
    assert array.left == 0


def test_fixed_levels_are_part_of_the_row() -> None:
    array = CoveringArray({"a": ["1", "2"], "b": ["1", "2"]})
    assert all(array.next_row([{"a": "2"}])["a"] == "2" for _ in range(4))


def test_levels_of_one_kind_cover_pairs_for_each_other() -> None:
    array = CoveringArray(
        {"first": ["none", "wrong"], "second": ["none", "wrong"], "turn": ["1", "2"]},
        wanted=lambda one, other: "turn" in {one[0], other[0]} and "wrong" in {one[1], other[1]},
        kind=lambda level: "wrong" if level[1] == "wrong" else "",
    )
    array.cover({"first": "wrong", "second": "none", "turn": "1"})
    array.cover({"first": "none", "second": "wrong", "turn": "2"})
    assert array.left == 0


def test_array_that_begins_again_covers_pairs_of_its_own() -> None:
    array = CoveringArray({"a": ["1"], "b": ["1"]})
    array.again().next_row([{}])
    assert array.left == 1
    array.next_row([{}])
    assert (array.left, array.again().left) == (0, 1)


def test_heavy_pairs_are_covered_first() -> None:
    array = CoveringArray({"a": ["1", "2"], "b": ["1", "2"]}, weight=lambda level: 4.0 if level[1] == "2" else 1.0)
    assert array.next_row([{}]) == {"a": "2", "b": "2"}


def test_share_of_triples_counts_those_in_rows() -> None:
    array = CoveringArray({"a": ["1", "2"], "b": ["1", "2"], "c": ["1", "2"]})
    rows = [{"a": "1", "b": "1", "c": "1"}, {"a": "2", "b": "1", "c": "1"}]
    assert array.share_of_triples(rows) == 2 / 8
