"""Prepared rows fit the plans that use them, and annealing makes rows cover more."""

from __future__ import annotations

import pytest

from chat_contract import load_contract
from chat_verifier.planning.annealing import Annealing, Circumstance, Place
from chat_verifier.planning.array import CoveringArray, Level, Row
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.prepare import prepare
from chat_verifier.planning.prepared import decoded, encoded, prepared
from chat_verifier.planning.tiers import ALLOCATIONS, Sizes, Tier

FACTORS = {"a": ["1", "2", "3"], "b": ["1", "2", "3"], "c": ["1", "2", "3"]}


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_plan_uses_every_prepared_row_and_makes_no_other(tier: Tier) -> None:
    sizes = ALLOCATIONS[tier].sizes
    made: list[str] = []
    followed: list[CoveringArray] = []

    def follow(kind: str, array: CoveringArray) -> None:
        prepared(sizes.prepared)(kind, array)
        array.observe(lambda *_: made.append(kind))
        followed.append(array)

    make_plan(load_contract(), sizes, follow=follow)
    assert len(followed) == 3
    assert made == [], "prepared.json does not fit the plan: run python -m chat_verifier.planning.prepare"


def test_rows_are_prepared_for_each_array_of_a_plan() -> None:
    made = prepare(load_contract(), Sizes(rows=2, packs=1, alone=1, small=True), sweeps=1)
    assert {kind: len(found["rows"]) > 0 for kind, found in made.items()} == {
        "rows": True,
        "packs": True,
        "alone": True,
    }


def test_prepared_rows_are_ignored_when_the_factors_differ() -> None:
    array = CoveringArray(FACTORS)
    prepared("default")("rows", array)
    assert array.prepared_row({}) is None


def test_row_is_read_as_it_was_written() -> None:
    row = {"a": "3", "c": "1"}
    assert [decoded(text, FACTORS) for text in encoded([row], FACTORS)] == [row]


def test_row_that_lacks_a_fixed_level_is_not_followed() -> None:
    array = CoveringArray(FACTORS)
    array.follow([{"a": "1"}, {"a": "1"}, {"a": "1"}])
    assert array.prepared_row({"a": "2"}) is None
    assert array.prepared_row({}, {("a", "1")}) is None
    assert array.prepared_row({"a": "1"}) == {"a": "1"}


def annealed(rows: list[Row], array: CoveringArray, **allowed: list[str]) -> Annealing:
    return Annealing(array, [Place(row, allowed) for row in rows], (Circumstance(1.0),), order=lambda name: name == "c")


def test_annealing_covers_more_pairs_and_keeps_fixed_levels() -> None:
    array = CoveringArray(FACTORS)
    annealing = annealed([{"a": "1", "b": "1", "c": "1"}] * 9, array)
    annealing.improve(20)
    for row in annealing.rows():
        array.cover(row)
    assert array.share > 0.8
    fixed = annealed([{"a": "1", "b": "1", "c": "1"}] * 3, array, a=["1"])
    fixed.improve(3)
    assert {row["a"] for row in fixed.rows()} == {"1"}


def test_annealing_puts_no_impossible_levels_together() -> None:
    def possible(one: Level, other: Level) -> bool:
        return {one, other} != {("a", "1"), ("b", "1")}

    annealing = annealed([{"a": "2", "b": "2", "c": "1"}] * 6, CoveringArray(FACTORS, possible=possible))
    annealing.improve(10)
    assert not [row for row in annealing.rows() if row.get("a") == "1" and row.get("b") == "1"]


def test_insisted_level_is_in_as_many_rows_as_requested() -> None:
    annealing = annealed([{"a": "1", "b": "1", "c": "1"}] * 4, CoveringArray(FACTORS))
    annealing.insist(("a", "3"), 2)
    annealing.insist(("a", "2"), 1)
    levels = sorted(row["a"] for row in annealing.rows())
    assert levels == ["1", "2", "3", "3"]


def test_row_that_leaves_out_a_factor_gets_no_level_of_it() -> None:
    array = CoveringArray(FACTORS)
    barred = frozenset({("a", "1"), ("a", "2"), ("a", "3")})
    annealing = Annealing(array, [Place({"b": "1", "c": "1"}, {}, barred)], order=lambda _: 0)
    annealing.improve(3)
    assert [{*row} for row in annealing.rows()] == [{"b", "c"}]
