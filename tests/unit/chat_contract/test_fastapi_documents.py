"""The documents that FastAPI writes for an application are contracts, whatever its models are called."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import pytest
from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, Field

from chat_contract import Contract, DocumentError, load_contract
from chat_contract.contract import DOCUMENTED, MAY_ACCEPT, MUST_ACCEPT
from chat_contract.request_schema import plain, tightened
from tests.unit.chat_contract.conftest import Write

Value = dict[str, Any]


class Action(BaseModel):
    timestamp: datetime
    type: str
    item_id: str | None = None
    description: str | None = None


class Question(BaseModel):
    message: str
    conversation_id: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    events: list[Action] | None = None
    limit: Annotated[int, Field(ge=0)] | None = 4


class Thing(BaseModel):
    item_id: str
    price: float | None = None
    similar: list[Thing] = []


class Answer(BaseModel):
    conversation_id: str
    message: str
    items: list[Thing] = []


class Tree(BaseModel):
    kind: Literal["tree"] = "tree"
    value: float = Field(gt=0)
    children: list[Tree] = []


def application(
    request: type[BaseModel] = Question, reply: type[BaseModel] = Answer, prefix: str = "/api/v2"
) -> FastAPI:
    """Return an application with the chat operation under a prefix, and others."""
    app = FastAPI(title="Shop")
    router = APIRouter(prefix="/api/v2")

    def chat(body: Any) -> Any:
        """Answer."""

    chat.__annotations__ = {"body": request, "return": Answer}
    router.post("/chat")(chat)

    @router.post("/trees")
    def plant(tree: Tree) -> Tree:
        return tree

    @router.get("/health")
    def health() -> dict[str, str]:
        return {}

    app.include_router(router)
    return app


def document(version: str = "3.1.0", app: FastAPI | None = None) -> Value:
    app = app or application()
    app.openapi_version = version
    return app.openapi()


@pytest.fixture(params=["3.1.0", "3.0.2", "3.2.0"])
def contract(request: pytest.FixtureRequest, write: Write) -> Contract:
    return load_contract(write(document(request.param)))


def test_operation_is_found_by_its_request_and_reply(contract: Contract) -> None:
    assert contract.operation.label == "POST /api/v2/chat"
    assert (contract.operation.server_url, contract.operation.base_path) == ("/", "")


EVENT = {"timestamp": "2026-01-02T03:04:05Z", "type": "click"}
BODIES: dict[str, tuple[Value, set[str]]] = {
    "a message": ({"message": "Hello"}, {MUST_ACCEPT, DOCUMENTED, MAY_ACCEPT}),
    "every field": (
        {"message": "Hello", "session_id": "s", "user_id": "u", "events": [EVENT | {"item_id": "A"}], "limit": 3},
        {MUST_ACCEPT, DOCUMENTED, MAY_ACCEPT},
    ),
    "null": ({"message": "Hello", "user_id": None, "events": None, "limit": None}, {DOCUMENTED, MAY_ACCEPT}),
    "an unknown field": ({"message": "Hello", "x": 1}, {DOCUMENTED, MAY_ACCEPT}),
    "a large limit": ({"message": "Hello", "limit": 10**6}, {DOCUMENTED, MAY_ACCEPT}),
    "a limit in quotes": ({"message": "Hello", "limit": "4"}, {MAY_ACCEPT}),
    "a negative limit": ({"message": "Hello", "limit": -1}, {MAY_ACCEPT}),
    "an event without its time": ({"message": "Hello", "events": [{"type": "click"}]}, set()),
    "no message": ({"limit": 4}, set()),
}


@pytest.mark.parametrize("name", BODIES)
def test_overlays_apply_by_meaning(contract: Contract, name: str) -> None:
    body, sets = BODIES[name]
    assert {one for one, validator in contract.validators.items() if validator.is_valid(body)} == sets


def test_shipped_examples_are_samples_but_not_examples(contract: Contract) -> None:
    assert not contract.request_examples
    assert any(sample.get("events") for sample in contract.samples.values())
    assert all(contract.validators[DOCUMENTED].is_valid(sample) for sample in contract.samples.values())


def test_recursive_reply_is_checked_in_depth(contract: Contract) -> None:
    def reply(thing: Any) -> Value:
        return {"conversation_id": "c", "message": "m", "items": [{"item_id": "a", "similar": [thing]}]}

    validator = contract.response_validators[200]
    assert validator.is_valid(reply({"item_id": "b", "similar": [{"item_id": "c", "similar": []}]}))
    assert not validator.is_valid(reply({"item_id": 5}))


def test_examples_of_the_application_are_used(write: Write) -> None:
    class Sample(Question):
        model_config = {"json_schema_extra": {"examples": [{"message": "Hi"}]}}

    assert load_contract(write(document(app=application(Sample)))).samples


# What does not fit ----------------------------------------------------------------------------------------------------


def without(model: type[BaseModel], name: str) -> type[BaseModel]:
    fields = {key: (info.annotation, info) for key, info in model.model_fields.items() if key != name}
    from pydantic import create_model

    return create_model("Other", **fields)  # type: ignore[call-overload, no-any-return]  # its fields are dynamic


class Number(Question):
    session_id: int | None = None  # type: ignore[assignment]  # the fault of this model


class Tenant(Question):
    tenant: str


UNFIT: dict[str, tuple[type[BaseModel], str, str]] = {
    "no events": (without(Question, "events"), 'has no property "events"', "properties"),
    "no limit": (without(Question, "limit"), 'has no property "limit"', "properties"),
    "a number as session": (Number, '"session_id" of the request does not allow values of type string', "session_id"),
    "one more required field": (Tenant, 'requires "tenant"', "required"),
}


@pytest.mark.parametrize("version", ["3.1.0", "3.0.2"])
@pytest.mark.parametrize("name", UNFIT)
def test_request_that_does_not_fit_is_refused_in_the_users_document(name: str, version: str, write: Write) -> None:
    model, problem, place = UNFIT[name]
    path = write(json.dumps(document(version, application(model)), indent=1))
    with pytest.raises(DocumentError) as caught:
        load_contract(path)
    error = caught.value
    assert error.path == str(path)
    assert problem in error.problem
    assert error.hint
    assert error.line is not None
    assert f'"{place}"' in path.read_text("utf-8").splitlines()[error.line - 1]


def test_application_without_a_chat_operation_is_refused_with_its_operations(write: Write) -> None:
    value = document()
    del value["paths"]["/api/v2/chat"]
    value["paths"]["/b"] = value["paths"]["/api/v2/trees"]
    with pytest.raises(DocumentError, match="expected exactly one chat operation, found 2") as caught:
        load_contract(write(value))
    assert "POST /api/v2/trees" in caught.value.value


# Parts of the reading -------------------------------------------------------------------------------------------------

PLAIN: tuple[tuple[Any, Any], ...] = (
    ({"anyOf": [{"type": "string"}, {"type": "null"}], "title": "T"}, {"type": ["string", "null"], "title": "T"}),
    (
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    ({"allOf": [{"type": "string"}], "default": "x"}, {"type": "string", "default": "x"}),
    ({"anyOf": [{"type": "string"}]}, {"type": "string"}),
    ({"anyOf": [{"const": 1}, {"type": "null"}]}, {"anyOf": [{"const": 1}, {"type": "null"}]}),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
    ),
    (
        {"allOf": [{"type": "string", "maxLength": 5}], "maxLength": 9},
        {"allOf": [{"type": "string", "maxLength": 5}], "maxLength": 9},
    ),
    (
        {"properties": {"anyOf": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
        {"properties": {"anyOf": {"type": ["string", "null"]}}},
    ),
)


@pytest.mark.parametrize(("schema", "simple"), PLAIN)
def test_union_with_null_becomes_a_list_of_types(schema: Any, simple: Any) -> None:
    assert plain(schema) == simple


@pytest.mark.parametrize(
    ("schema", "documented", "expected"),
    [
        ({"maxLength": 1000}, {"maxLength": 50}, {"maxLength": 50}),
        ({"maxLength": 50}, {"maxLength": 1000}, {"maxLength": 50}),
        ({"minimum": 1}, {"minimum": 2}, {"minimum": 2}),
        ({"pattern": "a"}, {"pattern": "b"}, {"pattern": "a", "allOf": [{"pattern": "b"}]}),
        ({"items": {"maxLength": 9}}, {"items": {"maxLength": 5}}, {"items": {"maxLength": 5}}),
        (
            {"properties": {"a": {"maximum": 9}}},
            {"properties": {"a": {"maximum": 5}}},
            {"properties": {"a": {"maximum": 5}}},
        ),
    ],
)
def test_must_accept_is_never_wider_than_documented(schema: Value, documented: Value, expected: Value) -> None:
    assert tightened(schema, documented) == expected


def test_nullable_schemas_of_openapi_3_0_allow_null(write: Write) -> None:
    def nullable(value: Any) -> Any:
        """Write null as OpenAPI 3.0 does, and as older versions of FastAPI did."""
        if isinstance(value, list):
            return [nullable(one) for one in value]
        if not isinstance(value, Mapping):
            return value
        branches = value.get("anyOf")
        if isinstance(branches, list) and {"type": "null"} in branches and len(branches) == 2:
            return {**nullable(branches[0]), "nullable": True, **{k: v for k, v in value.items() if k != "anyOf"}}
        return {key: nullable(child) for key, child in value.items()}

    contract = load_contract(write(nullable(document("3.0.2"))))
    assert contract.validators[DOCUMENTED].is_valid({"message": "a", "user_id": None, "events": None, "limit": None})
    assert not contract.validators[DOCUMENTED].is_valid({"message": None})


def test_faults_of_other_operations_do_not_matter(write: Write) -> None:
    value = document()
    value["components"]["schemas"]["Tree-Input"] = {"type": "tree", "properties": {"a": {"$ref": "#/nowhere"}}}
    assert load_contract(write(value)).operation.path == "/api/v2/chat"


def test_property_with_the_name_of_a_keyword_keeps_its_reference(write: Write) -> None:
    value = document()
    value["components"]["schemas"]["Thing"]["properties"]["default"] = {"$ref": "#/components/schemas/Tree-Output"}
    items = load_contract(write(value)).response_schemas[200]["properties"]["items"]["items"]["properties"]
    assert items["default"]["properties"]["value"] == {"type": "number", "exclusiveMinimum": 0, "title": "Value"}
