"""The contract as a value: the operation, its schemas, examples, clauses and open questions.

:mod:`chat_contract.loading` reads it from ``openapi/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chat_contract.document.source import Source
from chat_contract.errors import Pointer
from chat_contract.fast_check import surely_conforms
from chat_contract.formats import surely_has_format
from chat_contract.open_questions import Question

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

MUST_ACCEPT, DOCUMENTED, MAY_ACCEPT = "must-accept", "documented", "may-accept"
"""The nested sets of requests, from the innermost to the outermost."""

JSON = "application/json"


class Level(StrEnum):
    """How much a clause binds: a fact of the documents, common sense, or a question with several right answers."""

    MUST = "must"
    SHOULD = "should"
    OBSERVED = "observed"


@dataclass(frozen=True)
class Clause:
    """One requirement on the server."""

    id: str
    level: Level
    requirement: str
    source: str

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Operation:
    """The chat operation."""

    method: str
    path: str
    server_url: str
    pointer: Pointer

    @property
    def base_path(self) -> str:
        """The path of the server URL, without a trailing slash."""
        return urlsplit(self.server_url).path.rstrip("/")

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, eq=False)
class Contract:
    """A loaded contract.

    ``document`` is the OpenAPI document with the user's overlays applied and references intact; in all schemas,
    references are replaced by their targets. ``schemas`` holds the request schema of each nested set.
    ``samples`` are valid requests: the examples and, if none has events, the shipped ones that are valid.
    """

    source: Source
    document: Mapping[str, Any] = field(repr=False)
    operation: Operation
    schemas: Mapping[str, dict[str, Any]] = field(repr=False)
    response_schemas: Mapping[int, dict[str, Any]] = field(repr=False)
    request_examples: Mapping[str, Any] = field(repr=False)
    samples: Mapping[str, Any] = field(repr=False)
    response_examples: Mapping[int, Mapping[str, Any]] = field(repr=False)
    clauses: Mapping[str, Clause] = field(repr=False)
    questions: Mapping[str, Question] = field(repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for pickling: plain dictionaries instead of read-only views, and no cached values."""
        return {each.name: _copied(getattr(self, each.name)) for each in fields(self)}

    @property
    def version(self) -> str:
        """The ``info.version`` of the document, or an empty string."""
        return str(self.document.get("info", {}).get("version", ""))

    def response_schema(self, status: int) -> dict[str, Any]:
        """Return the schema of the JSON body for a status. Raises :class:`KeyError` if none is documented."""
        return self.response_schemas[status]

    @cached_property
    def validators(self) -> Mapping[str, QuickValidator]:
        """A validator for each nested set of requests."""
        return {name: QuickValidator(schema) for name, schema in self.schemas.items()}

    @cached_property
    def response_validators(self) -> Mapping[int, QuickValidator]:
        return {status: QuickValidator(schema) for status, schema in self.response_schemas.items()}


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(inner) for key, inner in value.items()}
    return value


def validator_for(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return a validator for the schema that also checks formats."""
    from chat_contract import json_schema  # noqa: PLC0415 - imports jsonschema, which takes 80 ms and 4 MB

    return json_schema.validator_for(schema)


class QuickValidator:
    """Validates by one schema. Only values that the fast check does not recognize reach jsonschema."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        self._schema = schema

    def is_valid(self, value: Any) -> bool:
        """Return whether the value conforms to the schema."""
        return self._surely_conforms(value) or self._thorough.is_valid(value)

    def iter_errors(self, value: Any) -> Iterator[ValidationError]:
        """Return the errors that jsonschema finds."""
        return iter(()) if self._surely_conforms(value) else self._thorough.iter_errors(value)

    def _surely_conforms(self, value: Any) -> bool:
        return surely_conforms(value, self._schema, surely_has_format)

    @cached_property
    def _thorough(self) -> Draft202012Validator:
        return validator_for(self._schema)
