"""What rules can match and answer: headers, bodies, replies that violate the contract, conditions, use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from mock_server import create_app
from mock_server.overrides.matching import Asked, Conditions
from tests.support.deciding import service_with

BEHAVIOUR = "/_mock/behaviour"


def say(client: FlaskClient, message: str = "a desk", headers: dict[str, str] | None = None, **more: Any) -> Any:
    return client.post("/v1/chat", json={"message": message, **more}, headers=headers)


def add(client: FlaskClient, **rule: Any) -> None:
    response = client.post(BEHAVIOUR, json=rule)
    assert response.status_code == 200, response.text


def problem_of(client: FlaskClient, rule: Any) -> str:
    response = client.post(BEHAVIOUR, json=rule)
    assert response.status_code == 400, response.text
    assert client.get(BEHAVIOUR).json == {"rules": []}
    return str(response.json["detail"])


# Headers and bodies ---------------------------------------------------------------------------------------------------


def test_headers_of_a_rule_replace_those_of_the_response(client: FlaskClient) -> None:
    add(client, code=429, headers={"Retry-After": "7", "X-Trace": 5}, times=1)
    response = say(client)
    assert (response.status_code, response.headers.getlist("Retry-After")) == (429, ["7"])
    assert response.headers["X-Trace"] == "5"
    assert "X-Trace" not in say(client).headers


def test_headers_without_a_response_are_added_to_the_normal_one(client: FlaskClient) -> None:
    add(client, headers={"X-Trace": "1"})
    response = say(client)
    assert (response.status_code, response.headers["X-Trace"]) == (200, "1")


@pytest.mark.parametrize("body", [{"error": "x"}, [1], "text", 5, None, {}])
def test_body_of_a_rule_is_sent_for_any_status_without_schema(client: FlaskClient, body: Any) -> None:
    add(client, code=503, body=body)
    response = say(client)
    assert (response.status_code, response.mimetype) == (503, "application/json")
    assert json.loads(response.data) == body
    assert client.get(BEHAVIOUR).json == {"rules": [{"code": 503, "body": body}]} or body is None


def test_body_of_another_media_type_is_sent_as_text(client: FlaskClient) -> None:
    add(client, code=502, body="<h1>Bad Gateway</h1>", headers={"content-type": "text/html"})
    response = say(client)
    assert (response.status_code, response.mimetype, response.data) == (502, "text/html", b"<h1>Bad Gateway</h1>")


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        ({"headers": {}}, "Expected an object"),
        ({"headers": {"X": None}}, "Expected header names"),
        ({"headers": {"X": "a\nb"}}, "Expected header names"),
        ({"headers": {"a b": "1"}}, "Expected header names"),
        ({"headers": {"Content-Length": "1"}}, "The mock sets Content-Length itself"),
        ({"code": 500, "reply": {"message": "x"}}, "A reply has status 200, not 500. Write the content"),
        ({"reply": {"message": "x"}, "body": {}}, "only one of"),
        ({"body": {}, "example": "no_items"}, "only one of"),
        ({"invalid": "yes"}, "Valid values: true, false"),
        ({"turn": 0}, "Expected an integer from 1"),
        ({"pattern": "("}, "The pattern is invalid"),
        ({"message": ""}, "Expected a non-empty string"),
        ({"request_headers": []}, "Expected an object"),
        ({"session": "x"}, 'Did you mean "session_id"?'),
    ],
)
def test_invalid_value_of_a_rule_returns_400_with_the_reason(client: FlaskClient, rule: Any, part: str) -> None:
    assert part in problem_of(client, rule)


# Replies that violate the contract ------------------------------------------------------------------------------------

WRONG_REPLIES = [
    {"reply": {"items": [{}]}},
    {"reply": {"message": 5}},
    {"body": {"message": "no id"}},
    {"code": 200, "body": "text"},
    {"code": 422, "body": {"detail": "text"}},
]


@pytest.mark.parametrize("rule", WRONG_REPLIES)
def test_content_that_violates_the_contract_needs_invalid(client: FlaskClient, rule: Any) -> None:
    assert 'To send it on purpose, add "invalid": true.' in problem_of(client, rule)


@pytest.mark.parametrize("rule", WRONG_REPLIES)
def test_invalid_content_is_sent_and_judged(client: FlaskClient, rule: Any) -> None:
    add(client, **rule, invalid=True)
    sent = say(client).json
    expected = rule.get("body", rule.get("reply"))
    assert sent == expected or {**sent, **expected} == sent
    [entry] = client.get("/_mock/requests").json["requests"]
    assert entry["verdict"]["keeps_contract"] is True
    assert entry["verdict"]["violations"]


# Conditions -----------------------------------------------------------------------------------------------------------

ASKED = Asked("A Desk for the Café", "c", "s", "u", 2, {"x-group": "a", "accept": "*/*"})


@pytest.mark.parametrize(
    "conditions",
    [
        {},
        {"message": "desk"},
        {"message": "CAFÉ"},
        {"pattern": "^a desk"},
        {"pattern": "caf.$", "message": "for"},
        {"turn": 2},
        {"conversation_id": "c", "session_id": "s", "user_id": "u"},
        {"request_headers": {"X-Group": "a"}},
    ],
)
def test_rule_applies_if_all_conditions_are_met(conditions: Any) -> None:
    assert Conditions(**conditions).hold_for(ASKED)


@pytest.mark.parametrize(
    "conditions",
    [
        {"message": "lamp"},
        {"pattern": "desk$"},
        {"pattern": "caf.$", "message": "lamp"},
        {"turn": 1},
        {"conversation_id": "d"},
        {"session_id": "x"},
        {"user_id": "x"},
        {"user_id": "u", "session_id": "x"},
        {"request_headers": {"X-Group": "b"}},
        {"request_headers": {"X-Other": "a"}},
    ],
)
def test_rule_does_not_apply_if_a_condition_is_not_met(conditions: Any) -> None:
    assert not Conditions(**conditions).hold_for(ASKED)
    assert not Conditions(**conditions).hold_for(Asked(message=5, turn=7))


def test_rule_for_a_turn_applies_to_that_turn_of_each_conversation(client: FlaskClient) -> None:
    add(client, code=429, turn=2, times=1)
    first = say(client)
    known = first.json["conversation_id"]
    assert [say(client, conversation_id=known).status_code for _ in range(3)] == [429, 200, 200]
    assert [entry["status"] for entry in client.get("/_mock/requests").json["requests"]] == [200, 429, 200, 200]


def test_rule_with_conditions_leaves_other_requests_alone(client: FlaskClient) -> None:
    add(client, code=500, message="lamp", user_id="u", request_headers={"X-Test": "1"})
    assert say(client, "a lamp", {"X-Test": "1"}, user_id="u").status_code == 500
    assert say(client, "a lamp", {"X-Test": "2"}, user_id="u").status_code == 200
    assert say(client, "a desk", {"X-Test": "1"}, user_id="u").status_code == 200
    assert client.post("/v1/chat", data=b"{").status_code == 422


def test_second_rule_that_sets_the_response_waits_for_its_turn_as_a_whole(client: FlaskClient) -> None:
    add(client, code=429, times=1)
    add(client, code=503, headers={"X-Second": "1"}, times=1)
    first, second, third = (say(client) for _ in range(3))
    assert [first.status_code, second.status_code, third.status_code] == [429, 503, 200]
    assert ("X-Second" in first.headers, "X-Second" in second.headers) == (False, True)


# Use ------------------------------------------------------------------------------------------------------------------


def unused(client: FlaskClient) -> list[str]:
    return [rule["name"] for rule in client.get(f"{BEHAVIOUR}/unused").json["rules"]]


def test_rules_that_applied_to_no_request_are_listed_as_unused(client: FlaskClient) -> None:
    add(client, code=429, times=1, name="used up")
    add(client, code=500, times=2, message="lamp", name="partly used")
    add(client, code=503, user_id="nobody", name="unused")
    add(client, code=503, user_id="nobody", name="not needed", optional=True)
    say(client)
    say(client, "a lamp")
    assert unused(client) == ["unused"]
    client.post("/_mock/reset")
    assert unused(client) == []


def test_rules_read_as_shown(client: FlaskClient) -> None:
    rule = {
        "code": 503,
        "delay": "5ms",
        "body": {"detail": "x"},
        "headers": {"Retry-After": "2"},
        "message": "desk",
        "pattern": "d.sk",
        "turn": 1,
        "session_id": "s",
        "request_headers": {"x-test": "1"},
        "times": 3,
        "name": "n",
        "optional": True,
    }
    shown = client.put(BEHAVIOUR, json=rule).json
    assert shown == {"rules": [rule]}
    assert client.put(BEHAVIOUR, json=shown).json == shown


# Turns of fixtures ----------------------------------------------------------------------------------------------------

ITEM = '{item_id: A, title: T, status: active, description: D, price: "1"}'


def shop_with(folder: Path, turns: str, **options: Any) -> FlaskClient:
    (folder / "conversations").mkdir(exist_ok=True)
    (folder / "catalogue.yaml").write_text(f"items: [{ITEM}]\n")
    (folder / "conversations" / "c.yaml").write_text(f"turns:\n{turns}")
    return create_app(service=service_with(fixtures=folder, **options)).test_client()


def test_turn_with_a_status_fails_and_the_next_turn_follows(tmp_path: Path) -> None:
    client = shop_with(
        tmp_path,
        "- {shopper: {words: [hello]}, reply: Hi.}\n"
        "- {shopper: {words: [desk]}, status: 429}\n"
        "- {shopper: {words: [desk]}, reply: Here., items: [A]}\n",
    )
    known = say(client, "hello").json["conversation_id"]
    busy = say(client, "desk", conversation_id=known)
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "1")
    assert say(client, "desk", conversation_id=known).json["message"] == "Here."
    reasons = [entry["why"] for entry in client.get("/_mock/requests").json["requests"]]
    assert [(why["source"], why["conversation"], why["turn"]) for why in reasons] == [
        ("conversation", "c", 0),
        ("conversation", "c", 1),
        ("conversation", "c", 2),
    ]


def test_turn_with_delay_and_fault_replies_with_both(tmp_path: Path) -> None:
    client = shop_with(tmp_path, "- {shopper: {words: [hello]}, reply: Hi., delay: 1ms..2ms, fault: malformed}\n")
    response = say(client, "hello")
    with pytest.raises(ValueError, match=r"char \d+"):
        json.loads(response.data)
    [entry] = client.get("/_mock/requests").json["requests"]
    assert (entry["reply"]["fault"], entry["reply"]["delay"] > 0) == ("malformed", True)


@pytest.mark.parametrize(
    ("turn", "part"),
    [
        ("{shopper: {words: [a]}}", '"reply" is missing'),
        ("{shopper: {words: [a]}, reply: x, status: 700}", "unknown status"),
        ("{shopper: {words: [a]}, reply: x, status: '429'}", "is not of type 'integer'"),
        ("{shopper: {words: [a]}, reply: x, fault: explode}", "unknown fault"),
        ("{shopper: {words: [a]}, reply: x, delay: soon}", "invalid delay"),
    ],
)
def test_invalid_outcome_of_a_turn_is_reported(tmp_path: Path, turn: str, part: str) -> None:
    with pytest.raises(Exception, match=part):
        shop_with(tmp_path, f"- {turn}\n")


def test_turn_with_a_status_that_starts_a_conversation_keeps_the_id_of_the_client(tmp_path: Path) -> None:
    client = shop_with(
        tmp_path, "- {shopper: {words: [a]}, status: 503}\n- {shopper: {words: [a]}, reply: Now it works.}\n"
    )
    statuses = [say(client, "a", conversation_id="mine").status_code for _ in range(3)]
    assert statuses == [503, 200, 200]
