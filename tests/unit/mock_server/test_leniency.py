"""The latitude: three ways by name, and the way of any server whose answers were written down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chat_contract import KitError, load_contract
from chat_contract.profile import as_profile
from mock_server import Options, read_blueprint
from mock_server.respond.service import ChatService
from mock_server.validation.leniency import NAMED, read_latitude
from tests.support.deciding import JSON, decide, service_of

CONTRACT = load_contract()
EVENT = {"timestamp": "2024-06-14T10:00:00Z", "type": "click"}


def service_that(tmp_path: Path, **answers: str) -> ChatService:
    path = tmp_path / "profile.json"
    named = {name.replace("_", "-"): answer for name, answer in answers.items()}
    path.write_text(as_profile(named, CONTRACT, "http://recorded.test/v1"))
    return service_of(read_blueprint(Options(latitude=str(path))))


def asked(question: str) -> bytes:
    """A body that asks the question and nothing else."""
    row = CONTRACT.questions[question]
    ask = dict(row.ask or {})
    if row.times > 1:
        ask = {name: value * row.times for name, value in ask.items()}
    return json.dumps({"message": "hi", **ask}).encode()


ABOUT_BODIES = [name for name, row in CONTRACT.questions.items() if row.ask is not None and not row.unissued]


@pytest.mark.parametrize("question", ABOUT_BODIES)
@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("refused", 422)])
def test_every_question_is_answered_as_the_server_answered_it(
    tmp_path: Path, question: str, answer: str, status: int
) -> None:
    service = service_that(tmp_path, **{question: answer})
    given = decide(service, asked(question))
    assert given.status == status, given.body
    if status == 422:
        place = CONTRACT.questions[question].place or ()
        [fault] = json.loads(given.body)["detail"]
        named = [part for part in fault["loc"][1:] if part != 0]
        assert named[: len(place)] == [part for part in place if part != "*"] or fault["loc"][-1] == "x_unknown"
    plain = {"message": "hi", "limit": 3, "events": [EVENT], "user_id": "u"}
    assert decide(service, json.dumps(plain).encode()).status == 200


@pytest.mark.parametrize(
    ("answer", "status"), [("continued", 200), ("replaced", 200), ("refused", 422), ("not-found", 404)]
)
def test_an_unknown_conversation_is_treated_as_the_server_treats_it(tmp_path: Path, answer: str, status: int) -> None:
    service = service_that(tmp_path, conversation_id_unknown=answer)
    given = decide(service, b'{"message":"hi","conversation_id":"c"}')
    assert given.status == status
    if status == 200:
        assert (json.loads(given.body)["conversation_id"] == "c") is (answer == "continued")
    if status == 422:
        assert json.loads(given.body)["detail"][0]["loc"] == ["body", "conversation_id"]
    begun = json.loads(decide(service, b'{"message":"hi"}').body)["conversation_id"]
    went_on = decide(service, json.dumps({"message": "hi", "conversation_id": begun}).encode())
    assert json.loads(went_on.body)["conversation_id"] == begun


@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("refused", 422)])
def test_another_user_may_go_on_or_not(tmp_path: Path, answer: str, status: int) -> None:
    service = service_that(tmp_path, other_user=answer)

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
@pytest.mark.parametrize(("answer", "status"), [("accepted", 200), ("refused", 422), ("unsupported", 415)])
def test_a_media_type_is_taken_as_the_server_takes_its_kind(
    tmp_path: Path, question: str, media_type: str | None, answer: str, status: int
) -> None:
    service = service_that(tmp_path, **{question: answer})
    assert decide(service, b'{"message":"hi"}', media_type).status == status
    assert decide(service, b'{"message":"hi"}', JSON).status == 200


@pytest.mark.parametrize(
    ("answers", "body", "status"),
    [
        ({"limit_string": "accepted"}, {"limit": "abc"}, 422),
        ({"limit_string": "accepted"}, {"limit": "5"}, 200),
        ({"limit_string": "accepted", "limit_negative": "refused"}, {"limit": "-5"}, 422),
        ({"limit_string": "accepted", "limit_large": "refused"}, {"limit": "50"}, 422),
        ({"limit_integral_float": "refused"}, {"limit": 3}, 200),
        ({"timestamp_number": "accepted"}, {"events": [{**EVENT, "timestamp": True}]}, 422),
        ({"timestamp_date_only": "accepted"}, {"events": [{**EVENT, "timestamp": "2024-13-40"}]}, 422),
        ({"timestamp_free_text": "accepted"}, {"events": [{**EVENT, "timestamp": "2024-13-40"}]}, 200),
        ({"timestamp_free_text": "accepted"}, {"events": [{**EVENT, "timestamp": None}]}, 422),
        ({"events_null": "accepted"}, {"events": {}}, 422),
        ({"events_many": "accepted"}, {"events": [{}] * 30}, 422),
        ({"message_empty": "accepted"}, {"message": None}, 422),
    ],
    ids=str,
)
def test_an_answer_covers_what_it_is_about_and_no_more(
    tmp_path: Path, answers: dict[str, str], body: dict[str, Any], status: int
) -> None:
    given = decide(service_that(tmp_path, **answers), json.dumps({"message": "hi", **body}).encode())
    assert given.status == status, given.body


def test_a_limit_that_is_understood_counts(tmp_path: Path) -> None:
    service = service_that(tmp_path, limit_string="accepted", limit_boolean="accepted", limit_null="accepted")
    for limit, most in (("2", 2), (True, 1), (None, 4)):
        body = decide(service, json.dumps({"message": "I will work from home", "limit": limit}).encode())
        assert len(json.loads(body.body)["items"]) == most


@pytest.mark.parametrize("name", NAMED)
def test_the_named_ones_are_known_by_name(name: str) -> None:
    assert read_latitude(name, CONTRACT).name == name


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "documented, fastapi, forbid"),
        ("{}", "no latitude profile"),
        ("{", "profile.json"),
        ('{"format":"chat-contract-profile","version":9,"answers":{}}', "another version"),
        ('{"format":"chat-contract-profile","version":1,"answers":{"limit-zero":"maybe"}}', "accepted, refused"),
        ('{"format":"chat-contract-profile","version":1,"answers":{"limit-zer0":"accepted"}}', "limit-zero"),
    ],
)
def test_what_is_no_latitude_is_refused_with_the_mend(tmp_path: Path, text: str | None, says: str) -> None:
    path = tmp_path / "profile.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(KitError, match=says):
        read_latitude(str(path), CONTRACT)
