"""Limits of proofs: patterns in linear time, long lists, many changes, and the reason of each undecided change."""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from spec_gate.compare import Options, compare
from spec_gate.patterns.generate import matching
from spec_gate.patterns.match import PatternLimitError, matcher
from spec_gate.prove.listed import LONG, shortened
from spec_gate.schemas.applications import Applications
from spec_gate.schemas.validity import Judge
from tests.unit.spec_gate.changing import report_of, written


def pair(folder: Path, base: Any, revision: Any) -> tuple[Path, Path]:
    files = [written(folder, f"{name}.json", json.dumps(document(one)))
             for name, one in (("base", base), ("revision", revision))]  # fmt: skip
    return files[0], files[1]


def document(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation = {"requestBody": {"content": content}, "responses": {"204": {"description": "None."}}}
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": {"post": operation}}}


# Patterns -------------------------------------------------------------------------------------------------------------

COSTLY = ["^(a+)+$", "^(a|a)*$", "^([a-z]{1,3}){1,190}$", "^" + "[a-z]{1,3}" * 190 + "$"]


@pytest.mark.parametrize("pattern", COSTLY)
def test_pattern_that_backtracks_is_matched_in_linear_time(pattern: str) -> None:
    assert matcher(pattern)("a" * 400)
    assert not matcher(pattern)("a" * 400 + "!")


@pytest.mark.parametrize(("pattern", "match", "other"), [
    (r"^(?=.*[0-9])[a-z0-9]+$", "a1", "ab"), (r"^(a|b)\1$", "aa", "ab"), (r"^\p{L}+$", "ä", "1"),
])  # fmt: skip
def test_pattern_beyond_automata_is_matched_by_an_engine(pattern: str, match: str, other: str) -> None:
    assert matcher(pattern)(match)
    assert not matcher(pattern)(other)
    assert all(map(matcher(pattern), matching(pattern, 12)))


def test_value_for_which_a_pattern_takes_too_many_steps_is_neither_accepted_nor_rejected() -> None:
    pattern, text = r"(a*)*\1b", "a" * 60
    with pytest.raises(PatternLimitError):
        matcher(pattern)(text)
    judge = Judge(lambda _: ({"pattern": pattern}, True))
    assert not judge.accepts(text)
    assert not judge.rejects(text)


def test_generated_strings_match_and_are_the_same_in_every_run() -> None:
    pattern = "^[a-f0-9]{8}(-[a-f0-9]{4}){3}$"
    found = matching(pattern, 12)
    assert len(found) == 12
    assert all(map(matcher(pattern), found))
    matching.cache_clear()
    assert matching(pattern, 12) == found


# Many and long --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, LONG * 4 - 1])
def test_removed_value_of_a_long_enum_is_found_wherever_it_is(index: int, tmp_path: Path) -> None:
    values = [f"v{number}" for number in range(LONG * 4)]
    files = pair(tmp_path, {"enum": values}, {"enum": [one for one in values if one != f"v{index}"]})
    [finding] = report_of(*files).findings
    assert finding.witness is not None
    assert finding.witness.body is not None
    assert finding.witness.body.value == f"v{index}"


def test_values_that_a_keyword_tells_apart_or_counts_are_not_shortened() -> None:
    long = list(range(LONG + 1))
    assert shortened({"enum": long}, {"enum": long[1:]}) is not None
    assert shortened({"enum": long}, {"maximum": 5}) is None
    assert shortened({"type": "array", "uniqueItems": True, "items": {"enum": long}}, {"maxItems": 60}) is None
    assert shortened({"enum": [1]}, {"maximum": 5}) == ({"enum": [1]}, {"maximum": 5})


def test_many_properties_that_became_required_share_a_witness(tmp_path: Path) -> None:
    names = [f"p{number}" for number in range(300)]
    properties = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    report = report_of(*pair(tmp_path, properties, {**properties, "required": names}))
    assert report.counts.breaking == len(names)
    for finding in report.findings:
        assert finding.witness is not None
        assert finding.witness.body is not None
        assert finding.witness.body.value == {}
        assert f"'{finding.path.rpartition('/')[2]}'" in finding.witness.rejection.detail


def closed(prefix: str, count: int) -> dict[str, Any]:
    names = [f"{prefix}{number}" for number in range(count)]
    return {"type": "object", "properties": {name: {"type": "string", "minLength": 1} for name in names},
            "additionalProperties": False}  # fmt: skip


def test_each_of_many_removed_properties_of_a_closed_object_has_its_own_witness(tmp_path: Path) -> None:
    report = report_of(*pair(tmp_path, closed("old", 300), closed("new", 300)))
    assert report.counts.breaking == report.counts.witnesses == 300
    bodies = [one.witness.body for one in report.findings if one.witness is not None]
    assert {tuple(one.value) for one in bodies if one is not None} == {(f"old{number}",) for number in range(300)}


@pytest.mark.parametrize(("checks", "decided"), [(20, 0), (2_500, 30)])
def test_changes_of_a_schema_that_remain_when_the_time_is_over_are_named(
    checks: int, decided: int, tmp_path: Path
) -> None:
    ticks = itertools.count()
    base, revision = (f"{file}" for file in pair(tmp_path, closed("old", 30), closed("new", 30)))
    options = Options(base, revision, max_time=checks)
    report = compare(options, io.BytesIO(), dt.date(2026, 1, 1), clock=lambda: float(next(ticks))).report
    removed = [one for one in report.findings if one.path.startswith("/old")]
    assert len(removed) == 30
    proved = [one for one in removed if one.witness is not None]
    assert len(proved) == decided
    assert all(one.rule == "not-proved" for one in removed if one not in proved)


def levels(depth: int, last: str) -> dict[str, Any]:
    """Return a document in which two schemas of each level lead to the next one."""
    schemas: dict[str, Any] = {f"S{depth}": {"type": last}}
    for number in range(depth):
        below = {"type": "object", "properties": {"a": {"$ref": f"#/components/schemas/S{number + 1}"}}}
        schemas[f"S{number}"] = {"anyOf": [{**below, "required": ["x"]}, {**below, "not": {"required": ["y"]}}]}
    return {**document({"$ref": "#/components/schemas/S0"}), "components": {"schemas": schemas}}


@pytest.mark.parametrize(("depth", "rules"), [(4, ["request-type-changed"]), (40, ["not-proved"])])
def test_values_that_schemas_apply_to_too_often_are_not_judged(depth: int, rules: list[str], tmp_path: Path) -> None:
    files = [written(tmp_path, f"{last}.json", json.dumps(levels(depth, last))) for last in ("string", "integer")]
    assert [one.rule for one in report_of(*files, "--max-time", "3").findings] == rules


def repeating(kind: str, length: int) -> dict[str, Any]:
    """Return a document with a schema that repeats itself on 40 levels, and after it a plain one of a given length."""
    schemas: dict[str, Any] = {"S40": {"type": "string", "maxLength": length}}
    for number in range(40):
        below = {"$ref": f"#/components/schemas/S{number + 1}"}
        schemas[f"S{number}"] = {
            "allOf": {"allOf": [{"properties": {"x": below}}, {"properties": {"x": below}}]},
            "contains": {"type": "array", "items": below, "contains": below},
            "not": {"not": {"properties": {"x": below}}, "properties": {"y": below}},
        }[kind]
    costly, plain = document({"$ref": "#/components/schemas/S0"}), document(schemas["S40"])
    paths = {"/a": costly["paths"]["/a"], "/b": plain["paths"]["/a"]}
    return {**costly, "paths": paths, "components": {"schemas": {**schemas, "S40": {**schemas["S40"]}}}}


@pytest.mark.parametrize("kind", ["allOf", "contains", "not"])
def test_schema_that_repeats_itself_hides_no_other_break(kind: str, tmp_path: Path) -> None:
    files = [written(tmp_path, f"{one}.json", json.dumps(repeating(kind, one))) for one in (10, 5)]
    found = report_of(*files, "--max-time", "2").findings
    assert "request-max-length-decreased" in {one.rule for one in found if one.operations == ("POST /b",)}


def test_applications_of_schemas_are_counted_without_applying_them() -> None:
    definitions = {f"S{number}": {"properties": {"a": {"$ref": f"#/$defs/S{number + 1}"}}} for number in range(60)}
    definitions = {name: {"allOf": [one, one]} for name, one in definitions.items()}
    value: Any = 1
    for _ in range(60):
        value = {"a": value}
    counted = Applications({"$defs": {**definitions, "S60": {}}, "$ref": "#/$defs/S0"})
    assert counted.are_more_than(10**15, value)
    assert not counted.are_more_than(50, {"a": {"a": 1}})
    several = Applications({"items": {"type": "string"}, "additionalProperties": {"type": "string"}})
    assert several.are_more_than(500, [""] * 500)
    assert not several.are_more_than(501, [""] * 500)
    assert several.are_more_than(3, {"a": "", "b": "", "c": ""})


# Reasons --------------------------------------------------------------------------------------------------------------


def test_undecided_pattern_is_named_as_the_reason(tmp_path: Path) -> None:
    base, revision = "^(?!x)[a-z]*$", "^(?!y)[a-z]*(?!z)$"
    files = pair(tmp_path, {"type": "string", "pattern": revision}, {"type": "string", "pattern": base})
    found = report_of(*files).findings
    assert [one.note.reason for one in found if one.note is not None and one.rule == "not-proved"] in (["pattern"], [])
