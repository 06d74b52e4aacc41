"""Every error in a contract has file, line, pointer, value and hint; none is a traceback."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract import Contract, DocumentError, RequestClass, classify, load_contract
from chat_contract.contract import Clause
from chat_contract.loading import load_clauses
from chat_contract.resources import openapi_dir
from tests.unit.chat_contract.conftest import Write
from tests.unit.chat_contract.documents import (
    POST,
    REQUEST,
    Change,
    contract_with,
    message,
    overlay_of,
    post,
    schemas,
    update,
)
from tests.unit.chat_contract.exchanges import EVENT, ITEM, ask, reject, reply, response, say, violated
from tests.unit.chat_contract.properties import examples

Pointer = tuple[str | int, ...]

SCHEMA = ("components", "schemas")
MESSAGE = (*SCHEMA, "ChatRequest", "properties", "message")
OPERATION = ("paths", "/chat", "post")
BODY = (*OPERATION, "requestBody", "content")
EXAMPLES = ("components", "examples")


def load_error(spec: Path, *overlays: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        load_contract(spec, overlays)
    error = caught.value
    assert error.hint
    assert error.has_value
    assert str(error).startswith(f"{error.path}:{error.line}")
    return error


def at(value: Any, pointer: Pointer) -> Any:
    for part in pointer:
        value = value[part]
    return value


# Whole documents -----------------------------------------------------------------------------------------------------

NOT_OPENAPI: dict[str, tuple[Any, Pointer, str]] = {
    "a list": ([1], (), "expected an OpenAPI document"),
    "a string": ("hello", (), "expected an OpenAPI document"),
    "null": ("null", (), "expected an OpenAPI document"),
    "swagger 2": ({"swagger": "2.0", "info": {"title": "a"}, "paths": {}}, ("openapi",), "unsupported OpenAPI version"),
    "openapi 4.0": ({"openapi": "4.0.0", "info": {}, "paths": {}}, ("openapi",), "unsupported OpenAPI version"),
    "a version that is a number": ("openapi: 3.1\n", ("openapi",), "unsupported OpenAPI version"),
    "an empty object": ({}, ("openapi",), "unsupported OpenAPI version"),
    "no info": ({"openapi": "3.1.0"}, ("info",), '"info" is missing'),
    "no paths": ({"openapi": "3.1.0", "info": {"title": "a"}}, ("paths",), '"paths" is missing'),
    "paths that are a list": (
        {"openapi": "3.1.0", "info": {"title": "a"}, "paths": [1]},
        ("paths",),
        '"paths" is missing',
    ),
    "servers that are not a list": (
        {"openapi": "3.1.0", "info": {"title": "a"}, "paths": {"/": {}}, "servers": {"url": "/"}},
        ("servers",),
        '"servers" must be a list',
    ),
}


@pytest.mark.parametrize("case", NOT_OPENAPI)
def test_document_that_is_not_openapi_3_1_raises_an_error(case: str, write: Write) -> None:
    content, pointer, problem = NOT_OPENAPI[case]
    path = write(content)
    error = load_error(path)
    assert error.path == str(path)
    assert error.pointer == pointer
    assert problem in error.problem


def unreadable_error(spec: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        load_contract(spec)
    return str(caught.value)


def test_unreadable_document_raises_an_error(write: Write, tmp_path: Path) -> None:
    assert "cannot read the file" in unreadable_error(tmp_path / "none.yaml")
    assert "empty document" in unreadable_error(write(""))
    assert "not UTF-8" in unreadable_error(write(b"\xff"))
    assert "invalid YAML" in unreadable_error(write("{"))


# One thing wrong -----------------------------------------------------------------------------------------------------


def refer(target: str) -> Change:
    return lambda document: schemas(document)["ChatRequest"]["properties"].update(message={"$ref": target})


def multiply(document: dict[str, Any]) -> None:
    for level in range(40):
        schemas(document)[f"B{level}"] = {"allOf": [{"$ref": f"#/components/schemas/B{level + 1}"}] * 2}
    schemas(document)["B40"] = {"type": "object"}
    message(document).update({"allOf": [{"$ref": "#/components/schemas/B0"}]})


def nest(document: dict[str, Any]) -> None:
    schema = message(document)
    for _ in range(170):
        schema["not"] = schema = {}


def chain(document: dict[str, Any]) -> None:
    for step in range(1200):
        schemas(document)[f"C{step}"] = {"not": {"$ref": f"#/components/schemas/C{step + 1}"}}
    schemas(document)["C1200"] = {}
    message(document).update({"$ref": "#/components/schemas/C0"})


FAULTY: dict[str, tuple[Change, Pointer | None, str]] = {
    "a $ref without a target": (refer("#/components/schemas/Nope"), (*MESSAGE, "$ref"), "reference without a target"),
    "a $ref into another file": (refer("other.yaml#/Message"), (*MESSAGE, "$ref"), "reference to another document"),
    "a $ref into the net": (refer("http://127.0.0.1:9/a.json"), (*MESSAGE, "$ref"), "reference to another document"),
    "a $ref to an anchor": (refer("#message"), (*MESSAGE, "$ref"), "reference to another document"),
    "a $dynamicRef into a file": (
        lambda document: message(document).update({"$dynamicRef": "file:///etc/secret.json"}),
        (*MESSAGE, "$dynamicRef"),
        "$dynamicRef is not supported",
    ),
    "a $dynamicRef of a property named example": (
        lambda document: schemas(document)["ChatRequest"]["properties"].update(
            example={"$dynamicRef": "http://127.0.0.1:9/a"}
        ),
        (*MESSAGE[:-1], "example", "$dynamicRef"),
        "$dynamicRef is not supported",
    ),
    "a schema of another draft": (
        lambda document: message(document).update({"$schema": "http://json-schema.org/draft-07/schema#"}),
        (*MESSAGE, "$schema"),
        "a schema of a dialect other than JSON Schema 2020-12",
    ),
    "a recursive schema": (
        refer("#/components/schemas/ChatRequest"),
        MESSAGE,
        "does not allow values of type string",
    ),
    "a $ref to itself": (
        lambda document: schemas(document).update(Item={"$ref": "#/components/schemas/Item"}),
        (*SCHEMA, "Item", "$ref"),
        "reference to itself",
    ),
    "two schemas that refer to each other": (
        lambda document: schemas(document).update(
            Item={"$ref": "#/components/schemas/B"}, B={"$ref": "#/components/schemas/Item"}
        ),
        None,
        "reference to itself",
    ),
    "references that multiply each other": (multiply, None, "values when its own references are expanded"),
    "schemas nested too deep to check": (nest, (), "the document is nested too deeply to check"),
    "a chain of references too long to follow": (chain, (), "the document is nested too deeply to check"),
    "an unknown type": (
        lambda document: message(document).update(type="text"),
        (*MESSAGE, "type"),
        "invalid JSON Schema",
    ),
    "an invalid pattern": (
        lambda document: message(document).update(pattern="("),
        (*MESSAGE, "pattern"),
        "invalid JSON Schema",
    ),
    "a negative length": (
        lambda document: message(document).update(minLength=-1),
        (*MESSAGE, "minLength"),
        "invalid JSON Schema",
    ),
    "a schema that is a string": (
        lambda document: schemas(document).update(Item="text"),
        (*SCHEMA, "Item"),
        "invalid JSON Schema",
    ),
    "no title": (lambda document: document["info"].pop("title"), ("info",), "invalid OpenAPI document"),
    "a response without a description": (
        lambda document: post(document)["responses"]["401"].pop("description"),
        (*OPERATION, "responses", "401"),
        "invalid OpenAPI document",
    ),
    "a parameter with an unknown place": (
        lambda document: post(document).update(parameters=[{"name": "a", "in": "soul", "schema": {}}]),
        None,
        "invalid OpenAPI document",
    ),
    "examples that are a list": (
        lambda document: post(document)["requestBody"]["content"]["application/json"].update(examples=[1]),
        (*BODY, "application/json", "examples"),
        "invalid OpenAPI document",
    ),
    "a server without a url": (
        lambda document: document.update(servers=[{"description": "none"}]),
        ("servers", 0),
        'the first server has no "url"',
    ),
    "no operation": (
        lambda document: document["paths"].update({"/chat": {}}),
        ("paths",),
        "expected exactly one chat operation, found 0",
    ),
    "two operations of one name": (
        lambda document: document["paths"].update({"/talk": {"put": post(document)}}),
        ("paths",),
        "expected exactly one chat operation, found 2",
    ),
    "two posts and no name": (
        lambda document: document["paths"].update(
            {
                "/chat": {"post": {**post(document), "operationId": "a"}},
                "/v2/chat": {"post": {**post(document), "operationId": "b"}},
            }
        ),
        ("paths",),
        "expected exactly one chat operation, found 2",
    ),
    "no requestBody": (
        lambda document: post(document).pop("requestBody"),
        (*OPERATION, "requestBody"),
        'the operation has no "requestBody"',
    ),
    "no responses": (
        lambda document: post(document).pop("responses"),
        (*OPERATION, "responses"),
        'the operation has no "responses"',
    ),
    "no 200": (
        lambda document: post(document)["responses"].pop("200"),
        (*OPERATION, "responses"),
        "no schema for status 200",
    ),
    "no 422": (
        lambda document: post(document)["responses"].pop("422"),
        (*OPERATION, "responses"),
        "no schema for status 422",
    ),
    "a body that is not JSON": (
        lambda document: post(document)["requestBody"].update(content={"text/plain": {}}),
        BODY,
        "no schema for application/json",
    ),
    "a body without a schema": (
        lambda document: post(document)["requestBody"]["content"]["application/json"].pop("schema"),
        BODY,
        "no schema for application/json",
    ),
    "a request example that violates its schema": (
        lambda document: document["components"]["examples"]["Gift"]["value"].update(message=5),
        (*EXAMPLES, "Gift", "value", "message"),
        'example "gift" does not conform to its schema',
    ),
    "a request example without the required field": (
        lambda document: document["components"]["examples"]["Gift"]["value"].clear(),
        (*EXAMPLES, "Gift", "value"),
        'example "gift" does not conform to its schema',
    ),
    "a request example with an invalid date": (
        lambda document: document["components"]["examples"]["WithEvents"]["value"]["events"][0].update(
            timestamp="2024-02-30T10:00:00Z"
        ),
        (*EXAMPLES, "WithEvents", "value", "events", 0, "timestamp"),
        'example "with_events" does not conform to its schema',
    ),
    "a response example that violates its schema": (
        lambda document: document["components"]["examples"]["NoItems"]["value"].update(items=None),
        (*EXAMPLES, "NoItems", "value", "items"),
        'example "no_items" does not conform to its schema',
    ),
    "a 422 example that violates its schema": (
        lambda document: document["components"]["examples"]["MessageMissing"]["value"]["detail"][0].pop("msg"),
        (*EXAMPLES, "MessageMissing", "value", "detail", 0),
        'example "message_missing" does not conform to its schema',
    ),
    "an inline example": (
        lambda document: post(document)["requestBody"]["content"]["application/json"].update(
            examples={"here": {"value": {"message": None}}}
        ),
        (*BODY, "application/json", "examples", "here", "value", "message"),
        'example "here" does not conform to its schema',
    ),
    "an example without a value": (
        lambda document: document["components"]["examples"].update(Gift={"summary": "nothing"}),
        (*EXAMPLES, "Gift"),
        'example "gift" has no "value"',
    ),
}


@pytest.mark.parametrize("case", FAULTY)
def test_error_in_a_contract_has_its_pointer_and_problem(case: str, write: Write) -> None:
    change, pointer, problem = FAULTY[case]
    document = contract_with(change)
    path = write(document)
    error = load_error(path)
    assert error.path == str(path)
    assert problem in error.problem
    if pointer is not None:
        assert error.pointer == pointer
    assert "\n" not in error.problem


@pytest.mark.parametrize("case", ["an unknown type", "a request example that violates its schema"])
def test_error_in_a_contract_has_the_line_of_its_place(case: str, write: Write) -> None:
    change, pointer, _ = FAULTY[case]
    document = contract_with(change)
    error = load_error(write(document))
    assert error.value == at(document, pointer)
    written = json.dumps(document, indent=1).splitlines()[error.line - 1]
    assert f'"{pointer[-1]}": {json.dumps(error.value)}' in written


def test_loading_opens_no_connection(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*arguments: Any, **named: Any) -> None:
        pytest.fail(f"a connection to {arguments}")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)
    load_error(write(contract_with(refer("https://example.com/a.json"))))
    load_contract(write(contract_with(lambda document: document.update(externalDocs={"url": "https://example.com"}))))


# What is right -------------------------------------------------------------------------------------------------------

RIGHT: dict[str, Change] = {
    "as shipped": lambda document: None,
    "without examples": lambda document: (
        document["components"].pop("examples")
        and post(document)["requestBody"]["content"]["application/json"].pop("examples")
        and [
            answer["content"]["application/json"].pop("examples")
            for answer in post(document)["responses"].values()
            if "content" in answer
        ]
    ),
    "a recursive schema that the operation does not use": lambda document: schemas(document).update(
        Tree={"properties": {"child": {"$ref": "#/components/schemas/Tree"}}}
    ),
    "another operation": lambda document: document["paths"].update(
        {"/items": {"post": {"responses": {"200": {"description": "Items."}}}}}
    ),
    "the only post under another name": lambda document: post(document).update(operationId="take_turn"),
    "a default response": lambda document: post(document)["responses"].update(default={"description": "Other."}),
    "a referenced body": lambda document: (
        document["components"].update(requestBodies={"Chat": post(document)["requestBody"]}),
        post(document).update(requestBody={"$ref": "#/components/requestBodies/Chat"}),
    ),
    "a referenced response": lambda document: (
        document["components"].update(responses={"Wrong": post(document)["responses"]["422"]}),
        post(document)["responses"].update({"422": {"$ref": "#/components/responses/Wrong"}}),
    ),
    "a $ref with a description": lambda document: schemas(document)["ChatResponse"]["properties"]["items"].update(
        items={"$ref": "#/components/schemas/Item", "description": "One item."}
    ),
    "a $ref with constraints": lambda document: schemas(document)["ChatResponse"]["properties"]["items"].update(
        items={"$ref": "#/components/schemas/Item", "minProperties": 2}
    ),
    "a $ref inside an example": lambda document: document["components"]["examples"]["SeveralItems"]["value"].update(
        extra={"$ref": "#/nowhere"}
    ),
    "no default limit": lambda document: schemas(document)["ChatRequest"]["properties"]["limit"].pop("default"),
}


@pytest.mark.parametrize("case", RIGHT)
def test_other_valid_contracts_load(case: str, write: Write) -> None:
    contract = load_contract(write(contract_with(RIGHT[case])))
    assert classify(contract, say()).request_class is RequestClass.MUST_ACCEPT
    assert violated(contract, say(), reply()) == set()


def test_siblings_of_a_reference_apply(write: Write) -> None:
    contract = load_contract(write(contract_with(RIGHT["a $ref with constraints"])))
    validator = contract.response_validators[200]
    body = {"conversation_id": "a", "message": "b"}
    assert validator.is_valid(body | {"items": [ITEM]})
    assert not validator.is_valid(body | {"items": [{"item_id": "A1"}]})
    assert not validator.is_valid(body | {"items": [{"title": "Desk", "price": "1"}]})


def test_without_a_default_limit_any_number_of_items_conforms(write: Write) -> None:
    contract = load_contract(write(contract_with(RIGHT["no default limit"])))
    items = [ITEM | {"item_id": f"A{number}"} for number in range(9)]
    assert violated(contract, say(), reply(items=items)) == set()


def test_field_removed_by_an_overlay_is_an_unknown_property(write: Write) -> None:
    overlay = write(overlay_of({"target": f"{REQUEST}.events", "remove": True}))
    contract = load_contract(overlays=[overlay])
    assert classify(contract, say(events=[])).request_class is RequestClass.MUST_ACCEPT
    assert violated(contract, say(events=[]), reply()) == set()
    assert violated(contract, say(), reply()) == set()


# Overlays of the user's ----------------------------------------------------------------------------------------------


def loaded(write: Write, *actions: Any) -> Contract:
    return load_contract(overlays=[write(overlay_of(*actions))])


def test_overlay_narrows_the_limit_but_not_the_must_accept_set(write: Write) -> None:
    contract = loaded(write, update(f"{REQUEST}.limit", {"maximum": 20}))
    classes = {limit: classify(contract, say(limit=limit)).request_class for limit in (1, 10, 11, 20, 21, 10**9)}
    assert classes == {
        1: RequestClass.MUST_ACCEPT,
        10: RequestClass.MUST_ACCEPT,
        11: RequestClass.DOCUMENTED,
        20: RequestClass.DOCUMENTED,
        21: RequestClass.MUST_REJECT,
        10**9: RequestClass.MUST_REJECT,
    }


def test_overlay_limit_below_the_must_accept_maximum_wins(write: Write) -> None:
    contract = loaded(write, update(f"{REQUEST}.limit", {"maximum": 5}))
    assert classify(contract, say(limit=5)).request_class is RequestClass.MUST_ACCEPT
    assert classify(contract, say(limit=6)).request_class is RequestClass.MUST_REJECT


def test_overlay_changes_the_default_limit(write: Write) -> None:
    contract = loaded(write, update(f"{REQUEST}.limit", {"default": 1}))
    assert violated(contract, say(), reply(items=[ITEM, ITEM | {"item_id": "A2"}])) == {"limit.default"}


def test_overlay_does_not_widen_the_must_accept_set(write: Write) -> None:
    contract = loaded(write, update(f"{REQUEST}", {"locale": {"type": "string"}}))
    assert classify(contract, say(locale="de")).request_class is RequestClass.DOCUMENTED
    assert classify(contract, say(locale=5)).request_class is RequestClass.MUST_REJECT


def test_overlay_changes_the_server_url(write: Write) -> None:
    contract = loaded(write, update("$.servers[0]", {"url": "https://shop.example/api/v2/"}))
    assert contract.operation.server_url == "https://shop.example/api/v2/"
    assert contract.operation.base_path == "/api/v2"


def test_overlay_changes_the_path(write: Write) -> None:
    contract = loaded(
        write,
        update("$.paths", {"/talk": {}}),
        {"target": "$.paths['/talk']", "copy": "$.paths['/chat']"},
        {"target": "$.paths['/chat']", "remove": True},
    )
    assert contract.operation.label == "POST /talk"
    assert violated(contract, say(), reply()) == {"http.unknown-path"}


def test_overlays_apply_in_order(write: Write) -> None:
    first = write(overlay_of(update(f"{REQUEST}.limit", {"maximum": 20})), "first.yaml")
    second = write(overlay_of(update(f"{REQUEST}.limit", {"maximum": 30})), "second.yaml")
    assert classify(load_contract(overlays=[first, second]), say(limit=25)).request_class is RequestClass.DOCUMENTED
    assert classify(load_contract(overlays=[second, first]), say(limit=25)).request_class is RequestClass.MUST_REJECT


def test_overlays_do_not_change_the_shipped_contract(write: Write, contract: Contract) -> None:
    before = json.dumps(dict(contract.document))
    loaded(write, {"target": f"{REQUEST}.limit", "remove": True}, update(REQUEST, {"limit": {"type": "integer"}}))
    assert json.dumps(dict(load_contract().document)) == before


BAD_OVERLAYS: dict[str, tuple[Any, str]] = {
    "an invalid example": (update(f"{REQUEST}.limit", {"maximum": 1}), 'example "few_items" does not conform'),
    "no paths left": ({"target": "$.paths", "remove": True}, '"paths" is missing'),
    "no operation left": ({"target": POST, "remove": True}, "expected exactly one chat operation, found 0"),
    "a second operation": (
        update("$.paths", {"/b": {"post": {"operationId": "chat"}}}),
        "expected exactly one chat operation, found 2",
    ),
    "a reference without a target": (update(REQUEST, {"a": {"$ref": "#/b"}}), "reference without a target"),
    "an invalid pattern": (update(f"{REQUEST}.message", {"pattern": "["}), "invalid JSON Schema"),
    "no 422 left": ({"target": f"{POST}.responses['422']", "remove": True}, "no schema for status 422"),
    "a string for the schemas": (
        update("$.components", {"schemas": "none"}),
        "cannot merge into a value of another type",
    ),
}


@pytest.mark.parametrize("case", BAD_OVERLAYS)
def test_overlay_that_makes_the_contract_invalid_raises_an_error(case: str, write: Write) -> None:
    action, problem = BAD_OVERLAYS[case]
    with pytest.raises(DocumentError, match=problem):
        loaded(write, action)


# Anything ------------------------------------------------------------------------------------------------------------

CHAT = (openapi_dir() / "chat.yaml").read_text(encoding="utf-8")
CUTS = [index for index, character in enumerate(CHAT) if character == "\n"]


REQUESTS = (
    say(),
    say(events=[EVENT], limit=3, user_id="u", session_id="s"),
    say(events=[{}]),
    say(limit=-1),
    ask({}),
    ask("[]"),
    ask("{"),
)
ANSWERS = (reply(items=[ITEM, {}]), reject(["message"], ["events", 0, "type"]), response(422, {}), response(500))


def load_or_raise(spec: Path | None, *overlays: Path) -> None:
    """Load a contract; an error must have a hint, and a loaded contract must judge every exchange."""
    try:
        contract = load_contract(spec, overlays)
    except DocumentError as error:
        text = str(error)
        assert "hint:" in text, text
        return
    for request in REQUESTS:
        for outcome in ANSWERS:
            violated(contract, request, outcome)


@given(st.sampled_from(CUTS))
@examples(40)
def test_truncated_contract_loads_or_raises_a_document_error(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "cut.yaml"
    path.write_text(CHAT[:cut], encoding="utf-8")
    load_or_raise(path)


def anywhere(value: Any, pointer: Pointer = ()) -> list[Pointer]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, child in children for place in ((*pointer, key), *anywhere(child, (*pointer, key)))]


SPOTS = [place for place in anywhere(contract_with(lambda document: None)) if "x-provenance" not in place]
JUNK = [None, True, -1, 0.5, "", "text", [], {}, ["a"], {"a": "b"}, {"$ref": "#/components/schemas/Event"}, {"$ref": 5}]


@given(st.sampled_from(SPOTS), st.sampled_from(JUNK))
@examples(60)
def test_contract_with_a_random_value_loads_or_raises_a_document_error(
    tmp_path: Path, spot: Pointer, junk: Any
) -> None:
    document = contract_with(lambda whole: at(whole, spot[:-1]).__setitem__(spot[-1], junk))
    path = tmp_path / "junk.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    load_or_raise(path)


@given(st.sampled_from(SPOTS), st.sampled_from(JUNK), st.booleans())
@examples(60)
def test_any_removal_or_replacement_loads_or_raises_a_document_error(
    tmp_path: Path, spot: Pointer, junk: Any, remove: bool
) -> None:
    target = "$" + "".join(f"[{part!r}]" for part in spot)
    actions = [{"target": target, "remove": True}]
    if not remove and isinstance(spot[-1], str):
        parent = "$" + "".join(f"[{part!r}]" for part in spot[:-1])
        actions.append({"target": parent, "update": {spot[-1]: junk}})
    path = tmp_path / "overlay.json"
    path.write_text(json.dumps(overlay_of(*actions)), encoding="utf-8")
    load_or_raise(None, path)


# Clauses -------------------------------------------------------------------------------------------------------------


def test_clauses_load_without_the_contract(contract: Contract) -> None:
    assert load_clauses() == contract.clauses
    assert Clause("reply.item", "must", "…", "chat").group == "reply"
