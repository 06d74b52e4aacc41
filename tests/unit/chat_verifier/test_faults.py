"""Which requests with wrong values a plan has, and which it sends after a response that does not name a fault."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pytest

from chat_contract import load_contract
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import Case
from chat_verifier.planning.conditions import Wrong
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.recipe import Recipe
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import in_turn
from chat_verifier.planning.tiers import ALLOCATIONS, Tier

BUILDER = RequestBuilder(load_contract())
SEEDS = [0, 1, 2, 7]


@cache
def conversations(seed: int) -> tuple[tuple[Case, ...], ...]:
    return tuple(one.cases for one in make_plan(load_contract(), ALLOCATIONS[Tier.DEFAULT].sizes, seed=seed).sequences)


def faults(case: Case) -> tuple[Wrong, ...]:
    return case.recipe.wrongs if case.recipe is not None else ()


def wrong(field: str, type_name: str, position: str = "") -> Wrong:
    found = (wrong_values.in_event if position else wrong_values.top_level)(BUILDER)
    return Wrong(found[field][type_name][0], position)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_pair_of_fields_is_wrong_in_a_request_without_other_faults(seed: int) -> None:
    found = {
        frozenset(one.wrong.field for one in faults(case))
        for cases in conversations(seed)
        for case in cases
        if not any(one.position for one in faults(case))
    }
    assert {frozenset(pair) for pair in combinations(wrong_values.top_level(BUILDER), 2)} <= found


@pytest.mark.parametrize("seed", SEEDS)
def test_text_that_is_the_only_fault_of_a_limit_contains_a_number(seed: int) -> None:
    alone = [faults(case)[0].wrong for cases in conversations(seed) for case in cases if len(faults(case)) == 1]
    texts = [one.value for one in alone if one.field == "limit" and one.type == "string"]
    assert texts
    assert set(texts) <= {"5 items", "0x10"}


@pytest.mark.parametrize("seed", SEEDS)
def test_rejected_turn_before_a_turn_without_a_limit_asks_for_the_most_items(seed: int) -> None:
    checked = 0
    for cases in conversations(seed):
        for before, after in pairwise(cases):
            if faults(before) and after.continues and after.recipe is not None and not faults(after):
                asked, fields = dict(before.body), {one.wrong.field for one in faults(before)}
                if "limit" not in after.body and "limit" not in fields:
                    assert asked.get("limit") == BUILDER.valid("limit"), before.id
                    checked += 1
    assert checked > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_some_request_repeats_an_event(seed: int) -> None:
    lists: list[Any] = [
        case.body.get("events")
        for cases in conversations(seed)
        for case in cases
        if not faults(case) and isinstance(case.body, dict)
    ]
    texts = [[json.dumps(event) for event in events] for events in lists if isinstance(events, list)]
    assert any(len(set(found)) < len(found) <= BUILDER.most_events for found in texts)


def test_fault_that_is_sent_alone_keeps_the_other_fields() -> None:
    missing = wrong("message", "missing")
    recipe = Recipe(BUILDER, {}, (missing, wrong("user_id", "object"), wrong("session_id", "array")))
    assert recipe.with_only([missing]).body == {
        "user_id": BUILDER.valid("user_id"),
        "session_id": BUILDER.valid("session_id"),
    }


def test_fault_that_is_sent_alone_does_not_bring_back_a_missing_field() -> None:
    missing, user = wrong("message", "missing"), wrong("user_id", "object")
    alone = Recipe(BUILDER, {}, (missing, user)).with_only([user])
    assert alone.body == {"message": BUILDER.valid("message"), "user_id": user.wrong.value}


@pytest.mark.parametrize("seed", range(8))
def test_values_come_in_turn_and_the_seed_exchanges_neighbours(seed: int) -> None:
    values = ["a", "b", "c", "d", "e"]
    found = [in_turn(values, number, seed) for number in range(10)]
    assert found[:5] == found[5:]
    assert [sorted(found[:2]), sorted(found[2:4]), found[4]] == [["a", "b"], ["c", "d"], "e"]
    assert (found[0], found[2]) == ("ab"[seed & 1], "cd"[seed >> 1 & 1])
