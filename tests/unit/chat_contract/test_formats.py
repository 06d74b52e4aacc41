"""A date-time follows RFC 3339 without leap seconds; other formats are non-blank and those of jsonschema."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing.exceptions import Unresolvable

from chat_contract.contract import validator_for
from chat_contract.formats import is_date_time, is_non_blank
from chat_contract.json_schema import format_checker
from tests.unit.chat_contract.properties import examples

DATE_TIMES = (
    *("2024-06-14T10:00:00Z", "2024-06-14t10:00:00z", "2024-06-14T10:00:00.5Z", "2024-06-14T10:00:00.1234567890123Z"),
    *("2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
    *("2024-06-14T10:00:00+00:00", "2024-06-14T10:00:00-00:00", "2024-06-14T10:00:00+23:59"),
    "1937-01-01T12:00:27.87+00:20",
)
NONE = (
    *("", "Z", "2024-06-14", "2024-06-14T10:00:00", "2024-06-14 10:00:00Z", "2024-06-14T10:00Z", "20240614T100000Z"),
    *("2024-13-01T00:00:00Z", "2024-00-01T00:00:00Z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z"),
    *("2024-06-31T00:00:00Z", "1900-02-29T00:00:00Z", "2024-06-14T24:00:00Z", "2024-06-14T10:60:00Z"),
    # Nearly every server rejects a leap second.
    *("1990-12-31T23:59:60Z", "1990-12-31T15:59:60-08:00", "2017-01-01T08:59:60+09:00", "2017-01-01T05:29:60+05:30"),
    *("2024-06-14T10:00:61Z", "2024-06-14T10:00:60Z", "1990-12-31T23:59:60-08:00", "2024-06-14T10:00:00.Z"),
    *("2024-06-14T10:00:00,5Z", "2024-06-14T10:00:00+24:00", "2024-06-14T10:00:00+01:60", "2024-06-14T10:00:00+0100"),
    *("2024-06-14T10:00:00+1:00", "2024-06-14T10:00:00Z\n", " 2024-06-14T10:00:00Z", "2024-06-14T10:00:00ZZ"),
    *("10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "24-06-14T10:00:00Z", "2024-W24-5T10:00:00Z"),
    *("٢٠٢٤-06-14T10:00:00Z", "2024-06-14T１0:00:00Z", "yesterday", "1718359200"),
)


@pytest.mark.parametrize("text", DATE_TIMES)
def test_valid_date_times_are_accepted(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize("text", NONE)
def test_invalid_date_times_are_rejected(text: str) -> None:
    assert not is_date_time(text)


@pytest.mark.parametrize("value", [None, 5, 1.5, True, [], {}])
def test_values_other_than_strings_pass(value: Any) -> None:
    assert is_date_time(value)


@given(st.datetimes(), st.integers(-23 * 60 - 59, 23 * 60 + 59), st.integers(0, 9))
@examples(300)
def test_every_datetime_of_python_is_a_date_time(moment: dt.datetime, offset: int, digits: int) -> None:
    hours, minutes = divmod(abs(offset), 60)
    fraction = f".{'7' * digits}" if digits else ""
    text = moment.replace(microsecond=0).isoformat()
    assert is_date_time(f"{text}{fraction}{'-' if offset < 0 else '+'}{hours:02}:{minutes:02}")
    assert is_date_time(f"{text}{fraction}Z")


@pytest.mark.parametrize(("name", "good", "bad"), [("date", "2024-06-14", "2024-6-14"), ("ipv4", "1.2.3.4", "1.2.3")])
def test_formats_of_jsonschema_are_checked(name: str, good: str, bad: str) -> None:
    assert validator_for({"format": name}).is_valid(good)
    assert not validator_for({"format": name}).is_valid(bad)


def test_validator_checks_the_date_time_format() -> None:
    validator = validator_for({"type": "string", "format": "date-time"})
    assert validator.is_valid("2016-12-31T23:59:59Z")
    assert not validator.is_valid("2024-06-14T10:00:00Z\n")


def test_format_checker_extends_a_copy_of_jsonschemas_checker() -> None:
    checker = format_checker()
    assert checker.conforms("2016-12-31T23:59:59Z", "date-time")
    assert not checker.conforms("2024-06-14T10:00:00Z\n", "date-time")
    assert not checker.conforms("1.2.3", "ipv4")
    assert set(checker.checkers) >= set(Draft202012Validator.FORMAT_CHECKER.checkers)
    assert checker.checkers is not Draft202012Validator.FORMAT_CHECKER.checkers


@pytest.mark.parametrize("text", ["a", "7", ".", "€", " x ", "\u200bé", "日", "🎁", "^"])
def test_text_with_a_letter_number_mark_or_symbol_is_not_blank(text: str) -> None:
    assert is_non_blank(text)


@pytest.mark.parametrize(
    "text", ["", " ", "\t\n", "\u00a0", "\u200b", "\u2028", "\u3000", "\ufeff", "\u0301", "\u00ad"]
)
def test_text_of_spaces_marks_and_invisible_characters_is_blank(text: str) -> None:
    assert not is_non_blank(text)


@pytest.mark.parametrize("value", [None, 5, True, [], {}])
def test_values_other_than_strings_are_not_blank(value: Any) -> None:
    assert is_non_blank(value)


def test_validator_reads_no_other_file(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text("{}", "utf-8")
    with pytest.raises(Unresolvable):
        validator_for({"$ref": (tmp_path / "schema.json").as_uri()}).is_valid(1)
