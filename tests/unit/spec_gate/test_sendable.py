"""A change that concerns only values which no URL, header or cookie can carry breaks no client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spec_gate.differ.surface import Parameter
from spec_gate.prove.wire import in_cookie, in_header, in_path, in_query
from spec_gate.source.documents import Place
from tests.unit.spec_gate.test_parameters import (
    LIST,
    NUMBER,
    OBJECT,
    RESPONSES,
    TEXT,
    compared,
    document,
    with_parameter,
)

TEXTS = {**LIST, "items": TEXT}
PATH, HEADER, COOKIE = {"in": "path", "required": True}, {"in": "header"}, {"in": "cookie"}
RAW_COOKIE, DEEP = {**COOKIE, "style": "cookie"}, {"style": "deepObject"}
LABEL, MATRIX = {**PATH, "style": "label"}, {**PATH, "style": "matrix"}
OR_NULL = {"anyOf": [NUMBER, {"type": "null"}]}


@pytest.mark.parametrize(
    ("place", "base", "then"),
    [
        (PATH, TEXT, {**TEXT, "minLength": 1}),
        (LABEL, TEXT, {**TEXT, "minLength": 1}),
        (PATH, TEXT, {**TEXT, "pattern": "^.+$"}),
        (PATH, TEXTS, {**TEXTS, "minItems": 1}),
        (MATRIX, TEXTS, {**TEXTS, "minItems": 1}),
        (PATH, OR_NULL, NUMBER),
        ({}, OR_NULL, NUMBER),
        ({}, {"type": ["string", "null"]}, TEXT),
        ({}, TEXTS, {**TEXTS, "minItems": 1}),
        (DEEP, OBJECT, {**OBJECT, "minProperties": 1}),
        (HEADER, TEXT, {**TEXT, "pattern": r"^(\S.*\S|\S|)$"}),
        (HEADER, TEXT, {**TEXT, "pattern": r"^[^\x00-\x1f\x7f]*$"}),
        (HEADER, TEXTS, {**TEXTS, "items": {**TEXT, "pattern": "^[^,]*$"}}),
        (RAW_COOKIE, TEXT, {**TEXT, "pattern": "^[^;]*$"}),
    ],
)
def test_value_that_cannot_be_sent_is_not_missed(
    tmp_path: Path, place: dict[str, Any], base: dict[str, Any], then: dict[str, Any]
) -> None:
    version = "3.2.0" if place is RAW_COOKIE else "3.1.0"
    documents = [with_parameter({**place, "schema": schema}, version) for schema in (base, then)]
    assert {one.level for one in compared(tmp_path, *documents).findings} == {"info"}


@pytest.mark.parametrize(
    ("place", "base", "then", "line", "headers"),
    [
        (PATH, TEXT, {**TEXT, "minLength": 2}, "POST /a/a", {}),
        (PATH, TEXT, {**TEXT, "pattern": "^[^/]+$"}, "POST /a/%2F", {}),
        (PATH, {"enum": ["", "a", "b"]}, {"enum": ["", "a"]}, "POST /a/b", {}),
        (MATRIX, TEXT, {**TEXT, "minLength": 1}, "POST /a/;q=", {}),
        (LABEL, TEXTS, {**TEXTS, "minItems": 2}, "POST /a/.a", {}),
        ({}, TEXT, {**TEXT, "minLength": 1}, "POST /a?q=", {}),
        ({"explode": False}, TEXTS, {**TEXTS, "minItems": 1}, "POST /a?q=", {}),
        (HEADER, TEXT, {**TEXT, "minLength": 1}, "POST /a", {"q": ""}),
        (HEADER, TEXT, {**TEXT, "pattern": "^[ -~]*$"}, "POST /a", {"q": "é"}),
        (COOKIE, TEXT, {**TEXT, "pattern": "^[^;]*$"}, "POST /a", {"Cookie": "q=%3B"}),
    ],
)  # fmt: skip
def test_witness_of_a_parameter_can_be_sent(
    tmp_path: Path, place: dict[str, Any], base: Any, then: Any, line: str, headers: dict[str, str]
) -> None:
    documents = [with_parameter({**place, "schema": schema}) for schema in (base, then)]
    [finding] = [one for one in compared(tmp_path, *documents).findings if one.level == "breaking"]
    assert finding.witness is not None
    assert (finding.witness.line, finding.witness.headers) == (line, headers)


def test_schema_of_a_path_and_a_body_is_judged_for_the_body(tmp_path: Path) -> None:
    shared = {"$ref": "#/components/schemas/Name"}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"name": shared}}}}}
    parameter = {"name": "q", "in": "path", "required": True, "schema": shared}
    operation = {"parameters": [parameter], "requestBody": body}
    files = [document(operation, "/a/{q}", components={"schemas": {"Name": schema}})
             for schema in (TEXT, {**TEXT, "minLength": 1})]  # fmt: skip
    [finding] = compared(tmp_path, *files).findings
    assert finding.level == "breaking"
    assert finding.witness is not None
    assert finding.witness.body is not None
    assert finding.witness.body.value == {"name": ""}


def with_header(schema: dict[str, Any]) -> dict[str, Any]:
    return document({"responses": {"200": {**RESPONSES["200"], "headers": {"X-A": {"schema": schema}}}}})


@pytest.mark.parametrize(
    ("base", "then", "value"),
    [({"enum": [True]}, {"type": "boolean"}, "false"), ({**TEXTS, "maxItems": 1}, TEXTS, ","),
     ({**TEXT, "pattern": "^[^ \n]*$"}, TEXT, "a a")],
)  # fmt: skip
def test_witness_of_a_response_header_is_its_text(tmp_path: Path, base: Any, then: Any, value: str) -> None:
    [finding] = [one for one in compared(tmp_path, with_header(base), with_header(then)).findings if one.witness]
    assert finding.witness is not None
    assert finding.witness.headers["X-A"] == value


def parameter(location: str, style: str, *, explode: bool, media: str = "") -> Parameter:
    return Parameter(location, "q", Place("a", ()), True, None, media, style, explode, False, False, False)


@pytest.mark.parametrize(
    ("style", "explode", "texts"),
    [
        ("simple", False, ("b%20c", "1,b", "x,1,y,b")), ("simple", True, ("b%20c", "1,b", "x=1,y=b")),
        ("label", False, (".b%20c", ".1,b", ".x,1,y,b")), ("label", True, (".b%20c", ".1.b", ".x=1.y=b")),
        ("matrix", False, (";q=b%20c", ";q=1,b", ";q=x,1,y,b")), ("matrix", True, (";q=b%20c", ";q=1;q=b", ";x=1;y=b")),
    ],
)  # fmt: skip
def test_path_parameter_is_written_in_its_style(style: str, texts: tuple[str, ...], *, explode: bool) -> None:
    one = parameter("path", style, explode=explode)
    assert tuple(in_path(one, value) for value in ("b c", [1, "b"], {"x": 1, "y": "b"})) == texts


@pytest.mark.parametrize(
    ("style", "explode", "texts"),
    [
        ("form", False, ("q=1,b", "q=x,1,y,b")), ("form", True, ("q=1&q=b", "x=1&y=b")),
        ("spaceDelimited", False, ("q=1%20b", "q=x%201%20y%20b")), ("pipeDelimited", False, ("q=1|b", "q=x|1|y|b")),
        ("pipeDelimited", True, ("q=1&q=b", "x=1&y=b")), ("deepObject", True, ("q=1&q=b", "q[x]=1&q[y]=b")),
    ],
)  # fmt: skip
def test_query_parameter_is_written_in_its_style(style: str, texts: tuple[str, ...], *, explode: bool) -> None:
    one = parameter("query", style, explode=explode)
    assert tuple(in_query(one, value) for value in ([1, "b"], {"x": 1, "y": "b"})) == texts


def test_parameter_with_a_media_type_is_written_in_it() -> None:
    as_json, as_text = (
        parameter("query", "form", explode=True, media=media) for media in ("application/json", "text/plain")
    )
    assert (in_query(as_json, [1]), in_query(as_text, "a b")) == ("q=%5B1%5D", "q=a%20b")
    assert (in_path(as_json, ["a"]), in_header(as_json, "a")) == ("%5B%22a%22%5D", '"a"')


def test_header_writes_objects_in_pairs_and_cookie_is_percent_encoded() -> None:
    assert in_header(parameter("header", "simple", explode=True), {"x": 1}) == "x=1"
    assert in_header(parameter("header", "simple", explode=False), {"x": True}) == "x,true"
    assert in_cookie(parameter("cookie", "form", explode=True), "a;b") == "a%3Bb"
    assert in_cookie(parameter("cookie", "cookie", explode=True), "a=b") == "a=b"
