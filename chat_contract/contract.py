"""The contract as the kit uses it: the operation, its schemas, examples, clauses and open questions.

The only reader of ``openapi/``. Everything is checked when it is read, so that what is loaded can be trusted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, UnknownType, best_match
from referencing.exceptions import Unresolvable

from chat_contract.document.overlay import apply_overlay
from chat_contract.document.references import check_references, inline, resolve
from chat_contract.document.source import Source, read_source
from chat_contract.errors import Pointer
from chat_contract.formats import format_checker
from chat_contract.open_questions import Question, read_questions
from chat_contract.resources import openapi_dir

MUST_ACCEPT, DOCUMENTED, MAY_ACCEPT = "must-accept", "documented", "may-accept"
"""The nested sets of requests, from the inside out."""

JSON = "application/json"

_FORMATS = format_checker()

_LEVELS = ("must", "should", "observed")
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OPERATION_ID = "chat"


@dataclass(frozen=True)
class Clause:
    """One promise. ``level`` is ``must``, ``should`` or ``observed``."""

    id: str
    level: str
    requirement: str
    source: str

    @property
    def group(self) -> str:
        return self.id.partition(".")[0]


@dataclass(frozen=True)
class Operation:
    """The one operation that the contract describes."""

    method: str
    path: str
    server_url: str
    pointer: Pointer

    @property
    def base_path(self) -> str:
        """The path of the server URL, without a slash at its end."""
        return urlsplit(self.server_url).path.rstrip("/")

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, eq=False)
class Contract:
    """A contract as loaded. ``document`` has the user's overlays applied and its references intact."""

    source: Source
    document: Mapping[str, Any] = field(repr=False)
    operation: Operation
    schemas: Mapping[str, dict[str, Any]] = field(repr=False)
    response_schemas: Mapping[int, dict[str, Any]] = field(repr=False)
    request_examples: Mapping[str, Any] = field(repr=False)
    response_examples: Mapping[int, Mapping[str, Any]] = field(repr=False)
    clauses: Mapping[str, Clause] = field(repr=False)
    questions: Mapping[str, Question] = field(repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """Return what goes to another process: views become what they are views of, and nothing is cached."""
        return {each.name: _viewed(getattr(self, each.name)) for each in fields(self)}

    @property
    def version(self) -> str:
        """The contract's own version, as ``info`` gives it; empty where it gives none."""
        return str(self.document.get("info", {}).get("version", ""))

    def response_schema(self, status: int) -> dict[str, Any]:
        """Return the schema of an answer's JSON body, references written out; KeyError where none is documented."""
        return self.response_schemas[status]

    @cached_property
    def validators(self) -> Mapping[str, Draft202012Validator]:
        """A reference validator for each of the three sets of requests."""
        return {name: validator_for(schema) for name, schema in self.schemas.items()}

    @cached_property
    def response_validators(self) -> Mapping[int, Draft202012Validator]:
        return {status: validator_for(schema) for status, schema in self.response_schemas.items()}


def _viewed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _viewed(inner) for key, inner in value.items()}
    return value


def validator_for(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Return the reference validator for a schema; it checks formats, which jsonschema does not do by itself."""
    return Draft202012Validator(schema, format_checker=_FORMATS)


def load_contract(spec: Path | None = None, overlays: Sequence[Path] = ()) -> Contract:
    """Load the shipped contract, or another one, with a user's overlays applied.

    A user's overlay says what one deployment documents beyond the vendor; it can narrow what may be accepted and
    never widens what must be.

    Raises :class:`DocumentError` with file, line, pointer, value and mend for whatever is wrong in the documents.
    """
    folder = openapi_dir()
    source = read_source(spec if spec is not None else folder / "chat.yaml")
    users = [read_source(path) for path in overlays]
    try:
        return _load(source, users, folder, foreign=spec is not None)
    except RecursionError:
        raise source.error(
            "nests too deep to be checked", pointer=(), value=source.value, hint="flatten the deepest schema or example"
        ) from None


def _load(source: Source, users: Sequence[Source], folder: Path, *, foreign: bool) -> Contract:
    _check_openapi(source.value, source)
    if foreign:
        # References first: the published validator would follow them over the network.
        check_references(source.value, source)
        _check_schemas(source.value, source)
        _check_foreign(source)
    documented = _overlaid(source, users)
    _check_openapi(documented, source)
    must = _overlaid(source, [read_source(folder / "overlays" / "must-accept.yaml")])
    may = _overlaid(source, [read_source(folder / "overlays" / "may-accept.yaml"), *users])
    operation = _operation(documented, source)
    check_references(documented, source)
    request = (*operation.pointer, "requestBody")
    contract = Contract(
        source=source,
        document=MappingProxyType(documented),
        operation=operation,
        schemas={
            MUST_ACCEPT: _body_schema(must, _operation(must, source).pointer, source),
            DOCUMENTED: _body_schema(documented, operation.pointer, source),
            MAY_ACCEPT: _body_schema(may, operation.pointer, source),
        },
        response_schemas=_response_schemas(documented, operation, source),
        request_examples=_examples(documented, request, source),
        response_examples={
            int(status): _examples(documented, (*operation.pointer, "responses", status), source)
            for status in _at(documented, operation.pointer)["responses"]
            if status.isdecimal()
        },
        clauses=load_clauses(),
        questions=read_questions(read_source(folder / "latitude.yaml")),
    )
    _check_examples(contract)
    return contract


def load_clauses() -> Mapping[str, Clause]:
    """Read the clauses alone."""
    return _clauses(read_source(openapi_dir() / "clauses.yaml"))


def _overlaid(source: Source, overlays: Sequence[Source]) -> dict[str, Any]:
    document: dict[str, Any] = source.value
    for overlay in overlays:
        document = apply_overlay(document, overlay)
    return document


def _check_openapi(value: Any, source: Source) -> None:
    if not isinstance(value, dict):
        raise source.error("is no OpenAPI document", pointer=(), value=value, hint="begin with openapi: 3.1.0")
    version = value.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise source.error(
            "is not of OpenAPI 3.1",
            pointer=("openapi",),
            value=version if "openapi" in value else f"swagger {value.get('swagger')}",
            hint="convert the document to OpenAPI 3.1",
        )
    for key in ("info", "paths", "servers"):
        expected = list if key == "servers" else dict
        if not isinstance(value.get(key), expected) or not value[key]:
            raise source.error(f"lacks {key}", pointer=(key,), value=value.get(key), hint=f"add {key}")


_TRIPS = (
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
"""What the published validator ends with where a document is no OpenAPI at all."""


def _check_foreign(source: Source) -> None:
    """Have the published validator judge a document that the kit did not ship."""
    from openapi_spec_validator import OpenAPIV31SpecValidator  # noqa: PLC0415 - costs 0.2 s, and seldom needed

    errors = []
    try:
        for error in OpenAPIV31SpecValidator(source.value).iter_errors():
            errors.append(error)  # noqa: PERF402 - what came before it trips is kept
    except _TRIPS as trip:
        if not errors:
            raise source.error(
                f"is not valid OpenAPI: the validator ends with {type(trip).__name__} {str(trip)[:100]!r}",
                pointer=(),
                value=source.value,
                hint="correct the document by the OpenAPI 3.1 specification",
            ) from None
    if not errors:
        return
    # The error that lies deepest says most: the ones above it only say that something below is wrong.
    worst = max(errors, key=lambda error: len(error.absolute_path))
    pointer = _spelt(source.value, tuple(worst.absolute_path))
    message = worst.message.partition("\n")[0]
    raise source.error(
        f"is not valid OpenAPI: {message[:300]}",
        pointer=pointer,
        value=_at_or_none(source.value, pointer),
        hint="correct the place by the OpenAPI 3.1 specification",
    )


def _spelt(value: Any, path: Pointer) -> Pointer:
    """Return the path with the keys as they are written; the published validator makes numbers of those of digits."""
    spelt: Pointer = ()
    for part in path:
        spelt = (*spelt, str(part) if isinstance(value, dict) else part)
        value = _at_or_none(value, spelt[-1:])
    return spelt


def _check_schemas(document: Mapping[str, Any], source: Source) -> None:
    """Raise for the first named schema that is none; the published validator says that without the place."""
    schemas = _at_or_none(document, ("components", "schemas"))
    for name, schema in schemas.items() if isinstance(schemas, dict) else ():
        _check_schema(schema, ("components", "schemas", name), source)


def _check_schema(schema: Any, place: Pointer, source: Source) -> None:
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise source.error(
            f"is no valid schema: {error.message[:200]}",
            pointer=(*place, *error.absolute_path),
            value=error.instance,
            hint="correct it by JSON Schema 2020-12",
        ) from None


def _operation(document: Mapping[str, Any], source: Source) -> Operation:
    found: list[tuple[str, str, Any]] = []
    for path, item in document["paths"].items():
        if isinstance(item, dict):
            found += [(path, method, item[method]) for method in _METHODS if isinstance(item.get(method), dict)]
    named = [entry for entry in found if entry[2].get("operationId") == _OPERATION_ID]
    posts = [entry for entry in found if entry[1] == "post"]
    chosen = named or posts
    if len(chosen) != 1:
        raise source.error(
            f"has {len(chosen)} operations that could be the chat operation",
            pointer=("paths",),
            value=[f"{method.upper()} {path}" for path, method, _ in found],
            hint=f"give the one that is meant operationId: {_OPERATION_ID}",
        )
    path, method, operation = chosen[0]
    url = document["servers"][0].get("url") if isinstance(document["servers"][0], dict) else None
    if not isinstance(url, str):
        raise source.error(
            "the first server has no url", pointer=("servers", 0), value=document["servers"][0], hint="add url:"
        )
    pointer = ("paths", path, method)
    for key in ("requestBody", "responses"):
        if not isinstance(operation.get(key), dict):
            raise source.error(
                f"the operation lacks {key}", pointer=(*pointer, key), value=operation.get(key), hint=f"add {key}"
            )
    return Operation(method.upper(), path, url, pointer)


def _body_schema(document: Mapping[str, Any], operation: Pointer, source: Source) -> dict[str, Any]:
    return _media_schema(document, (*operation, "requestBody"), source)


def _response_schemas(
    document: Mapping[str, Any], operation: Operation, source: Source
) -> Mapping[int, dict[str, Any]]:
    schemas = {}
    responses = (*operation.pointer, "responses")
    for status in _at(document, responses):
        answer, pointer = resolve(document, _at(document, (*responses, status)), (*responses, status), source)
        if status.isdecimal() and isinstance(answer, dict) and "content" in answer:
            schemas[int(status)] = _media_schema(document, pointer, source)
    for status in (200, 422):
        if status not in schemas:
            raise source.error(
                f"the operation does not say what a {status} looks like",
                pointer=responses,
                value=sorted(_at(document, responses)),
                hint=f"add the answer {status} with {JSON} and its schema",
            )
    return schemas


def _media_schema(document: Mapping[str, Any], pointer: Pointer, source: Source) -> dict[str, Any]:
    body, pointer = resolve(document, _at(document, pointer), pointer, source)
    place = (*pointer, "content", JSON, "schema")
    if not isinstance(_at_or_none(body, ("content", JSON, "schema")), dict):
        raise source.error(
            f"has no schema for {JSON}",
            pointer=(*pointer, "content"),
            value=_at_or_none(body, ("content",)),
            hint=f"add {JSON} with a schema",
        )
    schema: dict[str, Any] = inline(document, place, source)
    _check_schema(schema, place, source)
    if not isinstance(schema, dict):
        raise source.error(
            "says nothing of the body", pointer=place, value=schema, hint="write a schema with properties"
        )
    return schema


def _examples(document: Mapping[str, Any], pointer: Pointer, source: Source) -> Mapping[str, Any]:
    body, pointer = resolve(document, _at(document, pointer), pointer, source)
    media = _at_or_none(body, ("content", JSON))
    if not isinstance(media, dict):
        return {}
    values: dict[str, Any] = {}
    examples = media.get("examples") or {}
    if not isinstance(examples, dict):
        raise source.error(
            "examples are a mapping of names",
            pointer=(*pointer, "content", JSON, "examples"),
            value=examples,
            hint="give each example a name",
        )
    for name, example in examples.items():
        place = (*pointer, "content", JSON, "examples", name)
        written, place = resolve(document, example, place, source)
        if not isinstance(written, dict) or "value" not in written:
            raise source.error("an example has a value", pointer=place, value=written, hint="add value:")
        values[name] = written["value"]
    return MappingProxyType(values)


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
            body, owner = resolve(document, _at(document, pointer), pointer, contract.source)
            _, place = resolve(
                document,
                body["content"][JSON]["examples"][name],
                (*owner, "content", JSON, "examples", name),
                contract.source,
            )
            raise contract.source.error(
                f"the example {name} breaks its own schema: {error.message[:200]}",
                pointer=(*place, "value", *error.absolute_path),
                value=error.instance,
                hint="correct the example, or the schema at " + "/".join(map(str, error.absolute_schema_path)),
            )


def _clauses(source: Source) -> Mapping[str, Clause]:
    clauses = {}
    for name, row in source.value["clauses"].items():
        pointer = ("clauses", name)
        if (
            not isinstance(row, dict)
            or row.get("level") not in _LEVELS
            or not row.get("requirement")
            or not row.get("source")
        ):
            raise source.error(
                "a clause needs a level, a requirement and a source",
                pointer=pointer,
                value=row,
                hint=f"Set level (one of {', '.join(_LEVELS)}), requirement and source.",
            )
        clauses[name] = Clause(name, row["level"], row["requirement"], row["source"])
    return MappingProxyType(clauses)


def _at(value: Any, pointer: Pointer) -> Any:
    for part in pointer:
        value = value[part]
    return value


def _at_or_none(value: Any, pointer: Pointer) -> Any:
    for part in pointer:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        else:
            return None
    return value
