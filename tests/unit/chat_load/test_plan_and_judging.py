"""What users send, and that the fast judge of a load says what the oracle says."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from chat_contract import Breakdown, Contract, Exchange, Request, RequestClass, Response, UsageError, classify
from chat_contract.conformance import examine, exercised_clauses, find_violations
from chat_contract.history import History
from chat_contract.loading import load_contract
from chat_load.judging import LoadJudge, RecentIds, Sampler
from chat_load.plan import WRONG, Plan, Shopper, Step
from chat_load.settings import Conversation

CONVERSATIONS = (
    Conversation("desk", (("Which desk?", "A desk, please"), ("And a cheaper one?",), ("Thanks",))),
    Conversation("idée", (("une idée de cadeau",), ("merci",))),
)
ITEM = {"item_id": "A", "title": "Desk", "status": "active", "description": "A desk", "price": "9.99"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def shopper(contract: Contract, *, wrong: float = 0.0, seed: int = 0) -> Shopper:
    return Shopper(Plan(contract, CONVERSATIONS, wrong=wrong), random.Random(seed), f"load-{seed}", RecentIds())


def replied(step: Step, **changes: Any) -> Exchange:
    """Return the exchange of a step with a reply, which keeps the id of the conversation."""
    body = {"conversation_id": step.body.get("conversation_id", "c-1"), "message": "Here.", "items": [ITEM], **changes}
    raw = json.dumps(body).encode()
    headers = (("Content-Type", "application/json"), ("Content-Length", str(len(raw))))
    return Exchange(step.request, Response(200, headers, raw), concurrent=True)


def copied(history: History) -> History:
    conversations, in_use = dict(history.conversations), dict(history.in_use)
    return replace(history, conversations=conversations, seen=set(history.seen), in_use=in_use)


# What users send ------------------------------------------------------------------------------------------------------


def test_turns_of_a_conversation_continue_it_with_the_same_fields(contract: Contract) -> None:
    user = shopper(contract)
    talks: list[list[dict[str, Any]]] = []
    for _ in range(40):
        step = user.next()
        body = json.loads(step.request.body)
        if step.name == "turn 1":
            talks.append([])
        talks[-1].append(body)
        assert len(step.earlier) == len(talks[-1]) - 1
        user.note(step, f"c-{len(talks)}")
    for number, talk in enumerate(talks, 1):
        assert "conversation_id" not in talk[0]
        assert {body["conversation_id"] for body in talk[1:]} <= {f"c-{number}"}
        assert (
            len({json.dumps({name: body.get(name) for name in ("user_id", "limit", "events")}) for body in talk}) == 1
        )
    assert {talk[0]["message"] for talk in talks} == {"Which desk?", "A desk, please", "une idée de cadeau"}
    assert {"limit", "events", "user_id", "session_id"} <= {name for talk in talks for name in talk[0]}


def test_conversation_without_an_id_in_the_reply_starts_again(contract: Contract) -> None:
    user = shopper(contract)
    user.note(user.next(), None)
    assert user.next().name == "turn 1"


def test_refused_request_is_sent_again(contract: Contract) -> None:
    user = shopper(contract)
    step = user.next()
    user.put_back(step)
    assert user.next() is step


def test_right_requests_must_be_accepted_and_wrong_ones_rejected(contract: Contract) -> None:
    user = shopper(contract, wrong=0.5)
    seen: dict[str, set[RequestClass]] = {}
    for number in range(300):
        step = user.next()
        found = classify(contract, step.request, step.history).request_class
        kind = WRONG if step.name == WRONG else "turn 1" if step.name == "turn 1" else "later"
        seen.setdefault(kind, set()).add(found)
        assert step.expected == (422 if step.name == WRONG else 200)
        LoadJudge(contract).judge(step, replied(step, conversation_id=f"c-{number // 3}"))
        user.note(step, f"c-{number // 3}")
    assert seen[WRONG] == {RequestClass.MUST_REJECT}
    assert seen["turn 1"] == {RequestClass.MUST_ACCEPT}


@pytest.mark.parametrize("wrong", [0.0, 0.2, 1.0])
def test_share_of_wrong_requests_is_the_requested_one(contract: Contract, wrong: float) -> None:
    user = shopper(contract, wrong=wrong)
    names = []
    for _ in range(1000):
        step = user.next()
        names.append(step.name)
        user.note(step, "c")
    assert names.count(WRONG) / 1000 == pytest.approx(wrong, abs=0.05)


def test_wrong_requests_have_an_error_in_every_documented_field(contract: Contract) -> None:
    plan = Plan(contract, CONVERSATIONS, wrong=0.1)
    assert any("message" not in body for body in plan.wrong_bodies)
    for name in ("message", "conversation_id", "session_id", "user_id", "events", "limit"):
        usual = {json.dumps(body.get(name)) for body in plan.wrong_bodies}
        assert len(usual) > 1, name


def test_plan_without_conversations_cannot_run(contract: Contract) -> None:
    with pytest.raises(UsageError, match="no conversation has a turn to send"):
        Plan(contract, (), wrong=0.0)


# Judging --------------------------------------------------------------------------------------------------------------


def outcomes(step: Step, number: int) -> Iterator[Exchange]:
    """Yield right and wrong outcomes of a step."""
    headers = (("Content-Type", "application/json"),)
    yield replied(step)
    yield replied(step, conversation_id="other")
    yield replied(step, conversation_id=None)
    yield replied(step, items=[ITEM] * (number % 7))
    yield replied(step, items=[{**ITEM, "price": 9.99}])
    yield replied(step, items=[{**ITEM, "item_id": ""}, 5, {"item_id": "\ud800"}])
    yield replied(step, message=10**30, items=None)
    yield Exchange(
        step.request, Response(422, headers, b'{"detail":[{"loc":["body","message"],"msg":"m","type":"missing"}]}')
    )
    yield Exchange(step.request, Response(422, headers, b'{"detail":"no"}'))
    yield Exchange(step.request, Response(500, (), b"oops"))
    yield Exchange(step.request, Response(429, (), b""))
    yield Exchange(step.request, Breakdown("reset"))


def test_fast_judge_says_what_the_oracle_says(contract: Contract) -> None:
    user, judge = shopper(contract, wrong=0.2), LoadJudge(contract)
    compared = violations = 0
    for number in range(150):
        step = user.next()
        for exchange in outcomes(step, number):
            facts = examine(contract, exchange, copied(step.history))
            expected, exercised = tuple(find_violations(facts)), exercised_clauses(facts)
            fresh = replace(step, history=copied(step.history))
            found = judge.judge(fresh, exchange)
            assert found.violations == expected
            assert found.exercised in (exercised, frozenset())
            assert found.reply_id == facts.reply_id
            compared += 1
            violations += bool(expected)
        user.note(step, judge.judge(step, replied(step, conversation_id=f"c-{number}")).reply_id)
    assert compared == 1800
    assert violations > 500


@pytest.mark.parametrize("issued", ["c-1", "idé\ud83d", 'quote"d', "x" * 300, "", " "])
def test_ids_of_every_kind_are_judged_alike(contract: Contract, issued: str) -> None:
    user, judge = shopper(contract), LoadJudge(contract)
    for number in range(60):
        step = user.next()
        exchange = replied(step, conversation_id=step.body.get("conversation_id", issued and f"{issued}{number}"))
        expected = tuple(find_violations(examine(contract, exchange, copied(step.history))))
        found = judge.judge(step, exchange)
        assert found.violations == expected
        user.note(step, found.reply_id)


def test_two_conversations_with_the_same_id_are_a_violation(contract: Contract) -> None:
    judge, seen = LoadJudge(contract), RecentIds()
    plan = Plan(contract, CONVERSATIONS, wrong=0.0)
    users = [Shopper(plan, random.Random(number), f"load-{number}", seen) for number in range(2)]
    found = [judge.judge(step, replied(step, conversation_id="same")) for step in (user.next() for user in users)]
    assert not found[0].violations
    assert {one.clause for one in found[1].violations} >= {"conversation.distinct"}


def test_exchange_that_is_not_judged_is_still_recorded(contract: Contract) -> None:
    user, judge = shopper(contract), LoadJudge(contract)
    step = user.next()
    judgement = judge.judge(step, replied(step, items=5), wanted=False)
    assert (judgement.judged, judgement.violations, judgement.reply_id) == (False, (), "c-1")
    assert step.history.issued("c-1")


def test_recent_ids_forget_the_oldest() -> None:
    ids = RecentIds(limit=2)
    for name in ("a", "b", "a", "c"):
        ids.add(name)
    assert ids == {"b", "c"}


def test_recent_ids_forget_the_oldest_if_they_are_too_long_together() -> None:
    ids = RecentIds(most_characters=10)
    for name in ("a" * 4, "b" * 4, "c" * 4):
        ids.add(name)
    assert ids == {"b" * 4, "c" * 4}
    ids.add("d" * 11)
    assert ids == set()


# Sampling -------------------------------------------------------------------------------------------------------------


def step_of(contract: Contract) -> Step:
    request = Request("POST", "/chat")
    return Step("turn 1", (), {}, request, 200, History())


def test_every_response_is_judged_without_pressure(contract: Contract) -> None:
    sampler = Sampler()
    sampler.note(lag=5.0, load=0.2)
    sampler.note(lag=0.0, load=1.0)
    assert all(sampler.wants(step_of(contract), 200) for _ in range(100))


def test_pressure_halves_the_share_and_its_end_restores_it(contract: Contract) -> None:
    sampler, step = Sampler(), step_of(contract)
    for share in (2, 4, 8, 16, 32, 64, 64):
        sampler.note(lag=0.5, load=1.0)
        assert sum(sampler.wants(step, 200) for _ in range(640)) == 640 // share
    assert all(sampler.wants(step, 500) for _ in range(100))
    for _ in range(6):
        sampler.note(lag=0.0, load=0.5)
    assert all(sampler.wants(step, 200) for _ in range(100))
