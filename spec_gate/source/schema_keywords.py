"""The keywords of schemas by the kind of their value. Schemas of OpenAPI 3.0 know fewer of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spec_gate.source.place import Place

Handler = Callable[[dict[str, Any], str, Place], None]
"""Corrects the value of a keyword: the schema, the keyword, its place."""

ONE = frozenset({"not", "if", "then", "else", "items", "contains", "additionalProperties", "propertyNames",
                 "unevaluatedItems", "unevaluatedProperties"})  # fmt: skip
"""Keywords whose value is a schema."""

LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
"""Keywords whose value is a list of schemas."""

MAPS = frozenset({"properties", "patternProperties", "dependentSchemas"})
"""Keywords whose value is a mapping to schemas."""

NUMBERS = frozenset({"minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"})
COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
                    "maxContains"})  # fmt: skip
BOOLEANS = frozenset({"uniqueItems", "nullable", "readOnly", "writeOnly", "deprecated"})
TEXTS = frozenset({"format", "pattern", "contentMediaType", "contentEncoding"})

SAME_VALUE = frozenset({"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"})
"""Keywords whose schemas apply to the same value."""

UNIONS = ("oneOf", "anyOf")
"""Keywords whose alternatives a discriminator selects."""

COMPOSITION = frozenset({"allOf", "anyOf", "oneOf"})
"""Keywords beside which ``nullable`` of OpenAPI 3.0 means: or null."""

NOT_IN_3_0 = frozenset({"const", "if", "then", "else", "contains", "minContains", "maxContains", "prefixItems",
                        "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas",
                        "unevaluatedItems", "unevaluatedProperties", "contentMediaType",
                        "contentEncoding"})  # fmt: skip
"""Keywords that came with OpenAPI 3.1. A document of version 3.0 that uses them means them."""

TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})

TYPE_NAMES: dict[str, tuple[str | None, str | None]] = {
    "any": (None, None), "mixed": (None, None), "int": ("integer", None), "long": ("integer", None),
    "int32": ("integer", "int32"), "int64": ("integer", "int64"), "float": ("number", None),
    "double": ("number", None), "decimal": ("number", None), "numeric": ("number", None), "bool": ("boolean", None),
    "str": ("string", None), "text": ("string", None), "list": ("array", None), "map": ("object", None),
    "dict": ("object", None), "json": ("object", None), "hash": ("object", None), "none": ("null", None),
    "nil": ("null", None), "file": ("string", "binary"),
    **{name: ("string", name) for name in ("date", "date-time", "time", "uuid", "uri", "email", "binary", "byte",
                                           "password", "base64", "ipv4", "ipv6", "hostname")},
    "datetime": ("string", "date-time"), "timestamp": ("string", None), "url": ("string", "uri"),
    "guid": ("string", "uuid"), "enum": (None, None),
}  # fmt: skip
"""Names that authors write for a type, with the type and the format that they mean."""
