"""What the mock can be told to do: by the header Prefer, by rules, by options; and what it makes of nonsense."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract import UsageError, load_contract
from mock_server import Blueprint
from mock_server.http.messages import Answer
from mock_server.loading.options import Rate, read_options
from mock_server.loading.snapshot import State
from mock_server.overrides.delays import Delay, DelayError, read_delay
from mock_server.overrides.prefer import applied, read_preferences
from mock_server.overrides.rules import (
    AS_USUAL,
    Behaviour,
    BehaviourError,
    Behaviours,
    Rule,
    read_fault_rates,
    read_rules,
)
from mock_server.respond.service import ChatService
from tests.support.deciding import decide, service_of, service_with

HI = b'{"message":"hi","conversation_id":"c","user_id":"u"}'


@pytest.fixture(scope="module")
def state(blueprint: Blueprint) -> State:
    return State.from_blueprint(blueprint)


@pytest.fixture
def service(state: State) -> ChatService:
    return ChatService(state)


def body_of(answer: Answer) -> Any:
    return json.loads(answer.body)


def header(answer: Answer, name: str) -> str | None:
    return dict(answer.headers).get(name)


# Prefer ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, AS_USUAL),
        ("", AS_USUAL),
        ("code=429", Behaviour(code=429)),
        ("CODE = 429", Behaviour(code=429)),
        ('code="429"; x=y, fault=drop', Behaviour(code=429, fault="drop")),
        ("code=429, code=500", Behaviour(code=429)),
        ("respond-async, wait=5, code=500", Behaviour(code=500)),
        ("return=representation; foo, handling=lenient", AS_USUAL),
        ('delay="300ms..2s"', Behaviour(delay=Delay(0.3, 2))),
        ('delay="median=1s, p95=3s"', Behaviour(delay=Delay(1, 3, spread=True))),
        ("dynamic=true", Behaviour(dynamic=True)),
        ("dynamic=false", AS_USUAL),
        ("example=no_items", Behaviour(example="no_items")),
        ("code=200, example=no_items", Behaviour(code=200, example="no_items")),
        (",,;=, code=500", Behaviour(code=500)),
        ('"unclosed, code=500', Behaviour(code=500)),
    ],
)
def test_prefer_is_read_as_the_rfc_has_it(state: State, written: str | None, expected: Behaviour) -> None:
    assert read_preferences(written, state) == expected


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("code=99", ["200 to 599"]),
        ("code=", ["200 to 599"]),
        ("code=٤٢٩", ["200 to 599"]),
        ("example=nothing", ["documented", "no_items", "message_missing"]),
        ("code=422, example=no_items", ["message_missing"]),
        ("conversation=../../etc/passwd", ["new-sofa"]),
        ("fault=explode", ["drop", "truncate", "malformed", "slow", "empty"]),
        ("dynamic=maybe", ["true", "false"]),
        ("dynamic=true, code=500", ["200", "422"]),
        ("delay=soon", []),
        ("delay=11min", []),
        (f"code={'9' * 5000}", []),
    ],
)
def test_what_there_is_not_gets_a_400_that_names_what_there_is(
    service: ChatService, written: str, names: list[str]
) -> None:
    answer = decide(service, HI, prefer=written)
    assert (answer.status, answer.media_type) == (400, "application/problem+json")
    assert set(names) <= set(body_of(answer).get("known", []))
    assert all(name in body_of(answer)["detail"] for name in names)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(written=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_any_header_is_read_or_refused(written: str) -> None:
    state = State.from_blueprint(_BLUEPRINT)
    with suppress(BehaviourError):
        assert read_preferences(written, state) is not None


_BLUEPRINT = service_with(seed=1).state.blueprint


def test_a_code_is_answered_whatever_was_asked(service: ChatService) -> None:
    for raw in (HI, b"{", b"", b'{"message":5}'):
        answer = decide(service, raw, prefer="code=429")
        assert (answer.status, body_of(answer)) == (429, {"detail": "Too Many Requests"})
        assert header(answer, "Retry-After") == "1"
        assert header(answer, "Preference-Applied") == "code=429"


@pytest.mark.parametrize("code", [200, 201, 204, 304, 401, 404, 418, 422, 429, 500, 503, 599])
def test_every_code_can_be_had(service: ChatService, code: int) -> None:
    answer = decide(service, HI, prefer=f"code={code}")
    assert answer.status == code
    assert bool(answer.body) == (code not in {204, 304})


def test_a_code_of_the_contract_has_its_documented_body(service: ChatService) -> None:
    detail = body_of(decide(service, HI, prefer="code=422"))
    assert detail in load_contract().response_examples[422].values()
    load_contract().response_validators[422].validate(detail)


def test_a_200_by_its_code_is_the_usual_reply_to_a_good_request_and_an_example_to_a_bad_one(
    service: ChatService,
) -> None:
    assert body_of(decide(service, HI, prefer="code=200"))["conversation_id"] == "c"
    assert body_of(decide(service, b'{"message":5}', prefer="code=200")) in (
        load_contract().response_examples[200].values()
    )


@pytest.mark.parametrize("name", load_contract().response_examples[422])
def test_a_named_refusal_is_given_as_it_is_written(service: ChatService, name: str) -> None:
    answer = decide(service, HI, prefer=f"example={name}")
    assert (answer.status, body_of(answer)) == (422, load_contract().response_examples[422][name])


def test_a_named_reply_speaks_in_the_conversation_that_asks(service: ChatService) -> None:
    body = body_of(decide(service, HI, prefer="example=several_items"))
    example = load_contract().response_examples[200]["several_items"]
    assert body == {**example, "conversation_id": "c", "items": example["items"][:4]}


def test_a_named_reply_is_no_answer_to_a_bad_request(service: ChatService) -> None:
    assert decide(service, b'{"message":5}', prefer="example=documented").status == 422


def test_a_named_conversation_is_played_turn_by_turn(service: ChatService, state: State) -> None:
    turns = state.shop.script.conversations["desk-for-heavy-tools"].turns
    said = [
        body_of(decide(service, HI, prefer="conversation=desk-for-heavy-tools"))["message"]
        for _ in range(len(turns) + 1)
    ]
    assert said == [*(turn.reply for turn in turns), turns[-1].reply]


def test_made_up_replies_keep_the_contract_and_the_limit(state: State) -> None:
    validator = load_contract().response_validators[200]
    service = ChatService(state)
    for limit in (0, 1, 3, 10) * 40:
        body = body_of(decide(service, b'{"message":"hi","limit":%d}' % limit, prefer="dynamic=true"))
        validator.validate(body)
        ids = [item["item_id"] for item in body["items"]]
        assert len(ids) <= limit
        assert len(ids) == len(set(ids))


def test_made_up_refusals_keep_the_contract(service: ChatService) -> None:
    validator = load_contract().response_validators[422]
    for _ in range(50):
        validator.validate(body_of(decide(service, HI, prefer="dynamic=true, code=422")))


def test_the_seed_makes_up_the_same_again() -> None:
    first, second = ([decide(service_with(seed=3), HI, prefer="dynamic=true").body for _ in range(3)] for _ in range(2))
    assert first == second


def test_preferences_that_were_applied_are_named(service: ChatService) -> None:
    answer = decide(service, HI, prefer='example=no_items, wait=5, delay="1ms..2ms"')
    assert header(answer, "Preference-Applied") == "example=no_items, delay=1ms..2ms"
    spread = decide(service, HI, prefer='delay="median=1ms p95=2ms"')
    assert header(spread, "Preference-Applied") == 'delay="median=1ms p95=2ms"'
    assert header(decide(service, HI, prefer="wait=5"), "Preference-Applied") is None
    refused = decide(service, b'{"message":5}', prefer="example=no_items, fault=empty")
    assert header(refused, "Preference-Applied") == "fault=empty"
    assert applied(AS_USUAL) == ""


# Faults and delays ----------------------------------------------------------------------------------------------------


def test_faults_spoil_the_body_or_leave_it_to_the_door(service: ChatService) -> None:
    whole = decide(service, HI).body
    assert decide(service, HI, prefer="fault=empty").body == b""
    malformed = decide(service, HI, prefer="fault=malformed").body
    assert whole.startswith(malformed)
    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed)
    for fault in ("drop", "truncate", "slow"):
        answer = decide(service, HI, prefer=f"fault={fault}")
        assert (answer.fault, answer.body) == (fault, whole)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("800ms", Delay(0.8, 0.8)),
        (" 1.5 s ", Delay(1.5, 1.5)),
        ("0ms", Delay(0, 0)),
        ("300ms..2s", Delay(0.3, 2)),
        ({"min": "1s", "max": "2s"}, Delay(1, 2)),
        ({"median": "1s", "p95": "3s"}, Delay(1, 3, spread=True)),
        ("median=1s p95=3s", Delay(1, 3, spread=True)),
    ],
)
def test_delays_as_people_write_them(written: Any, expected: Delay) -> None:
    assert read_delay(written) == expected
    assert read_delay(str(expected)) == expected


@pytest.mark.parametrize(
    "written",
    [
        *("", "5", "s", "-1s", "1h", "2s..1s", "1s..", "..1s", "601s", "1e3ms", "median=1s", "median=3s p95=1s", "٥s"),
        *(5, None, [], {}, {"min": "1s"}, {"min": 1, "max": 2}, "median=0s p95=1s", "9" * 400 + "s", "nans", True),
    ],
)
def test_what_is_no_delay_is_refused_and_shown(written: Any) -> None:
    with pytest.raises(DelayError, match="delay"):
        read_delay(written)


def test_a_lognormal_delay_has_its_median_and_its_percentile() -> None:
    chance = Random(1)
    drawn = sorted(Delay(1, 4, spread=True).sample(chance) for _ in range(4001))
    assert drawn[2000] == pytest.approx(1, rel=0.1)
    assert drawn[3801] == pytest.approx(4, rel=0.15)
    assert all(1 <= Delay(1, 2).sample(chance) <= 2 for _ in range(100))


# Rules ----------------------------------------------------------------------------------------------------------------


def statuses(service: ChatService, count: int, raw: bytes = HI) -> list[int]:
    return [decide(service, raw).status for _ in range(count)]


def rules_of(service: ChatService, value: Any) -> list[Rule]:
    return read_rules(value, service.state)


def test_a_rule_for_the_next_requests_counts_down(service: ChatService) -> None:
    service.behaviours.put(rules_of(service, {"code": 429, "times": 2}))
    assert statuses(service, 4) == [429, 429, 200, 200]
    assert service.behaviours.rules == ()


def test_rules_come_one_after_the_other(service: ChatService) -> None:
    value = {"rules": [{"code": 500, "times": 1}, {"code": 429, "times": 1}, {"delay": "5ms"}]}
    service.behaviours.put(rules_of(service, value))
    answers = [decide(service, HI) for _ in range(3)]
    assert [answer.status for answer in answers] == [500, 429, 200]
    assert {answer.delay for answer in answers} == {0.005}


def test_a_rule_may_be_about_a_conversation_or_a_user(service: ChatService) -> None:
    service.behaviours.put(
        rules_of(service, {"rules": [{"code": 500, "conversation_id": "c"}, {"code": 503, "user_id": "v"}]})
    )
    assert statuses(service, 1) == [500]
    assert statuses(service, 1, b'{"message":"hi","conversation_id":"d"}') == [200]
    assert statuses(service, 1, b'{"message":"hi","user_id":"v"}') == [503]
    assert statuses(service, 1, b"{") == [422]


def test_a_share_is_met_and_repeatable() -> None:
    def drawn() -> Counter[int]:
        service = service_with(seed=5, fault_rates=read_fault_rates("500=0.1, 429=0.2"))
        return Counter(statuses(service, 1000))

    assert drawn() == drawn()
    assert drawn()[500] == pytest.approx(100, abs=35)
    assert drawn()[429] == pytest.approx(180, abs=45)


def test_what_a_request_asks_for_goes_before_rules(service: ChatService) -> None:
    service.behaviours.put(rules_of(service, {"code": 500}))
    assert decide(service, HI, prefer="code=429").status == 429
    assert decide(service, HI, prefer="fault=drop").status == 500


def test_a_reply_can_be_set(service: ChatService) -> None:
    items = [{"item_id": f"I{index}"} for index in range(6)]
    service.behaviours.put(rules_of(service, {"reply": {"message": "Set.", "items": items}}))
    assert body_of(decide(service, HI)) == {"conversation_id": "c", "message": "Set.", "items": items}
    assert decide(service, b'{"message":5}').status == 422


def test_reset_forgets_all_that_came_since_the_start() -> None:
    service = service_with(seed=4, delay=Delay(0.001, 0.001))
    ids = [body_of(decide(service, b'{"message":"hi"}'))["conversation_id"] for _ in range(2)]
    service.behaviours.put(rules_of(service, {"code": 500}))
    service.reset()
    assert len(service.memory) == 0
    assert service.journal.entries() == []
    answers = [decide(service, b'{"message":"hi"}') for _ in range(2)]
    assert [body_of(answer)["conversation_id"] for answer in answers] == ids
    assert answers[0].delay == 0.001


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ([], "JSON object"),
        ({}, "JSON object"),
        ("code=429", "JSON object"),
        (None, "JSON object"),
        ({"cod": 429}, "did you mean code"),
        ({"code": "x"}, "no code"),
        ({"code": True}, "no code"),
        ({"code": 4.29}, "no code"),
        ({"code": 429, "times": 0}, "number of times"),
        ({"code": 429, "times": 1.5}, "number of times"),
        ({"code": 429, "share": 2}, "share"),
        ({"code": 429, "share": "0.5"}, "share"),
        ({"code": 429, "user_id": 5}, "user_id"),
        ({"fault": ["drop"]}, "no fault"),
        ({"example": {}}, "no example"),
        ({"reply": "x"}, "object"),
        ({"reply": {"items": "x"}}, "no such reply"),
        ({"reply": {"items": [{"title": "x"}]}}, "item_id"),
        ({"rules": [{"code": 429}, 5]}, "JSON object"),
        ({"rules": [{"code": 500}] * 1001}, "too many"),
    ],
)
def test_a_rule_that_makes_no_sense_changes_nothing(service: ChatService, value: Any, says: str) -> None:
    service.behaviours.put(rules_of(service, {"code": 503}))
    with pytest.raises(BehaviourError, match=says):
        service.behaviours.put(rules_of(service, value))
    assert statuses(service, 1) == [503]


def test_rules_are_written_as_they_are_read(service: ChatService) -> None:
    value = {"code": 500, "delay": "1s..2s", "fault": "drop", "times": 3, "share": 0.5, "conversation_id": "c"}
    [rule] = rules_of(service, value)
    assert rule.written() == value


# Options --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["drop", "drop=2", "explode=0.1", "drop=0.1;500=0.1", "99=0.1", "drop=nan", "", "drop=-1"]
)
def test_a_fault_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--fault-rate"):
        read_options({"fault_rates": text})


@pytest.mark.parametrize("text", ["10", "0/s", "-1/s", "10/x", "1.5/s", "", "10 / s", "٥/s", "9" * 50 + "/s"])
def test_a_rate_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--rate-limit"):
        read_options({"rate_limit": text})


def test_rates_are_read() -> None:
    assert read_options({"rate_limit": "100/min"}).rate_limit == Rate(100, 60)


@pytest.mark.parametrize(
    "origin",
    [
        *("localhost:5173", "http://a/b", "ftp://a", "http://", "http://a:99999", "null", "http://u@a", "http://a?x"),
        "",
    ],
)
def test_an_origin_that_is_none_is_refused(origin: str) -> None:
    with pytest.raises(UsageError, match="--cors-origin"):
        read_options({"cors_origins": [origin]})


@pytest.mark.parametrize("name", ["require_key", "control_token"])
def test_a_secret_that_no_header_can_hold_is_refused_and_not_shown(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options({name: "sécret one"})
    assert "sécret" not in str(caught.value)
    assert "word" not in repr(read_options({name: "the-word"}))


def test_behaviours_without_rules_cost_no_chance() -> None:
    behaviours = Behaviours((), seed=1)
    before = behaviours.chance.getstate()
    assert behaviours.next(AS_USUAL) is AS_USUAL
    assert behaviours.chance.getstate() == before
    assert service_of(_BLUEPRINT).behaviours.rules == ()
