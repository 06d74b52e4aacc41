"""The OpenAPI document of the control API. Clients generate their types from it: ``GET /_mock/control.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chat_contract import __version__
from mock_server.control.journal_filter import FILTERS, Shown
from mock_server.http.messages import OWN_PREFIX
from mock_server.http.source import Fault, ReplySource
from mock_server.loading.status import Freshness
from mock_server.overrides.schema import rule_schema

_Schema = Mapping[str, Any]

_STRING: _Schema = {"type": "string"}
_INTEGER: _Schema = {"type": "integer"}
_NUMBER: _Schema = {"type": "number"}
_BOOLEAN: _Schema = {"type": "boolean"}
_TEXTS: _Schema = {"type": "object", "additionalProperties": _STRING}
_NULLABLE_STRING: _Schema = {"type": ["string", "null"]}


def _object(**properties: _Schema) -> _Schema:
    """Return the schema of an object that has exactly these properties."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


def _list(items: _Schema) -> _Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _open(required: Sequence[str], **properties: _Schema) -> _Schema:
    """Return the schema of an object of which only some properties are required."""
    return {"type": "object", "additionalProperties": False, "required": list(required), "properties": properties}


_HEALTH: _Schema = _open(
    ["status", "revision", "read_at", "errors"],
    status={"enum": [str(freshness) for freshness in Freshness]},
    revision=_INTEGER,
    read_at=_STRING,
    errors=_list(
        _object(
            file=_NULLABLE_STRING,
            line={"type": ["integer", "null"]},
            pointer=_STRING,
            problem=_STRING,
            value=_NULLABLE_STRING,
            hint=_STRING,
        )
    ),
    store=_object(
        status={"enum": ["ok", "unavailable"]},
        reason=_NULLABLE_STRING,
        address=_STRING,
        prefix=_STRING,
        replica=_STRING,
        replicas=_list(_STRING),
        differing=_list(_object(replica=_STRING, files=_list(_STRING))),
    ),
)
_SCHEMAS: Mapping[str, _Schema] = {
    "Document": {"type": "object"},
    "Health": _HEALTH,
    "Rule": rule_schema(),
    "Rules": _object(rules=_list(_ref("Rule"))),
    "Fault": _object(pointer=_STRING, keyword=_STRING, value={}, text=_STRING),
    "Violation": _object(clause=_STRING, level=_STRING, text=_STRING),
    "Verdict": _object(
        keeps_contract={"type": ["boolean", "null"]},
        request_class=_NULLABLE_STRING,
        reason=_NULLABLE_STRING,
        text=_NULLABLE_STRING,
        faults=_list(_ref("Fault")),
        more_faults=_INTEGER,
        violations=_list(_ref("Violation")),
    ),
    "Why": _open(
        ["source", "override", "text"],
        source={"enum": [str(source) for source in ReplySource]},
        override={"oneOf": [_object(name=_STRING, value=_STRING), {"type": "null"}]},
        text=_STRING,
        conversation=_STRING,
        turn=_INTEGER,
        not_matched=_list(
            _object(conversation=_STRING, turn=_INTEGER, cue=_STRING, missing=_list(_STRING), text=_STRING)
        ),
    ),
    "Request": _object(
        number=_INTEGER,
        time=_STRING,
        method=_STRING,
        path=_STRING,
        status=_INTEGER,
        seconds={"type": ["number", "null"]},
        preflight=_BOOLEAN,
        conversation_id=_NULLABLE_STRING,
        user_id=_NULLABLE_STRING,
        request=_object(headers=_TEXTS, body={}, truncated=_BOOLEAN),
        reply=_object(
            headers=_TEXTS,
            body={},
            truncated=_BOOLEAN,
            delay=_NUMBER,
            fault={"enum": [*map(str, Fault), None]},
        ),
        client_left=_BOOLEAN,
        verdict=_ref("Verdict"),
        why=_ref("Why"),
        notes=_list(_object(id=_STRING, text=_STRING)),
    ),
    "Requests": _object(requests=_list(_ref("Request")), dropped=_INTEGER),
    "Spaces": _object(spaces=_list(_object(name=_STRING, conversations=_INTEGER, requests=_INTEGER, rules=_INTEGER))),
    "Problem": {"type": "object", "required": ["detail"], "properties": {"detail": _STRING}},
}
_FILTER_SCHEMAS: Mapping[str, _Schema] = {
    "status": {"type": "string", "pattern": "^[1-9]([0-9]{2}|xx)$"},
    "verdict": {"enum": [str(shown) for shown in Shown]},
    "last": {"type": "integer", "minimum": 1},
    "preflights": _BOOLEAN,
}
_FILTER_TEXTS: Mapping[str, str] = {
    "conversation": "Entries of this conversation.",
    "user": "Entries with this user id.",
    "session": "Entries with this session id.",
    "message": "Entries whose message contains this text.",
    "body": "Entries whose body contains this text.",
    "method": "Entries with this method.",
    "path": "Entries with this path.",
    "status": "Entries with this status, such as 422, or class, such as 4xx.",
    "verdict": "Entries whose request conforms to the contract, violates it, or has no verdict.",
    "last": "Only the last N entries.",
    "preflights": "With true, also CORS preflights.",
}


def describe() -> dict[str, Any]:
    """Return the OpenAPI document of the control API."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Control API of chat-contract mock", "version": __version__},
        "servers": [{"url": OWN_PREFIX}],
        "paths": {
            "/health": {
                "get": _operation(
                    "health",
                    "Return whether the served version is up to date, when it was loaded, and the errors of the last "
                    "reload. With --store, also return the store and its replicas.",
                    "Health",
                )
            },
            "/openapi.json": {"get": _operation("contract", "Return the contract that is served.", "Document")},
            "/openapi.yaml": {
                "get": {
                    **_operation("contractAsYaml", "Return the contract that is served, as YAML.", None),
                    "responses": {"200": _content(_STRING, "Done.", "application/yaml")},
                }
            },
            "/control.json": {
                "get": _operation("controlApi", "Return the OpenAPI document of the control API.", "Document")
            },
            "/behaviour": {
                "get": _operation("listRules", "List the rules.", "Rules"),
                "put": _operation(
                    "replaceRules",
                    "Replace the rules with one rule, or with several in an object with the key rules.",
                    "Rules",
                    takes_rules=True,
                ),
                "post": _operation("addRules", "Append rules.", "Rules", takes_rules=True),
                "delete": _operation("deleteRules", "Delete the rules.", "Rules"),
            },
            "/behaviour/unused": {
                "get": _operation(
                    "listUnusedRules",
                    "List the rules that no request has used, except those with optional: true.",
                    "Rules",
                )
            },
            "/requests": {
                "get": {
                    **_operation("listRequests", "List the requests in the journal.", "Requests"),
                    "parameters": _filters(),
                },
                "delete": _operation("deleteRequests", "Delete the journal.", None),
            },
            "/requests/stream": {
                "get": {
                    **_operation("followRequests", "Stream the journal: one line of JSON for each new request.", None),
                    "parameters": _filters(),
                    "responses": {"200": _content(_STRING, "One Request per line.", "application/x-ndjson")},
                }
            },
            "/reset": {"post": _operation("reset", "Delete conversations, journal and rules.", None)},
            "/spaces": {"get": _operation("listSpaces", "List the spaces.", "Spaces")},
            "/spaces/{name}": {
                "delete": {**_operation("deleteSpace", "Delete a space.", None), "parameters": [_parameter("name")]}
            },
        },
        "components": {"schemas": dict(_SCHEMAS)},
    }


def _operation(name: str, summary: str, returns: str | None, *, takes_rules: bool = False) -> dict[str, Any]:
    success = {"204": {"description": "Done."}} if returns is None else {"200": _content(_ref(returns), "Done.")}
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {**success, "default": _content(_ref("Problem"), "The request is invalid or denied.")},
    }
    if takes_rules:
        body = {"oneOf": [_ref("Rules"), _ref("Rule")]}
        operation["requestBody"] = {"required": True, **_content(body, "One rule, or several.")}
    return operation


def _content(schema: _Schema, description: str, media_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _filters() -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "query",
            "description": _FILTER_TEXTS[name],
            "schema": _FILTER_SCHEMAS.get(name, _STRING),
        }
        for name in FILTERS
    ]


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": _STRING}
