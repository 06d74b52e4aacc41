"""Checks OpenAPI documents: against the published validator, JSON Schema, and their own examples."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, best_match
from referencing.exceptions import Unresolvable

from chat_contract.contract import DOCUMENTED, JSON, Contract
from chat_contract.document.references import at, at_or_none, resolve
from chat_contract.document.source import Source
from chat_contract.errors import Pointer
from chat_contract.json_schema import format_checker

_VALIDATOR_FAILURES = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    SchemaError,
    UnknownType,
    Unresolvable,
)
"""The exceptions of the OpenAPI validator for documents that are far from valid."""


def check_document(source: Source) -> None:
    """Check a document with the published OpenAPI validator.

    Raises :class:`chat_contract.errors.DocumentError` for the most specific error.
    """
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415 - takes 0.2 s, and is rarely needed

    _check_named_schemas(source.value, source)
    errors = []
    try:
        for error in OpenAPIV31SpecValidator(source.value).iter_errors():
            errors.append(error)  # noqa: PERF402 - keeps the errors found before the validator fails
    except _VALIDATOR_FAILURES as failure:
        if not errors:
            raise source.error(
                f"invalid OpenAPI document: the validator failed with {type(failure).__name__} {str(failure)[:100]!r}",
                pointer=(),
                value=source.value,
                hint="Correct the document according to the OpenAPI 3.1 specification.",
            ) from None
    if not errors:
        return
    # The deepest error is the most specific one; those above it follow from it.
    deepest = max(errors, key=lambda error: len(error.absolute_path))
    pointer = _as_written(source.value, tuple(deepest.absolute_path))
    message = deepest.message.partition("\n")[0]
    raise source.error(
        f"invalid OpenAPI document: {message[:300]}",
        pointer=pointer,
        value=at_or_none(source.value, pointer),
        hint="Correct this place according to the OpenAPI 3.1 specification.",
    )


def _as_written(value: Any, path: Pointer) -> Pointer:
    """Return the path with its keys as written; the published validator turns keys of digits into numbers."""
    written: Pointer = ()
    for part in path:
        written = (*written, str(part) if isinstance(value, dict) else part)
        value = at_or_none(value, written[-1:])
    return written


def _check_named_schemas(document: Mapping[str, Any], source: Source) -> None:
    """Raise for the first invalid named schema, since the published validator reports it without its place."""
    schemas = at_or_none(document, ("components", "schemas"))
    for name, schema in schemas.items() if isinstance(schemas, dict) else ():
        _check_schema(schema, ("components", "schemas", name), source)


def check_contract(contract: Contract) -> None:
    """Check that the schemas of a contract are valid and that its examples conform to them.

    Raises :class:`chat_contract.errors.DocumentError`.
    """
    pointer = contract.operation.pointer
    for schema in contract.schemas.values():
        _check_schema(schema, _schema_place(contract, (*pointer, "requestBody")), contract.source)
    for status, schema in contract.response_schemas.items():
        _check_schema(schema, _schema_place(contract, (*pointer, "responses", str(status))), contract.source)
    _check_examples(contract)


def _schema_place(contract: Contract, pointer: Pointer) -> Pointer:
    document = dict(contract.document)
    _, pointer = resolve(document, at(document, pointer), pointer, contract.source)
    return (*pointer, "content", JSON, "schema")


def _check_schema(schema: Any, place: Pointer, source: Source) -> None:
    try:
        Draft202012Validator.check_schema(schema, format_checker=format_checker())
    except SchemaError as error:
        raise source.error(
            f"invalid JSON Schema: {error.message[:200]}",
            pointer=(*place, *error.absolute_path),
            value=error.instance,
            hint="Correct it according to JSON Schema 2020-12.",
        ) from None


def _check_examples(contract: Contract) -> None:
    document = dict(contract.document)
    operation = contract.operation.pointer
    groups = [((*operation, "requestBody"), contract.request_examples, contract.validators[DOCUMENTED])]
    groups += [
        ((*operation, "responses", str(status)), examples, contract.response_validators[status])
        for status, examples in contract.response_examples.items()
        if examples
    ]
    for pointer, examples, validator in groups:
        for name, value in examples.items():
            error = best_match(validator.iter_errors(value))
            if error is None:
                continue
            place = (*pointer, "content", JSON, "examples", name)
            body, owner = resolve(document, at(document, pointer), pointer, contract.source)
            _, place = resolve(
                document,
                body["content"][JSON]["examples"][name],
                (*owner, "content", JSON, "examples", name),
                contract.source,
            )
            raise contract.source.error(
                f'example "{name}" does not conform to its schema: {error.message[:200]}',
                pointer=(*place, "value", *error.absolute_path),
                value=error.instance,
                hint=f"Correct the example, or the schema at {'/'.join(map(str, error.absolute_schema_path))}.",
            )
