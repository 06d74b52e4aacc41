"""The kinds of objects of an OpenAPI document and their fields, as far as the gate reads them."""

from __future__ import annotations

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

Shape = str | list[str] | set[str]
"""Type of a field: a kind of value, a list of them, or a mapping whose values are of that kind."""

_PARAMETER: dict[str, Shape] = {
    "required": "boolean", "deprecated": "boolean", "allowEmptyValue": "boolean", "style": "string",
    "explode": "boolean", "allowReserved": "boolean", "schema": "schema", "content": {"media type"},
    "examples": {"example"}, "description": "text",
}  # fmt: skip

FIELDS: dict[str, dict[str, Shape]] = {
    "document": {
        "info": "info", "jsonSchemaDialect": "string", "servers": ["server"], "paths": {"path item"},
        "webhooks": {"path item"}, "components": "components", "security": ["requirement"],
    },
    "info": {"title": "text", "version": "string", "description": "text"},
    "server": {"url": "string", "description": "text", "variables": {"server variable"}},
    "server variable": {"enum": ["string"], "default": "string"},
    "path item": {**dict.fromkeys(METHODS, "operation"), "additionalOperations": {"operation"}, "servers": ["server"],
                  "parameters": ["parameter"]},
    "operation": {
        "tags": ["string"], "summary": "text", "description": "text", "operationId": "string",
        "parameters": ["parameter"], "requestBody": "request body", "responses": {"response"},
        "callbacks": {"callback"}, "deprecated": "boolean", "security": ["requirement"], "servers": ["server"],
    },
    "parameter": {"name": "string", "in": "string", **_PARAMETER},
    "header": _PARAMETER,
    "request body": {"content": {"media type"}, "required": "boolean", "description": "text"},
    "media type": {"schema": "schema", "itemSchema": "schema", "examples": {"example"}, "encoding": {"encoding"}},
    "encoding": {"contentType": "string", "headers": {"header"}, "style": "string", "explode": "boolean",
                 "allowReserved": "boolean"},
    "response": {"description": "text", "headers": {"header"}, "content": {"media type"}, "links": {"link"}},
    "components": {},
    "security scheme": {"type": "string", "name": "string", "in": "string", "scheme": "string", "flows": {"flow"},
                        "openIdConnectUrl": "string"},
    "flow": {"authorizationUrl": "string", "tokenUrl": "string", "refreshUrl": "string", "scopes": {"any"}},
    "example": {}, "link": {},
}  # fmt: skip

COMPONENTS: dict[str, str] = {
    "schemas": "schema", "responses": "response", "parameters": "parameter", "examples": "example",
    "requestBodies": "request body", "headers": "header", "securitySchemes": "security scheme", "links": "link",
    "callbacks": "callback", "pathItems": "path item", "mediaTypes": "media type",
}  # fmt: skip

REQUIRED: dict[str, dict[str, object]] = {
    "server": {"url": "/"},
    "request body": {"content": {}},
    "security scheme": {"type": "unknown"},
}
"""Fields that must be there, with what a missing one is read as."""

NEEDED: dict[str, tuple[str, ...]] = {"parameter": ("name", "in")}
"""Fields without which an object means nothing."""

FORESEEN = frozenset({"parameter", "header", "request body", "response", "schema", "path item", "callback",
                      "security scheme", "example", "link"})  # fmt: skip
"""Kinds of objects in place of which the specification allows a reference."""

FOLLOWED = FORESEEN | {"media type", "operation"}
"""Kinds of objects whose readers follow a reference; one in place of another kind is replaced by its target."""

UNJUDGED = frozenset({"info", "server variable", "example", "link", "any"})
"""Kinds of values that decide nothing; one that cannot be read is left out."""

EXTENSIBLE = frozenset({"path item", "response", "flow", "operation"})
"""Kinds of values in mappings that may also hold ``x-`` extensions."""
