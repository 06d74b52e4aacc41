"""Overrides: the Prefer header, rules, faults, delays, start-up options, and invalid values of each."""

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
from mock_server import Snapshot
from mock_server.control.api import rule_json
from mock_server.http.messages import Answer
from mock_server.http.source import Fault
from mock_server.loading.options import Rate, read_options
from mock_server.overrides.delays import Delay, DelayError, read_delay
from mock_server.overrides.prefer import misspelt_preferences, preference_applied, read_preferences
from mock_server.overrides.reading import read_fault_rates, read_rules
from mock_server.overrides.rules import NO_OVERRIDE, Override, OverrideError, Rule, Rules
from mock_server.respond.service import ChatService
from tests.support.deciding import decide, service_of, service_with
from tests.support.waiting import at_most_cpu_seconds

HI = b'{"message":"hi","conversation_id":"c","user_id":"u"}'


@pytest.fixture
def service(snapshot: Snapshot) -> ChatService:
    return ChatService(snapshot)


def body_of(answer: Answer) -> Any:
    return json.loads(answer.body)


def header(answer: Answer, name: str) -> str | None:
    return dict(answer.headers).get(name)


# Prefer ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (None, NO_OVERRIDE),
        ("", NO_OVERRIDE),
        ("code=429", Override(code=429)),
        ("CODE = 429", Override(code=429)),
        ('code="429"; x=y, fault=drop', Override(code=429, fault=Fault.DROP)),
        ("code=429, code=500", Override(code=429)),
        ("respond-async, wait=5, code=500", Override(code=500)),
        ("return=representation; foo, handling=lenient", NO_OVERRIDE),
        ('delay="300ms..2s"', Override(delay=Delay(0.3, 2))),
        ('delay="median=1s, p95=3s"', Override(delay=Delay(1, 3, lognormal=True))),
        ("dynamic=true", Override(dynamic=True)),
        ("dynamic=false", NO_OVERRIDE),
        ("example=no_items", Override(example="no_items")),
        ("code=200, example=no_items", Override(code=200, example="no_items")),
        (",,;=, code=500", Override(code=500)),
        ('"unclosed, code=500', Override(code=500)),
    ],
)
def test_prefer_header_is_parsed_by_rfc_7240(snapshot: Snapshot, written: str | None, expected: Override) -> None:
    assert read_preferences(written, snapshot) == expected


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
def test_unknown_preference_returns_400_with_valid_values(service: ChatService, written: str, names: list[str]) -> None:
    answer = decide(service, HI, prefer=written)
    assert (answer.status, answer.media_type) == (400, "application/problem+json")
    assert body_of(answer)["title"] == "Unknown preference"
    assert set(names) <= set(body_of(answer)["valid"])
    assert all(name in body_of(answer)["detail"] for name in names)


def test_unknown_preference_names_value_and_preference(service: ChatService) -> None:
    detail = body_of(decide(service, HI, prefer="fault=explode"))["detail"]
    assert detail == f'Unknown value "explode" for preference "fault". Valid values: {", ".join(Fault)}.'


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(written=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60))
def test_any_header_is_parsed_or_rejected(written: str) -> None:
    with suppress(OverrideError):
        assert read_preferences(written, _SNAPSHOT) is not None


_SNAPSHOT = service_with(seed=1).snapshot


def test_code_is_returned_for_any_body(service: ChatService) -> None:
    for raw in (HI, b"{", b"", b'{"message":5}'):
        answer = decide(service, raw, prefer="code=429")
        assert (answer.status, body_of(answer)) == (429, {"detail": "Too Many Requests"})
        assert header(answer, "Retry-After") == "1"
        assert header(answer, "Preference-Applied") == "code=429"


@pytest.mark.parametrize("code", [200, 201, 204, 304, 401, 404, 418, 422, 429, 500, 503, 599])
def test_every_status_can_be_requested(service: ChatService, code: int) -> None:
    answer = decide(service, HI, prefer=f"code={code}")
    assert answer.status == code
    assert bool(answer.body) == (code not in {204, 304})


def test_documented_status_has_its_documented_body(service: ChatService) -> None:
    detail = body_of(decide(service, HI, prefer="code=422"))
    assert detail in load_contract().response_examples[422].values()
    assert load_contract().response_validators[422].is_valid(detail)


def test_code_200_returns_the_normal_reply_or_an_example_for_an_invalid_request(
    service: ChatService,
) -> None:
    assert body_of(decide(service, HI, prefer="code=200"))["conversation_id"] == "c"
    assert body_of(decide(service, b'{"message":5}', prefer="code=200")) in (
        load_contract().response_examples[200].values()
    )


@pytest.mark.parametrize("name", load_contract().response_examples[422])
def test_named_422_example_is_returned_unchanged(service: ChatService, name: str) -> None:
    answer = decide(service, HI, prefer=f"example={name}")
    assert (answer.status, body_of(answer)) == (422, load_contract().response_examples[422][name])


def test_named_reply_has_the_conversation_id_of_the_request(service: ChatService) -> None:
    body = body_of(decide(service, HI, prefer="example=several_items"))
    example = load_contract().response_examples[200]["several_items"]
    assert body == {**example, "conversation_id": "c", "items": example["items"][:4]}


def test_named_reply_does_not_replace_a_rejection(service: ChatService) -> None:
    assert decide(service, b'{"message":5}', prefer="example=documented").status == 422


def test_named_conversation_replies_turn_by_turn(service: ChatService, snapshot: Snapshot) -> None:
    stubs = snapshot.shop.scenarios.by_name["desk-for-heavy-tools"].stubs
    replies = [
        body_of(decide(service, HI, prefer="conversation=desk-for-heavy-tools"))["message"]
        for _ in range(len(stubs) + 1)
    ]
    assert replies == [*(stub.reply for stub in stubs), stubs[-1].reply]


def test_generated_replies_conform_to_contract_and_limit(snapshot: Snapshot) -> None:
    validator = load_contract().response_validators[200]
    service = ChatService(snapshot)
    for limit in (0, 1, 3, 10) * 40:
        body = body_of(decide(service, b'{"message":"hi","limit":%d}' % limit, prefer="dynamic=true"))
        assert validator.is_valid(body)
        ids = [item["item_id"] for item in body["items"]]
        assert len(ids) <= limit
        assert len(ids) == len(set(ids))


def test_generated_rejections_conform_to_the_contract(service: ChatService) -> None:
    validator = load_contract().response_validators[422]
    for _ in range(50):
        assert validator.is_valid(body_of(decide(service, HI, prefer="dynamic=true, code=422")))


def test_seed_makes_generated_replies_repeatable() -> None:
    first, second = ([decide(service_with(seed=3), HI, prefer="dynamic=true").body for _ in range(3)] for _ in range(2))
    assert first == second


def test_preference_applied_confirms_the_applied_preferences(service: ChatService) -> None:
    answer = decide(service, HI, prefer='example=no_items, wait=5, delay="1ms..2ms"')
    assert header(answer, "Preference-Applied") == "example=no_items, delay=1ms..2ms"
    spread = decide(service, HI, prefer='delay="median=1ms p95=2ms"')
    assert header(spread, "Preference-Applied") == 'delay="median=1ms p95=2ms"'
    assert header(decide(service, HI, prefer="wait=5"), "Preference-Applied") is None
    refused = decide(service, b'{"message":5}', prefer="example=no_items, fault=empty")
    assert header(refused, "Preference-Applied") == "fault=empty"
    assert preference_applied(NO_OVERRIDE) == ""


# Faults and delays ----------------------------------------------------------------------------------------------------


def test_body_faults_change_the_body_and_connection_faults_are_left_to_the_adapter(service: ChatService) -> None:
    whole = decide(service, HI).body
    assert decide(service, HI, prefer="fault=empty").body == b""
    malformed = decide(service, HI, prefer="fault=malformed").body
    assert whole.startswith(malformed)
    with pytest.raises(json.JSONDecodeError):
        json.loads(malformed)
    for fault in ("drop", "truncate", "slow"):
        answer = decide(service, HI, prefer=f"fault={fault}")
        assert (answer.fault, answer.body) == (fault, whole)
        assert answer.source.fault == fault


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("800ms", Delay(0.8, 0.8)),
        (" 1.5 s ", Delay(1.5, 1.5)),
        ("0ms", Delay(0, 0)),
        ("300ms..2s", Delay(0.3, 2)),
        ({"min": "1s", "max": "2s"}, Delay(1, 2)),
        ({"median": "1s", "p95": "3s"}, Delay(1, 3, lognormal=True)),
        ("median=1s p95=3s", Delay(1, 3, lognormal=True)),
    ],
)
def test_delay_is_parsed_and_written_back(written: Any, expected: Delay) -> None:
    assert read_delay(written) == expected
    assert read_delay(str(expected)) == expected


@pytest.mark.parametrize(
    "written",
    [
        *("", "5", "s", "-1s", "1h", "2s..1s", "1s..", "..1s", "601s", "1e3ms", "median=1s", "median=3s p95=1s", "٥s"),
        *(5, None, [], {}, {"min": "1s"}, {"min": 1, "max": 2}, "median=0s p95=1s", "9" * 400 + "s", "nans", True),
    ],
)
def test_invalid_delay_is_rejected(written: Any) -> None:
    with pytest.raises(DelayError, match="delay"):
        read_delay(written)


def test_lognormal_delay_has_its_median_and_95th_percentile() -> None:
    chance = Random(1)
    drawn = sorted(Delay(1, 4, lognormal=True).sample(chance) for _ in range(4001))
    assert drawn[2000] == pytest.approx(1, rel=0.1)
    assert drawn[3801] == pytest.approx(4, rel=0.15)
    assert all(1 <= Delay(1, 2).sample(chance) <= 2 for _ in range(100))


# Rules ----------------------------------------------------------------------------------------------------------------


def statuses(service: ChatService, count: int, raw: bytes = HI) -> list[int]:
    return [decide(service, raw).status for _ in range(count)]


def rules_of(service: ChatService, value: Any) -> list[Rule]:
    return read_rules(value, service.snapshot)


def test_rule_with_times_counts_down(service: ChatService) -> None:
    service.space.rules.put(rules_of(service, {"code": 429, "times": 2}))
    assert statuses(service, 4) == [429, 429, 200, 200]
    assert service.space.rules.current == ()


def test_rules_apply_in_their_order(service: ChatService) -> None:
    value = {"rules": [{"code": 500, "times": 1}, {"code": 429, "times": 1}, {"delay": "5ms"}]}
    service.space.rules.put(rules_of(service, value))
    answers = [decide(service, HI) for _ in range(3)]
    assert [answer.status for answer in answers] == [500, 429, 200]
    assert {answer.delay for answer in answers} == {0.005}


def test_rule_can_apply_to_one_conversation_or_user(service: ChatService) -> None:
    service.space.rules.put(
        rules_of(service, {"rules": [{"code": 500, "conversation_id": "c"}, {"code": 503, "user_id": "v"}]})
    )
    assert statuses(service, 1) == [500]
    assert statuses(service, 1, b'{"message":"hi","conversation_id":"d"}') == [200]
    assert statuses(service, 1, b'{"message":"hi","user_id":"v"}') == [503]
    assert statuses(service, 1, b"{") == [422]


def test_share_is_met_and_repeatable() -> None:
    def drawn() -> Counter[int]:
        service = service_with(seed=5, fault_rates=read_fault_rates("500=0.1, 429=0.2"))
        return Counter(statuses(service, 1000))

    assert drawn() == drawn()
    assert drawn()[500] == pytest.approx(100, abs=35)
    assert drawn()[429] == pytest.approx(180, abs=45)


def test_preference_wins_over_rules(service: ChatService) -> None:
    service.space.rules.put(rules_of(service, {"code": 500}))
    assert decide(service, HI, prefer="code=429").status == 429
    assert decide(service, HI, prefer="fault=drop").status == 500


def test_rule_can_set_the_reply(service: ChatService) -> None:
    items = [{"item_id": f"I{index}"} for index in range(6)]
    service.space.rules.put(rules_of(service, {"reply": {"message": "Set.", "items": items}}))
    assert body_of(decide(service, HI)) == {"conversation_id": "c", "message": "Set.", "items": items}
    assert decide(service, b'{"message":5}').status == 422


def test_reset_restores_the_state_at_start_up() -> None:
    service = service_with(seed=4, delay=Delay(0.001, 0.001))
    ids = [body_of(decide(service, b'{"message":"hi"}'))["conversation_id"] for _ in range(2)]
    service.space.rules.put(rules_of(service, {"code": 500}))
    service.space.reset()
    assert service.space.state.journal.entries() == []
    answers = [decide(service, b'{"message":"hi"}') for _ in range(2)]
    # New ids skip those of known conversations, so equal ids show that the conversations are forgotten too.
    assert [body_of(answer)["conversation_id"] for answer in answers] == ids
    assert answers[0].delay == 0.001


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([], "JSON object"),
        ({}, "JSON object"),
        ("code=429", "JSON object"),
        (None, "JSON object"),
        ({"cod": 429}, 'Did you mean "code"?'),
        ({"code": "x"}, 'Unknown value "x" for rule key "code". Valid values: 200 to 599.'),
        ({"code": True}, "200 to 599"),
        ({"code": 4.29}, "200 to 599"),
        ({"code": 429, "times": 0}, "from 1 to 1000000"),
        ({"code": 429, "times": 1.5}, "from 1 to 1000000"),
        ({"code": 429, "share": 2}, "from 0 to 1"),
        ({"code": 429, "share": "0.5"}, "from 0 to 1"),
        ({"code": 429, "user_id": 5}, "non-empty string"),
        ({"fault": ["drop"]}, "drop, truncate"),
        ({"example": {}}, "Unknown value"),
        ({"reply": "x"}, "object"),
        ({"reply": {"items": "x"}}, "violates the contract"),
        ({"reply": {"items": [{"title": "x"}]}}, "item_id"),
        ({"rules": [{"code": 429}, 5]}, "JSON object"),
        ({"rules": [{"code": 500}] * 1001}, "Too many rules"),
    ],
)
def test_invalid_rule_changes_nothing(service: ChatService, value: Any, expected: str) -> None:
    service.space.rules.put(rules_of(service, {"code": 503}))
    with pytest.raises(OverrideError) as caught:
        service.space.rules.put(rules_of(service, value))
    assert expected in caught.value.detail("rule key")
    assert statuses(service, 1) == [503]


def test_rule_is_shown_as_it_was_set(service: ChatService) -> None:
    value = {"code": 500, "delay": "1s..2s", "fault": "drop", "times": 3, "share": 0.5, "conversation_id": "c"}
    [rule] = rules_of(service, value)
    assert rule_json(rule) == value


# Options --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["drop", "drop=2", "explode=0.1", "drop=0.1;500=0.1", "99=0.1", "drop=nan", "", "drop=-1"]
)
def test_invalid_fault_rate_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="--fault-rate"):
        read_options({"fault_rate": text})


@pytest.mark.parametrize("text", ["10", "0/s", "-1/s", "10/x", "1.5/s", "", "10 / s", "٥/s", "9" * 50 + "/s"])
def test_invalid_rate_is_rejected(text: str) -> None:
    with pytest.raises(UsageError, match="--rate-limit"):
        read_options({"rate_limit": text})


def test_rate_is_parsed() -> None:
    assert read_options({"rate_limit": "100/min"}).rate_limit == Rate(100, 60)


@pytest.mark.parametrize(
    "origin",
    [
        *("localhost:5173", "http://a/b", "file://a", "http://", "http://a:99999", "Null", "http://u@a", "http://a?x"),
        *(
            "",
            "http://*.shop.test",
            "http://shop.test:80",
            "https://shop.test:443",
            "http://b\u00fccher.test",
            "data:x",
        ),
    ],
)
def test_invalid_origin_is_rejected(origin: str) -> None:
    with pytest.raises(UsageError, match="--cors-origin"):
        read_options({"cors_origin": [origin]})


@pytest.mark.parametrize("name", ["require_key", "control_token"])
def test_secret_that_a_header_cannot_hold_is_rejected_and_not_shown(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options({name: "sécret one"})
    assert "sécret" not in str(caught.value)
    assert "word" not in repr(read_options({name: "the-word"}))


def test_without_rules_no_random_number_is_drawn() -> None:
    rules = Rules((), seed=1, max_bytes=10_000)
    before = rules.chance.getstate()
    assert rules.next(NO_OVERRIDE) is NO_OVERRIDE
    assert rules.chance.getstate() == before
    assert service_of(_SNAPSHOT).space.rules.current == ()


@pytest.mark.parametrize("text", ["median=" + "," * 60_000, "median=" + ", " * 30_000 + "p95=", "1" * 60_000])
def test_long_delay_is_refused_without_searching_it(text: str) -> None:
    with at_most_cpu_seconds(10), pytest.raises(DelayError) as caught:
        read_delay(text)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    "header", ["a" * 4090 + '"', " " * 4090, "a" + " " * 4000 + '"', "a=" + '"\\' * 2000, '"' * 4096]
)
def test_preferences_of_a_hostile_header_are_found_in_bounded_time(header: str) -> None:
    with at_most_cpu_seconds(30):
        for _ in range(200):
            misspelt_preferences(header)
