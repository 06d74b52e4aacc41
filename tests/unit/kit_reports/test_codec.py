"""The report codec: what it writes it reads back, and its schema accepts what it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import jsonschema
import pytest

from kit_reports.codec import decode, encode, json_schema


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    name: str
    value: Any = None


@dataclass(frozen=True)
class Whole:
    colour: Colour
    parts: tuple[Part, ...]
    counts: dict[str, int]
    missing: Part | None = None


WHOLE = Whole(Colour.RED, (Part("a", [1, None]), Part("ü")), {"x": 1})


def test_report_is_read_back_as_it_was_written() -> None:
    assert decode(Whole, encode(WHOLE)) == WHOLE


def test_the_schema_accepts_what_is_written() -> None:
    jsonschema.validate(json.loads(encode(WHOLE)), json_schema(Whole))


def test_the_schema_rejects_an_unknown_enum_value() -> None:
    value = json.loads(encode(WHOLE)) | {"colour": "blue"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(value, json_schema(Whole))


@pytest.mark.parametrize("text", ["", "[]", '{"colour": "blue", "parts": [], "counts": {}}'])
def test_text_that_does_not_fit_the_model_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(Whole, text)


def test_lone_surrogates_are_written_as_escapes() -> None:
    assert "\\ud800" in encode(Part("\ud800"))
