"""Names that a witness may use: those that the sender knows from any schema that applies to the same value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec_gate.differ.pairs import NodePair
from spec_gate.prove.everywhere import is_safe_everywhere
from spec_gate.schemas.node import Schema as Node
from spec_gate.schemas.node import SchemaNode
from tests.unit.spec_gate.test_small_edits import NUMBER, TEXT, Schema, compared, of, request, response

K_TEXT, K_NUMBER = of({"k": TEXT}), of({"a": NUMBER, "k": NUMBER}, "a")
A, B = of({"a": NUMBER}, "a"), of({"b": NUMBER}, "b")

KNOWN_ELSEWHERE: dict[str, tuple[Schema, Schema]] = {
    "beside alternatives": ({**K_TEXT, "anyOf": [A, B]}, {**K_TEXT, "anyOf": [K_NUMBER, B]}),
    "beside a condition": (
        {**K_TEXT, "if": {"required": ["a"]}, "then": A},
        {**K_TEXT, "if": {"required": ["a"]}, "then": K_NUMBER},
    ),
    "beside a dependent schema": (
        {**K_TEXT, "dependentSchemas": {"a": A}},
        {**K_TEXT, "dependentSchemas": {"a": K_NUMBER}},
    ),
    "in a property beside alternatives": (
        {**of({"p": K_TEXT}), "anyOf": [of({"p": A}, "p"), B]},
        {**of({"p": K_TEXT}), "anyOf": [of({"p": K_NUMBER}, "p"), B]},
    ),
    "behind a pattern": (
        {**of({"p": A}), "patternProperties": {"^p": K_TEXT}},
        {**of({"p": K_NUMBER}), "patternProperties": {"^p": K_TEXT}},
    ),
    "in items": (
        {"type": "array", "items": K_TEXT, "contains": A},
        {"type": "array", "items": K_TEXT, "contains": K_NUMBER},
    ),
    "of a pattern": (
        {"type": "object", "patternProperties": {"^x-": TEXT}},
        {**of({"x-rate": NUMBER}), "patternProperties": {"^x-": TEXT}},
    ),
    "of a map": (
        {"type": "object", "additionalProperties": TEXT},
        {**of({"env": NUMBER}), "additionalProperties": TEXT},
    ),
}


@pytest.mark.parametrize("name", KNOWN_ELSEWHERE)
def test_property_that_another_part_of_the_schema_knows_is_not_new(name: str, tmp_path: Path) -> None:
    one, other = KNOWN_ELSEWHERE[name]
    for base, then in ((request(one), request(other)), (response(other), response(one))):
        report = compared(tmp_path, base, then)
        assert {finding.proof for finding in report.findings if finding.level == "breaking"} == {"witness"}


@pytest.mark.parametrize(
    ("base", "then"),
    [
        ({**K_TEXT, "anyOf": [A, B]}, {**K_TEXT, "anyOf": [of({"a": NUMBER, "new": NUMBER}, "a"), B]}),
        (
            {"oneOf": [of({"t": {"const": "cat"}, "k": TEXT}, "t"), of({"t": {"const": "dog"}}, "t")]},
            {"oneOf": [of({"t": {"const": "cat"}, "k": TEXT}, "t"), of({"t": {"const": "dog"}, "k": NUMBER}, "t")]},
        ),
        (of({"p": A, "k": TEXT}), of({"p": K_NUMBER, "k": TEXT})),
        ({"type": "object", "patternProperties": {"^x-": TEXT}},
         {**of({"y": NUMBER}), "patternProperties": {"^x-": TEXT}}),
    ],
)  # fmt: skip
def test_property_whose_name_no_schema_for_the_value_knows_is_new(base: Schema, then: Schema, tmp_path: Path) -> None:
    report = compared(tmp_path, request(base), request(then))
    assert {finding.level for finding in report.findings} == {"info"}


@pytest.mark.parametrize(
    "more",
    [
        {"dependentSchemas": {"z": of({"z": NUMBER})}},
        {"dependentSchemas": {"z": of({"z": {}}, "w")}},
        {"if": {"required": ["z"]}, "then": of({"z": NUMBER})},
        {"if": {"required": ["a"]}, "else": {"not": {"required": ["z"]}}},
        {"allOf": [{"dependentSchemas": {"z": {"allOf": [of({"z": NUMBER})]}}}]},
        of({"z": {"type": "integer", "minimum": 5, "maximum": 3}}),
        of({"z": {"type": "object", "required": ["q"], "properties": {"q": False}}}),
        {**of({"z": {}}), "not": {"required": ["z"]}},
        {**of({"z": TEXT, "w": False}), "dependentRequired": {"z": ["w"]}},
        {**of({"z": TEXT}), "patternProperties": {"^z": False}},
    ],
)
def test_property_that_the_revision_only_tests_or_never_allows_is_not_new(more: dict[str, Any], tmp_path: Path) -> None:
    report = compared(tmp_path, request({"type": "object"}), request({"type": "object", **more}))
    assert {finding.proof for finding in report.findings if finding.level == "breaking"} == {"witness"}


@pytest.mark.parametrize(
    "more",
    [
        {"dependentSchemas": {"z": of({"new": NUMBER})}, **of({"z": TEXT})},
        {"if": of({"kind": {"const": "a"}}, "kind"), "then": of({"new": NUMBER}), **of({"kind": TEXT})},
        {**of({"z": TEXT}), "dependentRequired": {"z": ["w"]}},
    ],
)
def test_property_that_depends_on_a_new_one_is_new(more: dict[str, Any], tmp_path: Path) -> None:
    base = of({"kind": TEXT})
    report = compared(tmp_path, request(base), request({**base, **more}))
    assert [finding.rule for finding in report.findings if finding.level == "breaking"] == []


def below(levels: int, length: int) -> Schema:
    schema: Schema = {"type": "string", "maxLength": length}
    for _ in range(levels):
        schema = {"anyOf": [of({"x": schema}), of({"y": schema})]}
    return schema


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_names_of_all_alternatives_are_known_on_each_level(levels: int, tmp_path: Path) -> None:
    report = compared(tmp_path, request(below(levels, 10)), request(below(levels, 5)))
    assert {finding.level for finding in report.findings} == {"breaking"}


# Properties that a schema evaluates -----------------------------------------------------------------------------------

CLOSED = {**of({"a": NUMBER}), "unevaluatedProperties": False}
HAS_A = {"required": ["a"]}


@pytest.mark.parametrize(
    ("base", "then"),
    [
        ({"dependentSchemas": {"a": of({"b": NUMBER})}}, {"dependentSchemas": {"a": of({"c": NUMBER})}}),
        ({"if": HAS_A, "then": of({"b": NUMBER})}, {"if": HAS_A, "then": of({"c": NUMBER})}),
        ({"if": HAS_A, "else": of({"b": NUMBER})}, {"if": HAS_A, "else": of({"c": NUMBER})}),
        ({"if": of({"a": NUMBER, "b": NUMBER}, "a")}, {"if": of({"a": NUMBER, "c": NUMBER}, "a")}),
        ({"anyOf": [of({"b": NUMBER}), of({"d": NUMBER})]}, {"anyOf": [of({"c": NUMBER}), of({"d": NUMBER})]}),
    ],
)
def test_property_that_is_no_longer_evaluated_breaks_clients(base: Schema, then: Schema, tmp_path: Path) -> None:
    for one, other in ((request, (base, then)), (response, (then, base))):
        report = compared(tmp_path, *(one({**CLOSED, **schema}) for schema in other))
        assert report.counts.breaking == report.counts.witnesses == 1


# Several places ------------------------------------------------------------------------------------------------------


def alternatives(count: int) -> tuple[NodePair, NodePair]:
    """Return the pair of a schema, and that of a union with this schema in each alternative."""
    leaf = SchemaNode({"maxLength": 10})
    union = SchemaNode({"anyOf": [SchemaNode({"properties": {"x": leaf}}) for _ in range(count)]})
    owner = NodePair(union, True)
    branches = [NodePair(one, True, [(owner, ("anyOf", index))]) for index, one in enumerate(union["anyOf"])]
    return NodePair(leaf, True, [(one, ("properties", "x")) for one in branches]), owner


def has_old_alternative(_: NodePair, schema: Node) -> bool:
    return isinstance(schema, SchemaNode) and "maxLength': 10" in str(schema.get("anyOf"))


@pytest.mark.parametrize(("count", "places", "safe"), [(1, 1, True), (2, 2, False), (3, 2, True), (70, 70, False)])
def test_change_that_is_safe_in_each_place_is_judged_in_all_together(count: int, places: int, safe: bool) -> None:
    pair, owner = alternatives(count)
    del pair.parents[places:]
    owner.own_roots.append(None)  # type: ignore[arg-type]  # only its presence counts
    assert is_safe_everywhere(pair, SchemaNode({"maxLength": 5}), has_old_alternative) is safe


def test_change_in_a_schema_that_contains_itself_is_not_taken_for_safe() -> None:
    pair, owner = alternatives(1)
    owner.parents.append((pair, ("items", "")))
    assert not is_safe_everywhere(pair, SchemaNode({"maxLength": 5}), has_old_alternative)
