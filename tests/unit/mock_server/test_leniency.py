"""Leniency profiles: the named ones, and profiles of servers that verify recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat_contract import KitError, load_contract
from chat_contract.profile import as_profile
from mock_server import Options, read_snapshot
from mock_server.respond.service import ChatService
from mock_server.validation.leniency import PROFILES, read_leniency
from tests.support.deciding import JSON, decide, service_of

CONTRACT = load_contract()
EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "click"}


def service_with_answers(tmp_path: Path, **answers: str) -> ChatService:
    path = tmp_path / "profile.json"
    named = {name.replace("_", "-"): answer for name, answer in answers.items()}
    path.write_text(as_profile(named, CONTRACT, "http://recorded.test/v1"))
    return service_of(read_snapshot(Options(latitude=str(path))))


def body_that_asks(question: str) -> bytes:
    """A body that depends on this open question only."""
    row = CONTRACT.questions[question]
    ask = dict(row.ask or {})
    if row.times > 1:
        ask = {name: value * row.times for name, value in ask.items()}
    body = {"message": "hi", **ask}
    return json.dumps({name: value for name, value in body.items() if name not in row.without}).encode()


ABOUT_BODIES = [name for name, row in CONTRACT.questions.items() if row.ask is not None and not row.unissued]


@pytest.mark.parametrize("question", ABOUT_BODIES)
@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("rejected", 422)])
def test_open_question_is_decided_as_the_profile_says(tmp_path: Path, question: str, answer: str, status: int) -> None:
    service = service_with_answers(tmp_path, **{question: answer})
    given = decide(service, body_that_asks(question))
    assert given.status == status, given.body
    if status == 422:
        place = CONTRACT.questions[question].place or ()
        [fault] = json.loads(given.body)["detail"]
        named = [part for part in fault["loc"][1:] if part != 0]
        if CONTRACT.questions[question].case:
            assert (named, fault["type"]) == (["message"], "missing")
        assert named[: len(place)] == [part for part in place if part != "*"] or fault["loc"][-1] == "x_unknown"
    plain = {"message": "hi", "limit": 3, "events": [EVENT], "user_id": "u"}
    assert decide(service, json.dumps(plain).encode()).status == 200


@pytest.mark.parametrize(
    ("answer", "status"), [("continued", 200), ("replaced", 200), ("rejected", 422), ("not-found", 404)]
)
def test_unknown_conversation_is_handled_as_the_profile_says(tmp_path: Path, answer: str, status: int) -> None:
    service = service_with_answers(tmp_path, conversation_id_unknown=answer)
    given = decide(service, b'{"message":"hi","conversation_id":"c"}')
    assert given.status == status
    if status == 200:
        assert (json.loads(given.body)["conversation_id"] == "c") is (answer == "continued")
    if status == 422:
        assert json.loads(given.body)["detail"][0]["loc"] == ["body", "conversation_id"]
    started = json.loads(decide(service, b'{"message":"hi"}').body)["conversation_id"]
    continued = decide(service, json.dumps({"message": "hi", "conversation_id": started}).encode())
    assert json.loads(continued.body)["conversation_id"] == started


@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("rejected", 422)])
def test_other_user_is_handled_as_the_profile_says(tmp_path: Path, answer: str, status: int) -> None:
    service = service_with_answers(tmp_path, other_user=answer)

    def turn(**fields: str) -> int:
        return decide(service, json.dumps({"message": "hi", "conversation_id": "c", **fields}).encode()).status

    assert [turn(user_id="a"), turn(user_id="a"), turn(), turn(user_id="b")] == [200, 200, 200, status]


@pytest.mark.parametrize(
    ("question", "media_type"),
    [
        ("media-type-json-suffix", "application/problem+json"),
        ("media-type-none", None),
        ("media-type-text", "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("rejected", 422), ("unsupported", 415)])
def test_media_type_is_handled_as_the_profile_says_about_its_kind(
    tmp_path: Path, question: str, media_type: str | None, answer: str, status: int
) -> None:
    service = service_with_answers(tmp_path, **{question: answer})
    assert decide(service, b'{"message":"hi"}', media_type).status == status
    assert decide(service, b'{"message":"hi"}', JSON).status == 200


@pytest.mark.parametrize(
    ("answers", "body", "status"),
    [
        ({"limit_string": "accepted"}, {"limit": "abc"}, 422),
        ({"limit_string": "accepted"}, {"limit": "5"}, 200),
        ({"limit_string": "accepted", "limit_negative": "rejected"}, {"limit": "-5"}, 422),
        ({"limit_string": "accepted", "limit_large": "rejected"}, {"limit": "50"}, 422),
        ({"limit_integral_float": "rejected"}, {"limit": 3}, 200),
        ({"timestamp_number": "accepted"}, {"events": [{**EVENT, "timestamp": True}]}, 422),
        ({"timestamp_date_only": "accepted"}, {"events": [{**EVENT, "timestamp": "2024-13-40"}]}, 422),
        ({"timestamp_free_text": "accepted"}, {"events": [{**EVENT, "timestamp": "2024-13-40"}]}, 200),
        ({"timestamp_free_text": "accepted"}, {"events": [{**EVENT, "timestamp": None}]}, 422),
        ({"events_null": "accepted"}, {"events": {}}, 422),
        ({"events_many": "accepted"}, {"events": [{}] * 30}, 422),
        ({"message_empty": "accepted"}, {"message": None}, 422),
        ({"property_case": "accepted"}, {"MESSAGE": None}, 422),
        ({"property_case": "accepted"}, {"Events": [{"TimeStamp": EVENT["timestamp"], "Type": "click"}]}, 200),
        ({"property_case": "rejected"}, {"Limit": "four"}, 200),
        ({"property_case": "accepted"}, {"Limit": "four"}, 422),
    ],
    ids=str,
)
def test_answer_applies_only_to_the_values_of_its_question(
    tmp_path: Path, answers: dict[str, str], body: dict[str, Any], status: int
) -> None:
    given = decide(service_with_answers(tmp_path, **answers), json.dumps({"message": "hi", **body}).encode())
    assert given.status == status, given.body


def test_converted_limit_is_applied(tmp_path: Path) -> None:
    service = service_with_answers(tmp_path, limit_string="accepted", limit_boolean="accepted", limit_null="accepted")
    for limit, most in (("2", 2), (True, 1), (None, 4)):
        body = decide(service, json.dumps({"message": "I will work from home", "limit": limit}).encode())
        assert len(json.loads(body.body)["items"]) == most


@pytest.mark.parametrize("name", PROFILES)
def test_named_profile_is_found(name: str) -> None:
    assert read_leniency(name, CONTRACT).name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "documented, fastapi, forbid"),
        ("{}", "not a profile"),
        ("{", "profile.json"),
        ('{"format":"chat-contract-profile","version":9,"answers":{}}', "unsupported profile version"),
        ('{"format":"chat-contract-profile","version":1,"answers":{"limit-zero":"maybe"}}', "accepted, rejected"),
        ('{"format":"chat-contract-profile","version":1,"answers":{"limit-zer0":"accepted"}}', "limit-zero"),
    ],
)
def test_invalid_profile_is_rejected_with_a_hint(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "profile.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KitError, match=says):
        read_leniency(str(path), CONTRACT)
