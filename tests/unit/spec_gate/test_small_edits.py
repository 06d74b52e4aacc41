"""Small edits as they happen in real APIs: each gets the right verdict, one finding, and a witness that can be sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import report_of, written

Schema = dict[str, Any]
TEXT, NUMBER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
OK: dict[str, Any] = {"200": {"description": "Fine."}}
UUID = "^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"


def of(properties: dict[str, Schema], *required: str) -> Schema:
    return {"type": "object", "properties": properties, "required": list(required)}


def document(operation: dict[str, Any], version: str = "3.1.0", **components: Schema) -> dict[str, Any]:
    paths = {"/a": {"post": {"responses": OK, **operation}}}
    info = {"title": "t", "version": "1"}
    return {"openapi": version, "info": info, "paths": paths, "components": {"schemas": components}}


def request(schema: Schema, media: str = JSON, version: str = "3.1.0", **components: Schema) -> dict[str, Any]:
    return document({"requestBody": {"content": {media: {"schema": schema}}}}, version, **components)


def response(schema: Schema, version: str = "3.1.0", **components: Schema) -> dict[str, Any]:
    answer = {"200": {"description": "Fine.", "content": {JSON: {"schema": schema}}}}
    return document({"responses": answer}, version, **components)


def query(schema: Schema, **fields: Any) -> dict[str, Any]:
    return document({"parameters": [{"name": "q", "in": "query", "schema": schema, **fields}]})


def compared(folder: Path, base: dict[str, Any], then: dict[str, Any]) -> DiffReport:
    files = [written(folder, f"{name}.json", json.dumps(one)) for name, one in (("base", base), ("then", then))]
    return report_of(*files)


# Names that the revision forbids or tests for, and so does not introduce ---------------------------------------------

MAP: Schema = {"type": "object", "additionalProperties": TEXT}
HAS_Z: Schema = {"required": ["z"], "properties": {"z": TEXT}}


@pytest.mark.parametrize(
    ("more", "title"),
    [
        ({"not": HAS_Z}, "Forbidden schema (not) of the request body added"),
        ({"if": HAS_Z, "then": False}, "Condition (if, then, else) of the request body added"),
        ({"properties": {"z": False}}, "Property `z` forbidden"),
    ],
)
@pytest.mark.parametrize("base", [MAP, {"type": "object"}, {"type": "object", "patternProperties": {"^z": TEXT}}])
def test_property_that_becomes_forbidden_is_breaking(base: Schema, more: Schema, title: str, tmp_path: Path) -> None:
    report = compared(tmp_path, request(base), request({**base, **more}))
    [found] = report.findings
    assert (found.level, found.title) == ("breaking", title)
    assert found.witness is not None
    assert found.witness.body is not None
    assert "z" in found.witness.body.value


def test_new_property_that_a_test_or_a_part_names_too_is_compatible(tmp_path: Path) -> None:
    base: Schema = {"type": "object"}
    added = {"properties": {"z": TEXT}, "not": {"required": ["z"], "properties": {"z": {"const": "never"}}}}
    report = compared(tmp_path, request(base), request({**base, **added}))
    assert [one.level for one in report.findings if one.level == "breaking"] == []


def test_title_of_a_change_that_is_not_decided_is_that_of_the_change(tmp_path: Path) -> None:
    files = [
        written(tmp_path, f"{name}.json", json.dumps(request(of({"k": TEXT}, *required))))
        for name, required in (("base", ()), ("then", ("k",)))
    ]
    [found] = report_of(*files, "--max-time", "0").findings
    assert (found.rule, found.title) == ("not-proved", "Property `k` became required")


# A union that one document does not have ------------------------------------------------------------------------------

CAT, DOG = of({"kind": {"const": "cat"}, "name": TEXT}, "kind"), of({"kind": {"const": "dog"}, "age": NUMBER}, "kind")
PETS = {"Cat": CAT, "Dog": DOG}
ONE: Schema = {"$ref": "#/components/schemas/Cat"}
BOTH: Schema = {"oneOf": [ONE, {"$ref": "#/components/schemas/Dog"}]}


@pytest.mark.parametrize(
    ("base", "then", "rule", "title"),
    [
        (response(of({"pet": ONE}), **PETS), response(of({"pet": BOTH}), **PETS),
         "response-any-of-branch-added", "Alternative `Dog` added to `pet`"),
        (request(of({"pet": BOTH}), **PETS), request(of({"pet": ONE}), **PETS),
         "request-any-of-branch-removed", "Alternative `Dog` of `pet` removed"),
        (request(ONE, **PETS), request(BOTH, **PETS),
         "request-any-of-branch-added", "Alternative `Dog` added to the request body"),
        (response(BOTH, **PETS), response(ONE, **PETS),
         "response-any-of-branch-removed", "Alternative `Dog` of the response body removed"),
        (request(CAT), request({"oneOf": [CAT, {"type": "array", "items": CAT}]}),
         "request-any-of-branch-added", "Alternative added to the request body"),
    ],
)  # fmt: skip
def test_alternative_beside_the_only_schema_is_one_finding(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any], rule: str, title: str
) -> None:
    assert [(one.rule, one.title) for one in compared(tmp_path, base, then).findings] == [(rule, title)]


def test_edit_of_a_schema_that_gets_an_alternative_is_a_finding_of_its_own(tmp_path: Path) -> None:
    changed = {**PETS, "Cat": of({"kind": {"const": "cat"}, "name": NUMBER}, "kind")}
    report = compared(tmp_path, response(of({"pet": ONE}), **PETS), response(of({"pet": BOTH}), **changed))
    assert {one.rule for one in report.findings} == {"response-any-of-branch-added", "response-type-changed"}


def test_schemas_without_a_type_are_not_taken_for_alternatives(tmp_path: Path) -> None:
    condition = {"if": TEXT, "then": {"maxLength": 3}}
    union = {"anyOf": [{"not": TEXT}, {"maxLength": 3}]}
    assert compared(tmp_path, request(condition), request(union)).findings == ()
    assert compared(tmp_path, request(union), request(condition)).findings == ()


def test_types_that_become_alternatives_are_compared_one_by_one(tmp_path: Path) -> None:
    base, then = ({"anyOf": [{"type": ["number", "null"]}, one]} for one in (TEXT, {**TEXT, "pattern": "^[0-9.]*$"}))
    [finding] = compared(tmp_path, request(of({"price": base})), request(of({"price": then}))).findings
    assert (finding.rule, finding.title) == ("request-pattern-added", "Pattern of `price` added")


def test_listed_values_of_one_of_several_types_are_one_finding(tmp_path: Path) -> None:
    base, then = {"type": ["string", "integer"]}, {"anyOf": [{"enum": ["auto"]}, NUMBER]}
    for first, second, level in ((base, then, "breaking"), (then, base, "info")):
        [finding] = compared(tmp_path, request(of({"v": first})), request(of({"v": second}))).findings
        assert (finding.level, finding.rule.startswith("request-enum-")) == (level, True)


def test_overlapping_alternative_beside_exclusive_ones_is_an_added_alternative(tmp_path: Path) -> None:
    base = {"oneOf": [of({"NotFound": TEXT}, "NotFound"), {"enum": ["Unauthorized"]}]}
    then = {"oneOf": [*base["oneOf"], of({"Conflict": TEXT}, "Conflict")]}
    for first, second, rule in ((base, then, "response-one-of-branch-added"),
                                (then, base, "response-one-of-branch-removed")):  # fmt: skip
        [finding] = compared(tmp_path, response(first), response(second)).findings
        assert finding.rule == rule


def test_edit_of_a_schema_and_of_its_twin_for_partial_updates_is_one_finding(tmp_path: Path) -> None:
    def users(longest: int) -> dict[str, Any]:
        properties = {"email": {**TEXT, "maxLength": longest}, "name": TEXT}
        whole: Schema = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/User"}}}}
        part: Schema = {"content": {JSON: {"schema": {"$ref": "#/components/schemas/PatchedUser"}}}}
        found = document({"requestBody": whole}, User=of(properties, "email"), PatchedUser={**of(properties)})
        answer = {"200": {"description": "Fine.", **whole}}
        return {**found, "paths": {"/a": {"put": {"requestBody": whole, "responses": answer},
                                          "patch": {"requestBody": part, "responses": answer}}}}  # fmt: skip

    [finding] = compared(tmp_path, users(9), users(5)).findings
    assert (finding.rule, finding.operations) == ("request-max-length-decreased", ("PUT /a", "PATCH /a"))


def test_bound_that_only_a_format_states_is_not_shown(tmp_path: Path) -> None:
    base, then = {**NUMBER, "format": "int64", "minimum": 0}, {**NUMBER, "format": "int64"}
    [finding] = compared(tmp_path, query(base), query(then)).findings
    assert finding.title == "Minimum of query parameter `q` removed (was `0`)"


# Renamed properties ---------------------------------------------------------------------------------------------------


def test_renamed_required_property_of_a_response_is_named(tmp_path: Path) -> None:
    report = compared(tmp_path, response(of({"user_id": TEXT}, "user_id")), response(of({"userId": TEXT}, "userId")))
    assert [one.title for one in report.findings] == [
        "Required property `user_id` removed",
        "New required property `userId`",
    ]
    witness = report.findings[0].witness
    assert witness is not None
    assert witness.body is not None
    assert witness.body.value == {"userId": ""}


# Text that a format implies -------------------------------------------------------------------------------------------


def formatted(name: str, **more: Any) -> dict[str, Any]:
    return request(of({"a": {**TEXT, "format": name, **more}}))


@pytest.mark.parametrize(
    ("base", "then"),
    [
        (formatted("uuid"), request(of({"a": {**TEXT, "pattern": UUID}}))),
        (formatted("uuid"), formatted("uuid", minLength=36, maxLength=36)),
        (formatted("date"), formatted("date", pattern=r"^\d{4}-\d{2}-\d{2}$")),
        (formatted("date-time"), formatted("date-time", minLength=20)),
        (formatted("email"), formatted("email", maxLength=320)), (formatted("email"), formatted("email", pattern="@")),
        (formatted("email"), formatted("idn-email")), (formatted("uri"), formatted("uri-reference")),
        (formatted("uri"), formatted("iri-reference")), (formatted("hostname"), formatted("hostname", maxLength=253)),
        (request({**TEXT, "pattern": "^(a|b)$"}), request({"enum": ["a", "b", "c"]})),
        (query({"type": "boolean"}), query({"enum": ["true", "false", "all"]})),
        (query({"enum": [1, 2]}), query({"enum": ["1", "2"]})),
        (query(TEXT), query({"type": "array", "items": TEXT})),
        (request(of({"a": {"anyOf": [NUMBER, NULL]}}), FORM), request(of({"a": NUMBER}), FORM)),
        (request(of({"a": {**TEXT, "format": "byte"}}), version="3.0.3"),
         request(of({"a": {**TEXT, "contentEncoding": "base64"}}))),
        (request(of({"a": {**TEXT, "format": "binary"}}), version="3.0.3"),
         request(of({"a": {**TEXT, "contentMediaType": "application/octet-stream"}}))),
    ],
)  # fmt: skip
def test_harmless_edit_of_text_is_compatible(tmp_path: Path, base: dict[str, Any], then: dict[str, Any]) -> None:
    assert compared(tmp_path, base, then).verdict == "compatible"


@pytest.mark.parametrize(
    ("base", "then"),
    [
        (formatted("uuid"), formatted("uuid", pattern=UUID.replace("A-F", ""))),
        (formatted("uuid"), formatted("uuid", maxLength=35)), (formatted("email"), formatted("email", maxLength=100)),
        (formatted("uri"), formatted("uri", maxLength=2000)),
        (formatted("hostname"), formatted("hostname", maxLength=100)),
        (request({**TEXT, "pattern": "^(a|b)$"}), request({"enum": ["a", "c"]})),
        (request({"pattern": "^(a|b)$"}), request({"enum": ["a", "b"]})),
        (query({"type": "boolean"}), query({"enum": ["true", "all"]})),
        (query({"enum": [1, 2]}), query({"enum": ["1", "3"]})),
        (query(TEXT), query({"type": "array", "items": NUMBER})),
        (request(of({"a": {"anyOf": [NUMBER, NULL]}})), request(of({"a": NUMBER}))),
        (response({"type": "number", "multipleOf": 0.01}), response({"type": "number"})),
    ],
)  # fmt: skip
def test_breaking_edit_of_text_has_a_witness(tmp_path: Path, base: dict[str, Any], then: dict[str, Any]) -> None:
    assert any(one.level == "breaking" and one.witness for one in compared(tmp_path, base, then).findings)


@pytest.mark.parametrize("keyword", ["contentEncoding", "contentMediaType"])
def test_other_label_of_content_is_a_warning(tmp_path: Path, keyword: str) -> None:
    then = request(of({"a": {**TEXT, keyword: "image/png"}}))
    assert compared(tmp_path, formatted("binary"), then).counts.warning == 2


# Witnesses outside of schemas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("range_", "accepted", "sent"),
    [("*/*", JSON, "text/plain"), ("image/*", "image/png", "image/gif"), ("*/*", "text/*", "application/octet-stream")],
)
def test_witness_of_a_removed_range_has_a_media_type_of_it(
    tmp_path: Path, range_: str, accepted: str, sent: str
) -> None:
    report = compared(tmp_path, request({}, range_), request({}, accepted))
    [finding] = [one for one in report.findings if one.rule == "request-media-type-removed"]
    assert finding.witness is not None
    assert finding.witness.headers["Content-Type"] == sent


@pytest.mark.parametrize(
    ("schema", "fields", "line"),
    [({"type": "array", "items": TEXT}, {"explode": False}, "POST /a?q=&q="),
     (of({"a": NUMBER}), {"style": "deepObject"}, "POST /a?a=0")],
)  # fmt: skip
def test_witness_of_another_style_shows_how_the_value_was_written(
    tmp_path: Path, schema: Schema, fields: dict[str, Any], line: str
) -> None:
    [finding] = compared(tmp_path, query(schema), query(schema, **fields)).findings
    assert finding.witness is not None
    assert finding.witness.line == line


def test_witness_of_a_removed_server_has_values_for_its_variables(tmp_path: Path) -> None:
    free = {"url": "https://{region}.example.com", "variables": {"region": {"default": "eu"}}}
    base, then = ({**document({}), "servers": [one]} for one in (free, {"url": "https://eu.example.com"}))
    [finding] = compared(tmp_path, base, then).findings
    assert finding.witness is not None
    assert finding.witness.line == "POST https://region.example.com/a"


# Changes behind references --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keyword", ["oneOf", "not"])
def test_change_behind_the_same_reference_shows_what_differs(keyword: str, tmp_path: Path) -> None:
    other = of({"b": NUMBER}, "b")
    reference = {"$ref": "#/components/schemas/Q"}
    schema = {"oneOf": [reference, other]} if keyword == "oneOf" else {"not": reference}

    def then(length: int) -> dict[str, Any]:
        deep = {**TEXT, "maxLength": length, "description": "A long text that is the same in both. " * 5}
        return request(schema, Q=of({"a": {"$ref": "#/components/schemas/Deep"}}, "a"), Deep=deep)

    [finding] = compared(tmp_path, then(1_000_000), then(500_000)).findings
    shown = [finding.before, finding.after] if keyword == "not" else [*finding.removed, *finding.added]
    assert shown == [{"properties": {"a": {"maxLength": length}}} for length in (1_000_000, 500_000)]
