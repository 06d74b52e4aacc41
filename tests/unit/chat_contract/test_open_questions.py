"""Open questions are read strictly, and raised by values at their place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_contract import DocumentError, Question, Source
from chat_contract.open_questions import read_questions, values_at

GOOD: dict[str, Any] = {
    "question": "Is it accepted?",
    "place": "/events/*/x",
    "schema": {"type": "integer"},
    "answers": ["accepted", "rejected"],
}


def read(row: Any) -> Question:
    return read_questions(Source(Path("latitude.yaml"), {"questions": {"q": row}}))["q"]


def test_a_question_is_read_with_its_place_and_answers() -> None:
    question = read(GOOD)
    assert (question.id, question.text, question.place) == ("q", "Is it accepted?", ("events", "*", "x"))
    assert (question.answers, question.times, question.ask) == (("accepted", "rejected"), 1, None)
    assert not (question.about_media_type)
    assert not (question.unknown)
    assert not (question.unissued)
    assert not question.other_user


def test_every_key_of_a_question_is_read() -> None:
    row = GOOD | {"written": "float", "media_type": "text/plain", "ask": {"x": 1}, "times": 3}
    question = read(row | {"unknown": True, "unissued": True, "other_user": True})
    assert (question.unknown, question.unissued, question.other_user) == (True, True, True)
    assert (question.written, question.media_type, question.ask) == ("float", "text/plain", {"x": 1})
    assert (question.schema, question.times) == ({"type": "integer"}, 3)
    bare = read({"question": "Is it accepted?", "answers": ["accepted"]})
    assert (bare.place, bare.schema, bare.written, bare.about_media_type) == (None, None, None, False)


def test_question_with_media_type_null_is_about_the_media_type() -> None:
    assert read(GOOD | {"media_type": None}).about_media_type
    assert not read(GOOD).about_media_type


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("text", ()),
        (None, ()),
        ({}, ()),
        (GOOD | {"question": 5}, ()),
        (GOOD | {"anwsers": []}, ()),
        (GOOD | {"answers": []}, ("answers",)),
        (GOOD | {"answers": None}, ("answers",)),
        (GOOD | {"answers": "accepted"}, ("answers",)),
        (GOOD | {"answers": ["accepted", "perhaps"]}, ("answers",)),
    ],
)
def test_a_malformed_question_raises_an_error_with_its_pointer(row: Any, place: tuple[str, ...]) -> None:
    with pytest.raises(DocumentError) as caught:
        read(row)
    assert caught.value.pointer == ("questions", "q", *place)
    problem, hint = (
        ("unknown answers", "Choose from accepted, continued, ")
        if place
        else ("malformed question", "Use the keys answers, ask, ")
    )
    assert caught.value.problem == problem
    assert caught.value.value == (row.get("answers") if place else row)
    assert caught.value.hint.startswith(hint)


def test_question_may_have_every_answer() -> None:
    every = ["accepted", "rejected", "continued", "replaced", "not-found", "unsupported"]
    assert read(GOOD | {"answers": every}).answers == tuple(every)


@pytest.mark.parametrize(
    ("place", "body", "values"),
    [
        ((), {"a": 1}, [{"a": 1}]),
        (("a",), {"a": None}, [None]),
        (("a",), {}, []),
        (("a",), [1], []),
        (("a", "b"), {"a": 5}, []),
        (("a", "*"), {"a": [1, 2]}, [1, 2]),
        (("a", "*"), {"a": {"b": 1}}, []),
        (("a", "*", "b"), {"a": [{"b": 1}, 5, {}, {"b": [2]}]}, [1, [2]]),
    ],
)
def test_values_at_returns_the_values_at_a_place(place: tuple[str, ...], body: Any, values: list[Any]) -> None:
    assert list(values_at(body, place)) == values


@pytest.mark.parametrize(
    ("body", "touched"),
    [
        ({"events": [{"x": 1}]}, True),
        ({"events": [{"x": "a"}, {"x": 2.0}]}, True),
        ({"events": [{"x": True}]}, False),
        ({"events": []}, False),
        ({"x": 1}, False),
        (None, False),
    ],
)
def test_value_valid_under_the_schema_raises_the_question(body: Any, touched: bool) -> None:
    assert read(GOOD).is_raised_by(body) is touched


def test_only_a_float_raises_a_question_about_notation() -> None:
    question = read(GOOD | {"place": "/limit", "written": "float"})
    assert question.is_raised_by({"limit": 3.0})
    assert not question.is_raised_by({"limit": 3})
    assert not question.is_raised_by({"limit": 3.5})


def test_no_value_raises_a_question_without_a_schema() -> None:
    bare = {key: value for key, value in GOOD.items() if key != "schema"}
    assert not read(bare | {"place": ""}).is_raised_by({"events": [{"x": 1}]})
    assert not read({key: value for key, value in GOOD.items() if key != "place"}).is_raised_by(5)
