"""Oddities of documents: places that are not quite valid, and what each is read as."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spec_gate.source.place import Place


class Oddity(StrEnum):
    """What is odd about a place."""

    BESIDE_REFERENCE = "field-beside-reference"
    BOOLEAN_BOUND = "boolean-bound"
    BOOLEAN_SCHEMA = "boolean-schema"
    CIRCULAR = "circular-inheritance"
    COLLECTION = "wrong-collection"
    DISCRIMINATOR = "discriminator-as-text"
    DUPLICATE = "duplicate-entry"
    EMPTY_ENTRY = "empty-entry"
    EMPTY_KEY = "empty-key"
    EMPTY_LIST = "empty-list"
    ENUM_TYPE = "enum-of-another-type"
    IGNORED = "ignored-value"
    MISSING = "missing-field"
    NEWER_KEYWORD = "keyword-of-3-1"
    NULLABLE = "nullable-without-type"
    NUMERIC_BOUND = "numeric-bound"
    OPENAPI_VERSION = "version-of-openapi"
    PARAMETER_SCHEMA = "parameter-without-schema"
    PATH = "path-without-slash"
    PATTERN_OPAQUE = "opaque-pattern"
    PATTERN_TRANSLATED = "translated-pattern"
    QUOTED = "quoted-value"
    REFERENCE_PLACE = "unforeseen-reference"
    REFERENCE_SPELLING = "misspelt-reference"
    REPEATED_KEY = "repeated-key"
    REQUIRED = "required-as-boolean"
    SCHEME = "undefined-security-scheme"
    STATUS = "invalid-status"
    TUPLE = "items-as-list"
    TYPE_FILE = "type-file"
    TYPE_LIST = "type-list"
    TYPE_NAME = "type-name"
    UNQUOTED = "unquoted-value"
    UNUSED = "unused-and-invalid"


MEANINGS: dict[Oddity, str] = {
    Oddity.BESIDE_REFERENCE: "field of a path item that the target of its $ref has too; the field beside $ref counts",
    Oddity.BOOLEAN_BOUND: "exclusive bound as true or false in OpenAPI 3.1, read as in 3.0",
    Oddity.BOOLEAN_SCHEMA: "true or false as a schema in OpenAPI 3.0, read as in 3.1",
    Oddity.CIRCULAR: "circular inheritance: a schema that includes itself, read once",
    Oddity.COLLECTION: "list instead of a single value or a mapping, or the reverse; read as OpenAPI defines it",
    Oddity.DISCRIMINATOR: "discriminator as text, read as its propertyName",
    Oddity.DUPLICATE: "entry listed twice, read once",
    Oddity.EMPTY_ENTRY: "entry without a value, read as an empty object; in a list, read as absent",
    Oddity.EMPTY_KEY: "key without a value, read as absent",
    Oddity.EMPTY_LIST: "empty list, read as absent",
    Oddity.ENUM_TYPE: "enum value whose type is not that of the schema, read as a value of the schema's type",
    Oddity.IGNORED: "value that has no meaning here, read as absent",
    Oddity.MISSING: "required field is missing, read as empty",
    Oddity.NEWER_KEYWORD: "keyword of OpenAPI 3.1 in a document of version 3.0, read as in 3.1",
    Oddity.NULLABLE: "nullable beside allOf, anyOf or oneOf without a type, read as allowing null",
    Oddity.NUMERIC_BOUND: "exclusive bound as a number in OpenAPI 3.0, read as in 3.1",
    Oddity.OPENAPI_VERSION: "incomplete or unquoted version of OpenAPI, read as text",
    Oddity.PARAMETER_SCHEMA: "parameter or header with a type instead of a schema; the type is read as the schema",
    Oddity.PATH: "path without a slash at its start, read unchanged",
    Oddity.PATTERN_OPAQUE: "pattern that cannot be compiled, only compared as text",
    Oddity.PATTERN_TRANSLATED: "pattern that only some engines compile, read as JavaScript does",
    Oddity.QUOTED: "number or boolean in quotes, read without the quotes",
    Oddity.REFERENCE_PLACE: "$ref where OpenAPI does not allow one, followed",
    Oddity.REFERENCE_SPELLING: "misspelt $ref, read as $ref",
    Oddity.REPEATED_KEY: "key that an object has twice; the last one counts",
    Oddity.REQUIRED: "required as true or false in a property, read as an entry of the object's list",
    Oddity.SCHEME: "security scheme that is not defined, read as a scheme of that name",
    Oddity.STATUS: "invalid status, read unchanged",
    Oddity.TUPLE: "items as a list, read as prefixItems",
    Oddity.TYPE_FILE: "type file, read as a binary string",
    Oddity.TYPE_LIST: "list of types or null as a type in OpenAPI 3.0, read as in 3.1",
    Oddity.TYPE_NAME: "unknown name of a type, read as the JSON type with this meaning",
    Oddity.UNQUOTED: "number or boolean where text is expected, read as text",
    Oddity.UNUSED: "invalid part that no operation uses, not read",
}
"""What is odd, and what it is read as."""


@dataclass(frozen=True)
class ReadingNote:
    """One oddity. ``detail`` is what the place holds, or the problem of a part that no operation uses.

    ``line`` is that of the oddity, if it is not the line of the place; 0 otherwise.
    """

    oddity: Oddity
    place: Place
    detail: str = ""
    line: int = 0
