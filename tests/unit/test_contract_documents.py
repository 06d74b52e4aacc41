"""The shipped documents state the facts with their sources, and agree with each other and with the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from chat_contract import Contract, Question, Request, RequestClass, classify, load_contract, read_source
from chat_contract.conformance import RULES
from chat_contract.document.openapi import check_document
from chat_contract.document.references import check_references
from chat_contract.history import Conversation, History
from chat_contract.loading import check_contract
from chat_contract.resources import openapi_dir

SOURCE = read_source(openapi_dir() / "chat.yaml")
DOCUMENT: dict[str, Any] = SOURCE.value
POST: dict[str, Any] = DOCUMENT["paths"]["/chat"]["post"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
PAGES = {"chat", "overview", "authentication"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


# The contract ---------------------------------------------------------------------------------------------------------


def test_the_contract_is_valid_openapi() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_shipped_contract_loads_as_a_user_document(contract: Contract) -> None:
    assert load_contract(openapi_dir() / "chat.yaml").schemas == contract.schemas


# The facts of the vendor's pages. field: (JSON type, required).
FACTS: dict[str, dict[str, tuple[str, bool]]] = {
    "ChatRequest": {
        "message": ("string", True),
        "conversation_id": ("string", False),
        "session_id": ("string", False),
        "user_id": ("string", False),
        "events": ("array", False),
        "limit": ("integer", False),
    },
    "Event": {
        "timestamp": ("string", True),
        "type": ("string", True),
        "item_id": ("string", False),
        "description": ("string", False),
    },
    "ChatResponse": {"conversation_id": ("string", True), "message": ("string", True), "items": ("array", True)},
    "ValidationError": {
        "loc": ("array", True),
        "msg": ("string", True),
        "type": ("string", True),
        "input": ("", False),
        "ctx": ("object", False),
    },
    "HTTPValidationError": {"detail": ("array", False)},
}


@pytest.mark.parametrize("name", FACTS)
def test_a_schema_has_the_documented_fields(name: str) -> None:
    schema = SCHEMAS[name]
    required = schema.get("required", [])
    found = {field: (rule.get("type", ""), field in required) for field, rule in schema["properties"].items()}
    assert found == FACTS[name]
    assert list(found) == list(FACTS[name])
    assert "additionalProperties" not in schema


def test_an_item_has_the_fields_of_the_example() -> None:
    assert list(SCHEMAS["Item"]["properties"]) == ["item_id", "title", "status", "description", "price"]
    assert all("string" in rule["type"] for rule in SCHEMAS["Item"]["properties"].values())


def test_components_refer_to_each_other() -> None:
    assert SCHEMAS["ChatRequest"]["properties"]["events"]["items"] == {"$ref": "#/components/schemas/Event"}
    assert SCHEMAS["ChatResponse"]["properties"]["items"]["items"] == {"$ref": "#/components/schemas/Item"}
    assert SCHEMAS["HTTPValidationError"]["properties"]["detail"]["items"] == {
        "$ref": "#/components/schemas/ValidationError"
    }


def test_default_limit_is_four() -> None:
    assert SCHEMAS["ChatRequest"]["properties"]["limit"]["default"] == 4


def test_server_and_operation_are_documented(contract: Contract) -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == ["https://api.sequen.com/v1"]
    assert {path: sorted(set(item)) for path, item in DOCUMENT["paths"].items()} == {"/chat": ["post"]}
    assert (contract.operation.label, contract.operation.base_path) == ("POST /chat", "/v1")


def test_either_credential_is_sufficient() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"]
    facts = [
        {key: scheme[key] for key in ("type", "scheme", "in", "name") if key in scheme} for scheme in schemes.values()
    ]
    assert facts == [{"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "header", "name": "X-API-Key"}]
    assert DOCUMENT["security"] == [{name: []} for name in schemes]


def test_responses_are_documented() -> None:
    assert set(POST["responses"]) == {"200", "401", "422", "429"}
    for status, schema in (("200", "ChatResponse"), ("422", "HTTPValidationError")):
        assert POST["responses"][status]["content"] == {
            "application/json": {
                "schema": {"$ref": f"#/components/schemas/{schema}"},
                "examples": POST["responses"][status]["content"]["application/json"]["examples"],
            }
        }
    assert set(POST["responses"]["429"]["headers"]) == {"Retry-After"}
    assert set(POST["requestBody"]["content"]) == {"application/json"}
    assert POST["requestBody"]["required"] is True


DOCUMENTED_REQUEST = {
    "message": "Which desk would you recommend for heavy tools?",
    "conversation_id": "c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f",
    "session_id": "2f396d29-fb98-44cf-996c-e8c66fc02fbe",
    "user_id": "u8a7d9f6",
    "events": [
        {
            "timestamp": "2024-06-14T10:00:00Z",
            "type": "browse",
            "item_id": "ST678VG",
            "description": "Viewed workshop desk details page",
        },
        {
            "timestamp": "2024-06-14T10:03:00Z",
            "type": "click",
            "item_id": "ST678VG",
            "description": "Clicked on product image",
        },
    ],
}
DOCUMENTED_RESPONSE = {
    "conversation_id": "9b022f99-358e-4041-904d-abb9bd15731a",
    "message": "Here are some great gift ideas for your dad.",
    "items": [
        {
            "item_id": "ST678VG",
            "title": "Itelio workshop desk",
            "status": "active",
            "description": "Solid wood workshop desk for the discerning customer.",
            "price": "999.99",
        }
    ],
}


def test_documented_examples_are_verbatim(contract: Contract) -> None:
    assert contract.request_examples["documented"] == DOCUMENTED_REQUEST
    assert contract.response_examples[200]["documented"] == DOCUMENTED_RESPONSE
    assert contract.request_examples["gift"] == {"message": "I am looking for a birthday gift for my dad"}


def test_important_cases_have_examples(contract: Contract) -> None:
    requests, replies = contract.request_examples, contract.response_examples[200]
    assert any(set(example) == {"message"} for example in requests.values())
    assert any("conversation_id" in example and len(example) == 2 for example in requests.values())
    assert any("events" in example for example in requests.values())
    assert {0, 1, 2} <= {len(example["items"]) for example in replies.values()}
    kinds = {entry["type"] for example in contract.response_examples[422].values() for entry in example["detail"]}
    assert kinds >= {"missing", "string_type", "int_parsing", "int_from_float", "list_type", "model_attributes_type"}
    assert "json_invalid" in kinds


def test_every_component_is_used() -> None:
    text = (openapi_dir() / "chat.yaml").read_text(encoding="utf-8")
    for kind in ("schemas", "examples"):
        for name in DOCUMENT["components"][kind]:
            assert name == "ChatRequest" or f"'#/components/{kind}/{name}'" in text


# Provenance -----------------------------------------------------------------------------------------------------------

# FastAPI generates these two schemas; each has one provenance for all of its properties.
GENERATED = {"HTTPValidationError", "ValidationError"}


def constraints() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every part of the contract that states a constraint, with its name."""
    yield "info", DOCUMENT["info"]
    yield from ((f"server {server['url']}", server) for server in DOCUMENT["servers"])
    yield "POST /chat", POST
    yield "its body", POST["requestBody"]
    for status, response in POST["responses"].items():
        yield f"answer {status}", response
        yield from ((f"header {name}", header) for name, header in response.get("headers", {}).items())
    for kind in ("securitySchemes", "schemas", "examples"):
        yield from ((f"{kind} {name}", part) for name, part in DOCUMENT["components"][kind].items())
    for name, schema in SCHEMAS.items():
        if name not in GENERATED:
            yield from ((f"{name}.{field}", rule) for field, rule in schema["properties"].items())


@pytest.mark.parametrize(("name", "part"), list(constraints()), ids=[name for name, _ in constraints()])
def test_every_constraint_has_a_provenance(name: str, part: dict[str, Any]) -> None:
    entries = part["x-provenance"]
    assert entries
    for entry in entries:
        if "documented" in entry:
            assert set(entry) == {"documented", "states"}
            assert entry["documented"] in PAGES
            assert entry["states"]
        else:
            assert set(entry) == {"inferred"}
            assert len(entry["inferred"]) > 10


# Keywords that restrict more than the documented type; their provenance must be inferred.
INFERENCES = {"minimum", "maximum", "minLength", "maxLength", "pattern", "format", "enum", "minItems", "maxItems"}


@pytest.mark.parametrize("name", sorted(SCHEMAS.keys() - GENERATED))
def test_undocumented_keyword_has_an_inferred_provenance(name: str) -> None:
    for field, rule in SCHEMAS[name]["properties"].items():
        inferred = any("inferred" in entry for entry in rule["x-provenance"] + SCHEMAS[name]["x-provenance"])
        narrowed = INFERENCES & set(rule) or "null" in rule["type"]
        assert inferred or not narrowed, field


@pytest.mark.parametrize("overlay", ["must-accept", "may-accept"])
def test_every_overlay_action_has_a_description(overlay: str) -> None:
    source = read_source(openapi_dir() / "overlays" / f"{overlay}.yaml")
    assert source.value["overlay"] == "1.1.0"
    assert all(action["description"].strip() for action in source.value["actions"])
    assert (source.path.parent / source.value["extends"]).resolve() == SOURCE.path.resolve()


# The sets -------------------------------------------------------------------------------------------------------------

SETS = ("must-accept", "documented", "may-accept")


@pytest.fixture(scope="module")
def canonical(contract: Contract) -> dict[str, jsonschema_rs.CanonicalSchema]:
    return {
        name: jsonschema_rs.canonicalize(without_own_format(schema), validate_formats=True)
        for name, schema in contract.schemas.items()
    }


def without_own_format(schema: Any) -> Any:
    """Return a wider schema, without the format that only the kit knows."""
    if isinstance(schema, dict):
        return {key: without_own_format(value) for key, value in schema.items() if value != "non-blank"}
    return [without_own_format(each) for each in schema] if isinstance(schema, list) else schema


@pytest.mark.parametrize(("inner", "outer"), [(SETS[0], SETS[1]), (SETS[1], SETS[2]), (SETS[0], SETS[2])])
def test_each_set_is_a_strict_subset_of_the_next(
    canonical: dict[str, jsonschema_rs.CanonicalSchema], inner: str, outer: str
) -> None:
    assert str(canonical[outer].covers(canonical[inner])) == "yes"
    assert str(canonical[inner].covers(canonical[outer])) == "no"


@pytest.mark.parametrize("name", SETS)
def test_no_set_is_empty_or_universal(canonical: dict[str, jsonschema_rs.CanonicalSchema], name: str) -> None:
    assert str(canonical[name].covers(jsonschema_rs.canonicalize(True, validate_formats=True))) == "no"
    assert str(jsonschema_rs.canonicalize(False, validate_formats=True).covers(canonical[name])) == "no"


def test_every_pattern_of_a_date_time_has_the_format(contract: Contract) -> None:
    timestamp = contract.schemas["must-accept"]["properties"]["events"]["items"]["properties"]["timestamp"]
    assert timestamp["format"] == "date-time"
    assert "pattern" in timestamp


def patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        for child in value.values():
            yield from patterns(child)
    elif isinstance(value, list):
        for child in value:
            yield from patterns(child)


@pytest.mark.parametrize("name", SETS)
def test_patterns_match_the_same_strings_in_every_regex_dialect(contract: Contract, name: str) -> None:
    for pattern in patterns(contract.schemas[name]):
        assert not re.search(r"\\[dwsDWSbBAZz]|\(\?", pattern), pattern


def test_request_examples_are_must_accept_with_an_issued_conversation(contract: Contract) -> None:
    for example in contract.request_examples.values():
        bare = {key: value for key, value in example.items() if key != "conversation_id"}
        assert contract.validators["must-accept"].is_valid(bare)


# Clauses --------------------------------------------------------------------------------------------------------------


def test_clauses_and_rules_correspond(contract: Contract) -> None:
    ruled = [rule.clause for rule in RULES]
    assert sorted(ruled) == sorted(contract.clauses)
    assert len(ruled) == len(set(ruled))


def test_clauses_are_ordered_by_group(contract: Contract) -> None:
    groups = [clause.group for clause in contract.clauses.values()]
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)


def test_the_requirement_of_a_clause_is_one_sentence(contract: Contract) -> None:
    sentences = [clause.requirement for clause in contract.clauses.values()]
    assert len(set(sentences)) == len(sentences)
    assert all(re.fullmatch(r"[A-Z][^\n]{10,130}\.", sentence) for sentence in sentences)


def test_every_clause_has_a_known_source(contract: Contract) -> None:
    assert {clause.source for clause in contract.clauses.values()} <= PAGES | {"http", "json", "sense"}
    # A clause without a documented source is not a MUST.
    assert all(clause.level != "must" for clause in contract.clauses.values() if clause.source == "sense")


LEVELS = {
    "should": {
        *("request.unknown-conversation", "request.charset", "request.documented", "rejection.malformed-422"),
        *("error.loc-body", "error.loc-index"),
        *("reply.message-blank", "reply.item-example", "reply.item-price", "reply.item-twice", "limit.negative"),
        *("rejection.lenient-json", "conversation.no-copy", "conversation.not-found"),
        *("http.methods", "http.methods-accepted", "http.methods-failing", "http.unknown-path", "http.chunked"),
        *("robustness.deep", "robustness.beyond-i-json", "latitude.repeatable"),
    },
    "observed": {
        *("error.all-faults", "error.missing-type", "limit.coerced", "conversation.uuid-spelling"),
        "robustness.beyond-i-json-echoed",
    },
}


def test_clauses_have_their_agreed_levels(contract: Contract) -> None:
    for clause in contract.clauses.values():
        expected = next((level for level, names in LEVELS.items() if clause.id in names), "must")
        assert clause.level == expected, clause.id
    assert set().union(*LEVELS.values()) <= set(contract.clauses)


# Open questions -------------------------------------------------------------------------------------------------------

QUESTIONS = load_contract().questions


def repeated(value: Any, times: int) -> Any:
    return value * times if isinstance(value, list | str) else value


def asking(question: Question) -> tuple[Request, History]:
    """Return a request that raises the question, and the history that it needs."""
    headers = (("Content-Type", "application/json"),)
    history = History()
    body: dict[str, Any] = {"message": "A desk"}
    if question.about_media_type:
        headers = () if question.media_type is None else (("Content-Type", question.media_type),)
    elif question.other_user:
        history.conversations["c"] = Conversation(user="ann")
        body |= {"conversation_id": "c", "user_id": "bob"}
    else:
        body |= {name: repeated(value, question.times) for name, value in (question.ask or {}).items()}
        body = {name: value for name, value in body.items() if name not in question.without}
    return Request("POST", "/chat", headers, json.dumps(body).encode()), history


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_example_of_a_question_raises_that_question_only(contract: Contract, question: Question) -> None:
    request, history = asking(question)
    found = classify(contract, request, history)
    assert found.questions == {question.id}
    assert found.request_class in {RequestClass.DOCUMENTED, RequestClass.MAY_ACCEPT}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_every_question_is_a_question_with_answers(question: Question) -> None:
    assert question.text.endswith("?")
    assert len(question.answers) >= 2
    assert len(set(question.answers)) == len(question.answers)
    assert "rejected" in question.answers


def test_must_accept_requests_raise_no_question(contract: Contract) -> None:
    request = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message": "A desk", "limit": 4}')
    assert classify(contract, request).questions == frozenset()


def test_shipped_documents_pass_the_checks_of_user_documents(contract: Contract) -> None:
    check_references(DOCUMENT, contract.source)
    check_document(contract.source)
    check_contract(contract)
