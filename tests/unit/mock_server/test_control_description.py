"""The OpenAPI document of the control API, held against the responses of the control API and the rules it reads."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from mock_server import create_app
from mock_server.control.description import describe
from mock_server.overrides.reading import read_rules
from mock_server.overrides.rules import CONDITION_KEYS, OVERRIDE_KEYS, RULE_KEYS, OverrideError
from mock_server.overrides.schema import rule_schema, rules_schema
from tests.support.deciding import service_with

DOCUMENT = describe()
CONSOLE = ("/overview", "/explain", "/requests/<int:number>/")
"""Paths for the console, which may change with it."""
RULES: list[Any] = [
    {"code": 429, "times": 2, "headers": {"Retry-After": 7}},
    {"code": 503, "body": None, "invalid": True, "name": "down", "optional": True},
    {"reply": {"message": "This one."}, "message": "lamp", "pattern": "l.mp", "turn": 2},
    {"delay": "800ms"},
    {"delay": "300ms..2s", "share": 0.5},
    {"delay": "median=800ms p95=3s", "conversation_id": "c", "session_id": "s", "user_id": "u"},
    {"delay": {"min": "1s", "max": "2s"}, "request_headers": {"X-A": "b"}},
    {"delay": {"median": "1s", "p95": "2s"}},
    {"fault": "hang", "dynamic": True},
    {"rules": []},
    {"rules": [{"example": "message_missing"}, {"conversation": "new-sofa"}]},
]
WRONG_RULES: list[Any] = [
    {},
    [],
    {"code": 199},
    {"code": "many"},
    {"fault": "explode"},
    {"times": 0},
    {"turn": True},
    {"share": 2},
    {"delay": "soon"},
    {"delay": {"min": "1s"}},
    {"headers": {}},
    {"headers": {"A": None}},
    {"message": ""},
    {"name": 5},
    {"optional": "yes"},
    {"reply": "text"},
    {"cod": 429},
    {"rules": [{"code": 429, "more": 1}]},
    {"rules": {}, "code": 429},
]


def validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return Draft202012Validator(schema)


@pytest.fixture
def client() -> FlaskClient:
    return create_app(service=service_with(seed=5)).test_client()


def test_document_is_valid_openapi_and_is_served(client: FlaskClient) -> None:
    validate(DOCUMENT)
    assert client.get("/_mock/control.json").json == DOCUMENT


def test_document_describes_the_routes_of_the_control_api(client: FlaskClient) -> None:
    own = {
        (rule.rule.removeprefix("/_mock").replace("<name>", "{name}"), method.lower())
        for rule in client.application.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/_mock/") and rule.endpoint.startswith(("control.", "own "))
    }
    described = {(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations}
    of_console = {(path, method) for path, method in own if path.startswith(CONSOLE)}
    assert own - of_console == described


def test_responses_conform_to_the_document(client: FlaskClient) -> None:
    client.post("/_mock/behaviour", json={"rules": RULES[:3]})
    for body in ({"message": "hi"}, {"message": "lamp"}, {"limit": "four"}, {"message": "a desk for heavy tools"}, 5):
        client.post("/v1/chat", json=body, headers={"Prefer": "cod=1", "Origin": "http://a.example", "X-API-Key": "k"})
    client.post("/v1/chat", json={"message": "x"}, headers={"Prefer": "fault=malformed"})
    client.get("/v1/elsewhere")
    client.options("/v1/chat", headers={"Origin": "http://a.test", "Access-Control-Request-Method": "POST"})
    client.post("/_mock/spaces/w1/v1/chat", json={"message": "hi"})
    for path, name in (
        ("/_mock/behaviour", "Rules"),
        ("/_mock/behaviour/unused", "Rules"),
        ("/_mock/requests?preflights=true", "Requests"),
        ("/_mock/spaces", "Spaces"),
        ("/_mock/health", "Health"),
        ("/_mock/openapi.json", "Document"),
        ("/_mock/requests?nothing=1", "Problem"),
    ):
        answer = client.get(path).json
        validator(name).validate(answer)
        assert answer
    assert len(client.get("/_mock/requests?preflights=true").json["requests"]) == 8


def test_a_response_with_another_field_does_not_conform(client: FlaskClient) -> None:
    client.post("/v1/chat", json={"message": "hi"})
    answer = client.get("/_mock/requests").json
    broken = copy.deepcopy(answer)
    broken["requests"][0]["colour"] = "red"
    assert not validator("Requests").is_valid(broken)
    del answer["requests"][0]["verdict"]["faults"]
    assert not validator("Requests").is_valid(answer)


def test_schema_of_rules_has_the_keys_that_the_mock_reads() -> None:
    assert set(rule_schema()["properties"]) == {*OVERRIDE_KEYS, *CONDITION_KEYS, *RULE_KEYS}


@pytest.mark.parametrize("rule", RULES)
def test_rules_conform_to_their_schema(rule: Any) -> None:
    Draft202012Validator(rules_schema()).validate(rule)
    read_rules(rule, service_with().snapshot)


@pytest.mark.parametrize("rule", WRONG_RULES)
def test_wrong_rules_violate_their_schema(rule: Any) -> None:
    assert not Draft202012Validator(rules_schema()).is_valid(rule)
    with pytest.raises(OverrideError):
        read_rules(rule, service_with().snapshot)
