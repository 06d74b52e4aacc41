"""Patterns are compared by the strings that they accept, together with lengths."""

from __future__ import annotations

import itertools
import random
import re
from pathlib import Path

import pytest

from spec_gate.patterns.languages import compare
from spec_gate.schemas.node import Side
from testbed.gate_quality.differential import compared

INCLUDED = [
    ("^[a-z]{3}$", "^[a-z]{2,3}$"),
    (r"^\d+$", "^[0-9]+$"),
    ("^[0-9]+$", r"^\d+$"),
    ("", ".*"),
    ("^.*$", ""),
    ("^a", "a"),
    ("^(foo|bar)$", "^(?:baz|bar|foo)$"),
    (r"^[0-9]{4}-[0-9]{2}$", r"^\d{4}-\d{2}(-\d{2})?$"),
    ("^$", r"^\s*$"),
    ("^(?<year>[0-9]{4})$", "^[0-9]+$"),
    (r"^[\w.-]+@[\w.-]+$", "@"),
    ("^.{0,300}$", "^.{0,400}$"),
    (r"^\u0041\x42$", "^AB$"),
    ("^[^a]$", r"^[\s\S]$"),
]
DIFFERENT = [
    ("^[a-z]{2,3}$", "^[a-z]{3}$"),
    ("a", "^a"),
    ("", "^.*$"),
    ("^[a-z]+$", "^[a-y]+$"),
    ("^.{0,400}$", "^.{0,300}$"),
    (r"^\w+$", "^[a-z]+$"),
    ("x|", "x"),
]
UNDECIDED = ["(?=a)b", r"(a)\1", r"\p{L}", r"\bword\b", "(?<!a)b", "[", "a**"]


@pytest.mark.parametrize(("pattern", "other"), INCLUDED)
def test_language_is_included(pattern: str, other: str) -> None:
    assert compare(pattern, other).included


@pytest.mark.parametrize(("pattern", "other"), DIFFERENT)
def test_counterexample_matches_only_the_first_pattern(pattern: str, other: str) -> None:
    found = compare(pattern, other).counterexample
    assert found is not None
    assert _matches(pattern, found)
    assert not _matches(other, found)


def _matches(pattern: str, text: str) -> bool:
    """Match as ECMA-262 does, where a dollar sign matches only at the end of the text."""
    return re.search(pattern.replace("$", r"\Z"), text) is not None


@pytest.mark.parametrize("pattern", UNDECIDED)
def test_patterns_beyond_automata_are_not_decided(pattern: str) -> None:
    for found in (compare(pattern, "a"), compare("a", pattern)):
        assert not found.included
        assert found.counterexample is None


def test_lengths_restrict_the_strings_that_are_compared() -> None:
    digits, forms = "^[0-9a-f]+$", "^([0-9a-f]{32}|[0-9a-f]{40})$"
    assert compare(digits, forms, 32, 32).included
    assert compare(digits, forms, 40, 40).included
    found = compare(digits, forms, 32, 40).counterexample
    assert found is not None
    assert len(found) == 33


def test_comparison_that_grows_too_large_is_not_decided() -> None:
    found = compare("^(a|b)*a(a|b){30}$", "^(b|a)*a(b|a){30}$")
    assert not found.included
    assert found.counterexample is None


def test_comparison_agrees_with_python_on_random_patterns() -> None:
    """Every short string of two letters is matched as the comparison says."""
    texts = ["".join(one) for length in range(6) for one in itertools.product("ab", repeat=length)]
    chance = random.Random(7)
    decided = 0
    for _ in range(400):
        one, other = _pattern(chance, 3), _pattern(chance, 3)
        found = compare(one, other)
        only_one = [text for text in texts if _matches(one, text) and not _matches(other, text)]
        assert not (found.included and only_one), (one, other, only_one)
        if found.counterexample is not None:
            assert _matches(one, found.counterexample), (one, other, found)
            assert not _matches(other, found.counterexample), (one, other, found)
        decided += found.included
    assert 20 < decided < 380


def _pattern(chance: random.Random, depth: int) -> str:
    if depth == 0:
        return chance.choice(["a", "b", ".", "[ab]", "[^a]", ""])
    one, other = _pattern(chance, depth - 1), _pattern(chance, depth - 1)
    return chance.choice([f"{one}{other}", f"(?:{one}|{other})", f"(?:{one})*", f"(?:{one}){{1,2}}", f"^{one}",
                          f"{one}$", f"^(?:{one})$"])  # fmt: skip


def test_line_breaks_show_that_a_pattern_of_any_line_is_stricter(tmp_path: Path) -> None:
    report = compared({"type": "string"}, {"type": "string", "pattern": "^.*$"}, Side.REQUEST, tmp_path)
    assert [finding.proof for finding in report.findings] == ["witness"]


SAFE = [
    ({"pattern": "^[a-z]{3}$"}, {"pattern": "^[a-z]{2,3}$"}),
    ({}, {"pattern": ".*"}),
    ({"pattern": "^[A-Z]{3}$"}, {"pattern": "^[A-Z]{3}$", "maxLength": 10}),
    ({"minLength": 3, "maxLength": 3, "pattern": "^[a-z]+$"}, {"pattern": "^[a-z]{3}$"}),
    ({"pattern": "^[a-z]+$"}, {"pattern": "^[a-z]+$", "minLength": 1}),
    ({"minLength": 1}, {"pattern": r"[\s\S]"}),
]


@pytest.mark.parametrize(("base", "revision"), SAFE)
@pytest.mark.parametrize("wrap", ["plain", "items", "union"])
def test_change_that_accepts_the_same_strings_is_compatible(
    base: dict[str, object], revision: dict[str, object], wrap: str, tmp_path: Path
) -> None:
    def wrapped(schema: dict[str, object]) -> object:
        text = {"type": "string", **schema}
        if wrap == "items":
            return {"type": "object", "properties": {"x": {"type": "array", "items": text}}}
        return {"oneOf": [{"type": "integer"}, text]} if wrap == "union" else text

    report = compared(wrapped(base), wrapped(revision), Side.REQUEST, tmp_path)
    assert report.verdict == "compatible"


def test_equivalent_patterns_cause_no_finding(tmp_path: Path) -> None:
    one, other = ({"type": "string", "pattern": pattern} for pattern in (r"^\d{2}$", "^[0-9][0-9]$"))
    assert compared(one, other, Side.REQUEST, tmp_path).findings == ()
