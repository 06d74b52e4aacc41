"""Parameters, paths and form fields that are written in another way are compatible where the request stays the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import report_of, written

TEXT, NUMBER, LIST, OBJECT = {"type": "string"}, {"type": "integer"}, {"type": "array"}, {"type": "object"}
LISTED = {"enum": ["a", "b"]}
JSON_NUMBER = {"content": {"application/json": {"schema": NUMBER}}}
JSON_TEXT = {"content": {"application/json": {"schema": TEXT}}}
PLAIN_TEXT = {"content": {"text/plain": {"schema": TEXT}}}
RESPONSES: dict[str, Any] = {"200": {"description": "Fine."}}
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def document(operation: dict[str, Any], path: str = "/a", version: str = "3.1.0", **rest: Any) -> dict[str, Any]:
    item = {"post": {"responses": RESPONSES, **operation}}
    return {"openapi": version, "info": {"title": "t", "version": "1"}, "paths": {path: item}, **rest}


def with_parameter(fields: dict[str, Any], version: str = "3.1.0") -> dict[str, Any]:
    given = {"name": "q", "in": "query", **fields}
    return document({"parameters": [given]}, "/a/{q}" if given["in"] == "path" else "/a", version)


def with_form(media: str, schema: dict[str, Any], encoding: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {
        "schema": {"type": "object", "properties": {"q": schema}},
        **({"encoding": encoding} if encoding else {}),
    }
    return document({"requestBody": {"content": {media: content}}})


def compared(folder: Path, base: dict[str, Any], then: dict[str, Any]) -> DiffReport:
    files = [written(folder, f"{name}.json", json.dumps(one)) for name, one in (("base", base), ("then", then))]
    return report_of(*files)


@pytest.mark.parametrize(
    ("base", "then"),
    [
        ({"in": "header", "schema": TEXT, "allowReserved": True}, {"in": "header", "schema": TEXT}),
        ({"in": "path", "required": True, "schema": TEXT, "allowReserved": True},
         {"in": "path", "required": True, "schema": TEXT}),
        ({"schema": NUMBER, "allowReserved": True}, {"schema": NUMBER}),
        ({"in": "header", "schema": TEXT, "allowEmptyValue": True}, {"in": "header", "schema": TEXT}),
        ({"schema": OBJECT, "style": "deepObject"}, {"schema": OBJECT, "style": "deepObject", "explode": True}),
        ({"schema": LISTED}, {"schema": LISTED, "explode": False}),
        ({"schema": {"const": 1}}, {"schema": {"const": 1}, "style": "pipeDelimited"}),
        (JSON_NUMBER, {"schema": NUMBER}),
        (PLAIN_TEXT, {"schema": TEXT}),
        ({"schema": TEXT}, {"schema": {**TEXT, "readOnly": True}}),
        ({"schema": TEXT}, {"schema": {**TEXT, "writeOnly": True}}),
        ({"schema": TEXT}, {"schema": {**TEXT, "xml": {"name": "other"}}}),
        ({"required": True, "schema": {**TEXT, "default": "a"}}, {"required": True, "schema": TEXT}),
    ],
)  # fmt: skip
def test_parameter_that_is_sent_as_before_has_no_finding(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any]
) -> None:
    assert compared(tmp_path, with_parameter(base), with_parameter(then)).findings == ()


@pytest.mark.parametrize(
    ("base", "then", "rule", "version"),
    [
        ({"schema": TEXT, "allowReserved": True}, {"schema": TEXT}, "request-parameter-reserved-forbidden", "3.1.0"),
        ({"in": "path", "required": True, "schema": TEXT, "allowReserved": True},
         {"in": "path", "required": True, "schema": TEXT}, "request-parameter-reserved-forbidden", "3.2.0"),
        ({"schema": TEXT, "allowEmptyValue": True}, {"schema": TEXT}, "request-parameter-empty-forbidden", "3.1.0"),
        ({"schema": LIST}, {"schema": LIST, "explode": False}, "request-parameter-style-changed", "3.1.0"),
        ({"schema": {"anyOf": [TEXT, {"minItems": 1}]}}, {"schema": {"anyOf": [TEXT, {"minItems": 1}]},
         "explode": False}, "request-parameter-style-changed", "3.1.0"),
        ({"schema": {"enum": [["a", "b"]]}}, {"schema": {"enum": [["a", "b"]]}, "explode": False},
         "request-parameter-style-changed", "3.1.0"),
        (JSON_TEXT, {"schema": TEXT}, "request-parameter-media-type-changed", "3.1.0"),
        ({"schema": TEXT}, JSON_TEXT, "request-parameter-media-type-changed", "3.1.0"),
        ({"schema": {**TEXT, "default": "a"}}, {"schema": TEXT}, "request-default-changed", "3.1.0"),
        ({"required": True, "schema": {**TEXT, "default": "a"}}, {"schema": {**TEXT, "default": "b"}},
         "request-default-changed", "3.1.0"),
        ({"schema": {**OBJECT, "properties": {"a": TEXT}}},
         {"schema": {**OBJECT, "properties": {"a": {**TEXT, "readOnly": True}}}}, "request-read-only-changed", "3.1.0"),
    ],
)  # fmt: skip
def test_parameter_that_is_sent_otherwise_has_a_finding(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any], rule: str, version: str
) -> None:
    report = compared(tmp_path, with_parameter(base, version), with_parameter(then, version))
    assert rule in {one.rule for one in report.findings}


@pytest.mark.parametrize(
    ("base", "then", "title"),
    [
        (JSON_TEXT, {"schema": TEXT}, "Media type `application/json` removed from query parameter `q`"),
        ({"schema": TEXT}, JSON_TEXT, "Media type `application/json` added to query parameter `q`"),
    ],
)
def test_title_of_a_media_type_that_one_parameter_lacks_names_the_other(
    tmp_path: Path, base: dict[str, Any], then: dict[str, Any], title: str
) -> None:
    assert title in {one.title for one in compared(tmp_path, with_parameter(base), with_parameter(then)).findings}


# Paths ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "other"),
    [("/a b", "/a%20b"), ("/a%2fb", "/a%2Fb"), ("/%7Ea", "/~a"), ("/ä", "/%C3%A4"), ("/50%", "/50%25"),
     ("/a b/{id}", "/a%20b/{key}")],
)  # fmt: skip
def test_path_in_another_percent_encoding_is_the_same(tmp_path: Path, path: str, other: str) -> None:
    for base, then in ((path, other), (other, path)):
        assert compared(tmp_path, document({}, base), document({}, then)).findings == ()


@pytest.mark.parametrize(("path", "other"), [("/a/b", "/a%2Fb"), ("/a", "/A"), ("/a:b", "/a%3Ab"), ("/ä", "/a%CC%88")])
def test_path_with_other_characters_is_another_path(tmp_path: Path, path: str, other: str) -> None:
    assert compared(tmp_path, document({}, path), document({}, other)).counts.breaking == 1


def test_change_below_a_path_in_another_percent_encoding_is_found(tmp_path: Path) -> None:
    body = {"requestBody": {"required": True, "content": {"application/json": {"schema": TEXT}}}}
    [finding] = compared(tmp_path, document({}, "/a b"), document(body, "/a%20b")).findings
    assert (finding.rule, finding.operations) == ("request-body-required-added", ("POST /a b",))


# API keys -------------------------------------------------------------------------------------------------------------


def keyed(name: str, place: str = "header") -> dict[str, Any]:
    schemes = {"securitySchemes": {"key": {"type": "apiKey", "in": place, "name": name}}}
    return document({}, components=schemes, security=[{"key": []}])


def test_name_of_an_api_key_is_shown_as_written(tmp_path: Path) -> None:
    [finding] = compared(tmp_path, keyed("X-Api-Key"), keyed("X-Token")).findings
    assert finding.title == "API key in header `X-Api-Key` no longer accepted; API key in header `X-Token` required"
    assert finding.witness is not None
    assert "X-Api-Key" in finding.witness.headers


def test_case_of_an_api_key_matters_except_in_headers(tmp_path: Path) -> None:
    assert compared(tmp_path, keyed("X-Api-Key"), keyed("x-api-key")).findings == ()
    assert compared(tmp_path, keyed("Key", "query"), keyed("key", "query")).counts.breaking == 1


# Form fields and response headers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("media", "schema", "encoding"),
    [
        (MULTIPART, TEXT, {"q": {"contentType": "text/plain"}}),
        (MULTIPART, OBJECT, {"q": {"contentType": "application/json"}}),
        ("application/json", OBJECT, {"q": {"style": "form", "explode": False}}),
        (FORM, TEXT, {"q": {"description": "Text."}}),
    ],
)
def test_encoding_that_says_nothing_new_has_no_finding(
    tmp_path: Path, media: str, schema: dict[str, Any], encoding: dict[str, Any]
) -> None:
    plain, encoded = with_form(media, schema), with_form(media, schema, encoding)
    assert compared(tmp_path, plain, encoded).findings == ()
    assert compared(tmp_path, encoded, plain).findings == ()


@pytest.mark.parametrize(
    ("schema", "encoding", "rule"),
    [
        (TEXT, {"q": {"contentType": "text/csv"}}, "encoding-changed"),
        (OBJECT, {"q": {"contentType": "text/plain"}}, "encoding-changed"),
        ({**TEXT, "contentEncoding": "base64"}, {"q": {"contentType": "text/plain"}}, "encoding-changed"),
        (TEXT, {"q": {"headers": {"X-Part": {"required": True, "schema": TEXT}}}}, "not-judged"),
        (TEXT, {"q": {"encoding": {"r": {"contentType": "text/csv"}}}}, "not-judged"),
    ],
)  # fmt: skip
def test_encoding_that_changes_the_parts_is_a_warning(
    tmp_path: Path, schema: dict[str, Any], encoding: dict[str, Any], rule: str
) -> None:
    [finding] = compared(tmp_path, with_form(MULTIPART, schema), with_form(MULTIPART, schema, encoding)).findings
    assert (finding.rule, finding.level) == (rule, "warning")


@pytest.mark.parametrize(
    ("then", "rules"),
    [
        ({"content": {"application/json": {"schema": OBJECT}}}, ["not-judged"]),
        ({"schema": OBJECT, "name": "X-Rate", "in": "header"}, []),
        ({"schema": OBJECT, "style": "simple", "explode": False}, []),
    ],
)
def test_response_header_in_another_media_type_is_not_judged(
    tmp_path: Path, then: dict[str, Any], rules: list[str]
) -> None:
    base, revision = (
        document({"responses": {"200": {"description": "Fine.", "headers": {"X-Rate": header}}}})
        for header in ({"schema": OBJECT}, then)
    )
    assert [one.rule for one in compared(tmp_path, base, revision).findings] == rules
