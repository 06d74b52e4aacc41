"""Features of OpenAPI 3.2 and JSON Schema that few documents use never change without a finding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import report_of, written

TEXT, OBJECT = {"type": "string"}, {"type": "object"}
RESPONSES: dict[str, Any] = {"200": {"description": "Fine."}}
OPERATION = {"responses": RESPONSES}
PETS = {
    "Cat": {**OBJECT, "properties": {"kind": TEXT, "age": {"type": "integer"}}},
    "Dog": {**OBJECT, "properties": {"kind": TEXT, "age": TEXT}},
}


def document(item: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"openapi": "3.2.0", "info": {"title": "t", "version": "1"}, "paths": {"/a": item}, **rest}


def with_schema(schema: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return document(
        {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": RESPONSES}}, **rest
    )


def with_discriminator(**fields: Any) -> dict[str, Any]:
    pets = [{"$ref": f"#/components/schemas/{name}"} for name in PETS]
    union = {"oneOf": pets, "discriminator": {"propertyName": "kind", **fields}}
    return with_schema(union, components={"schemas": PETS})


def with_dynamic_reference(kind: str, *, is_overridden: bool = True) -> dict[str, Any]:
    generic = {
        "$id": "list",
        "type": "array",
        "items": {"$dynamicRef": "#item"},
        "$defs": {"any": {"$dynamicAnchor": "item", "minLength": 0}},
    }
    own = {"own": {"type": kind, **({"$dynamicAnchor": "item"} if is_overridden else {})}}
    return with_schema({"$id": "https://example.com/strings", "$ref": "list", "$defs": {"generic": generic, **own}})


def with_flow(**fields: str) -> dict[str, Any]:
    flow = {"tokenUrl": "https://example.com/token", "scopes": {}, **fields}
    schemes = {"device": {"type": "oauth2", "flows": {"deviceAuthorization": flow}}}
    return document({"get": OPERATION}, components={"securitySchemes": schemes}, security=[{"device": []}])


def with_cookie(schema: dict[str, Any], style: str) -> dict[str, Any]:
    parameter = {"name": "c", "in": "cookie", "schema": schema, "style": style}
    return document({"get": {**OPERATION, "parameters": [parameter]}})


def compared(folder: Path, base: dict[str, Any], then: dict[str, Any]) -> DiffReport:
    files = [written(folder, f"{name}.json", json.dumps(one)) for name, one in (("base", base), ("then", then))]
    return report_of(*files)


@pytest.mark.parametrize(
    ("base", "then", "rule", "name"),
    [
        (document({"additionalOperations": {"COPY": OPERATION}}),
         document({"additionalOperations": {"Copy": OPERATION}}), "operation-removed", "COPY /a"),
        (document({"query": OPERATION, "get": OPERATION}), document({"get": OPERATION}), "operation-removed",
         "QUERY /a"),
        (with_discriminator(defaultMapping="Cat"), with_discriminator(defaultMapping="Dog"),
         "request-keyword-not-judged", "defaultMapping of discriminator"),
        (with_discriminator(defaultMapping="Cat"), with_discriminator(), "request-keyword-not-judged",
         "defaultMapping of discriminator"),
        (with_dynamic_reference("string"), with_dynamic_reference("integer"), "request-keyword-not-judged",
         "$dynamicRef"),
        (with_flow(deviceAuthorizationUrl="https://example.com/a"),
         with_flow(deviceAuthorizationUrl="https://example.com/b"), "credentials-flow-changed",
         "device deviceAuthorization deviceAuthorizationUrl"),
        (with_cookie(TEXT, "form"), with_cookie(TEXT, "cookie"), "request-parameter-style-changed", "cookie c"),
    ],
)  # fmt: skip
def test_change_of_a_recent_feature_is_found(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any], rule: str, name: str
) -> None:
    found = compared(tmp_path, base, then).findings
    assert (rule, name) in [(one.rule, one.name) for one in found]
    assert compared(tmp_path, base, base).findings == ()


@pytest.mark.parametrize(
    ("base", "then"),
    [
        (document({"additionalOperations": {"POST": OPERATION}}), document({"post": OPERATION})),
        (with_discriminator(defaultMapping="Cat"), with_discriminator(defaultMapping="#/components/schemas/Cat")),
        (with_dynamic_reference("string", is_overridden=False), with_dynamic_reference("integer", is_overridden=False)),
        (with_flow(), with_flow(**{"x-note": "a"})),
        (with_cookie({"type": "integer"}, "form"), with_cookie({"type": "integer"}, "cookie")),
        (document({"get": OPERATION}, tags=[{"name": "a"}]),
         document({"get": OPERATION}, tags=[{"name": "a", "parent": "b", "kind": "nav"}, {"name": "b"}])),
    ],
)  # fmt: skip
def test_recent_feature_in_another_form_has_no_finding(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any]
) -> None:
    assert compared(tmp_path, base, then).findings == ()


# Ranges of media types ------------------------------------------------------------------------------------------------

RANGE, PLAIN = {"application/*": OBJECT}, {"application/json": OBJECT}
STRICT = {"application/json": {**OBJECT, "required": ["a"]}}


def with_media(media: dict[str, Any], *, is_request: bool) -> dict[str, Any]:
    content = {"content": {name: {"schema": schema} for name, schema in media.items()}}
    response = {"200": {"description": "Fine.", **content}}
    return document(
        {"post": {"requestBody": content, "responses": RESPONSES} if is_request else {"responses": response}}
    )


@pytest.mark.parametrize(
    ("base", "then", "is_request", "breaking"),
    [
        (RANGE, RANGE | STRICT, True, 1),
        (RANGE | STRICT, RANGE, True, 0),
        (RANGE, RANGE | STRICT, False, 0),
        (RANGE | STRICT, RANGE, False, 1),
        (RANGE, RANGE | PLAIN, True, 0),
        (RANGE | PLAIN, RANGE, False, 0),
        (
            {"application/json": OBJECT},
            {"application/json": OBJECT, "application/json; v=2": {"type": "array"}},
            True,
            0,
        ),
    ],
)
def test_media_type_beside_a_range_is_compared_with_the_range(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any], breaking: int, *, is_request: bool
) -> None:
    documents = (with_media(one, is_request=is_request) for one in (base, then))
    assert compared(tmp_path, *documents).counts.breaking == breaking


def test_each_discriminator_value_is_a_finding_with_the_schemas_that_it_selects(tmp_path: Path) -> None:
    dog, cat = (f"#/components/schemas/{name}" for name in ("Dog", "Cat"))
    base = with_discriminator(mapping={"hound": dog, "puppy": dog, "tiger": cat})
    report = compared(tmp_path, base, with_discriminator(mapping={"tiger": dog}))
    changes = {one.title: (one.before, one.after) for one in report.findings}
    assert changes["Discriminator value `hound` removed"] == ("Dog", None)
    assert changes["Discriminator value `puppy` removed"] == ("Dog", None)
    assert changes["Discriminator value `tiger` selects another schema"] == ("Cat", "Dog")
