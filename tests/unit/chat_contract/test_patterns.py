"""Patterns of documents run in bounded time on values of others, and mean what ECMA-262 says."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract.json_schema import validator_for
from chat_contract.patterns import PatternError, PatternTimeoutError, compile_linear, compile_pattern, is_pattern
from tests.support.waiting import at_most_cpu_seconds

EVIL = "a" * 50_000 + "!"
GENEROUS = 30.0
"""Seconds. The engine that backtracks would need years."""


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("^x", "xa", "ax"),
        ("^a.c$", "abc", "abc\n"),
        ("^[[]$", "[", "x"),
        ("^[a&&b]$", "&", "c"),
        ("^[+--]$", ",", "x"),
        ("^(?!y)x", "xy", "yx"),
        (r"^(.)\1$", "aa", "ab"),
        (r"^(?<first>a)b$", "ab", "a"),
        (r"^\p{L}$", "é", "1"),
        ("^.$", "\ud800", ""),
    ],
)
def test_pattern_matches_as_in_ecma_262(pattern: str, matching: str, other: str) -> None:
    assert compile_pattern(pattern)(matching)
    assert not compile_pattern(pattern)(other)


@pytest.mark.parametrize("pattern", ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", r"(x+x+)+y|^(\w*)*$", "^a*a*a*a*a*a*b"])
def test_pattern_without_look_around_is_searched_in_linear_time(pattern: str) -> None:
    with at_most_cpu_seconds(GENEROUS):
        assert not compile_pattern(pattern)(EVIL)


def test_pattern_that_backtracks_too_long_raises_and_later_long_texts_are_not_searched() -> None:
    matches = compile_pattern(r"^(?=a)(?:(a+)+\1)+$")
    with at_most_cpu_seconds(GENEROUS):
        for number in range(200):
            with pytest.raises(PatternTimeoutError, match=r"takes more than 0\.5 s"):
                matches("a" * (3000 + number) + "!")
    assert matches("aa")


@pytest.mark.parametrize("text", ["(", "(" * 5000, "a{99999999999999999999}", r"(?<n", "(?:" * 20_000])
def test_text_that_no_engine_compiles_is_not_a_pattern(text: str) -> None:
    assert not is_pattern(text)
    with pytest.raises(PatternError):
        compile_pattern(text)
    assert not validator_for({"format": "regex"}).is_valid(text)


@pytest.mark.parametrize("text", ["(?=a)b", r"(a)\1"])
def test_linear_engine_refuses_what_needs_backtracking(text: str) -> None:
    assert is_pattern(text)
    with pytest.raises(PatternError):
        compile_linear(text)


SLOW = "^(a+)+$"


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"pattern": SLOW}, EVIL),
        ({"patternProperties": {SLOW: False}, "additionalProperties": False}, {EVIL: 1}),
        ({"propertyNames": {"pattern": SLOW}}, {EVIL: 1}),
        ({"patternProperties": {SLOW: True}, "unevaluatedProperties": False}, {EVIL: 1}),
        ({"allOf": [{"patternProperties": {SLOW: True}}], "unevaluatedProperties": False}, {EVIL: 1}),
        ({"if": {"patternProperties": {SLOW: True}}, "unevaluatedProperties": False}, {EVIL: 1}),
        ({"patternProperties": {SLOW: True}, "additionalProperties": {"type": "string"}}, {EVIL: 1}),
    ],
)
def test_every_keyword_with_patterns_judges_a_hostile_value_in_bounded_time(schema: Any, value: Any) -> None:
    with at_most_cpu_seconds(GENEROUS):
        assert not validator_for(schema).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": False}, {"ab": 1}),
        ({"properties": {"ab": {"type": "integer"}}, "patternProperties": {"^a": True}}, {"ab": 1}),
        ({"allOf": [{"patternProperties": {"^a": True}}], "unevaluatedProperties": False}, {"ab": 1}),
        ({"dependentSchemas": {"b": {"patternProperties": {"^a": True}}}, "unevaluatedProperties": True}, {"b": 1}),
        ({"pattern": "^a"}, 5),
    ],
)
def test_value_that_the_keywords_allow_is_valid(schema: Any, value: Any) -> None:
    assert validator_for(schema).is_valid(value)
