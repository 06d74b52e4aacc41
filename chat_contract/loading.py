"""Loads the contract from ``openapi/``, or another contract from a user's document.

Documents of a user are checked when they are loaded, so that the rest of the kit can trust the contract.
A test checks the shipped documents instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chat_contract.contract import DOCUMENTED, JSON, MAY_ACCEPT, MUST_ACCEPT, Clause, Contract, Level, Operation
from chat_contract.document.references import at, at_or_none, check_references, inline, resolve
from chat_contract.document.source import Source, read_source
from chat_contract.errors import Pointer
from chat_contract.open_questions import read_questions
from chat_contract.resources import openapi_dir

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_OPERATION_ID = "chat"
_REQUIRED_STATUSES = (200, 422)


def load_contract(spec: Path | None = None, overlays: Sequence[Path] = ()) -> Contract:
    """Load the shipped contract, or the one in ``spec``, with a user's overlays applied.

    A user's overlay describes what a deployment documents in addition to the vendor. It can narrow the may-accept set;
    it never widens the must-accept set.

    Raises :class:`chat_contract.errors.DocumentError` for the first error in the documents.
    """
    folder = openapi_dir()
    source = read_source(spec if spec is not None else folder / "chat.yaml")
    users = [read_source(path) for path in overlays]
    try:
        return _load(source, users, folder, foreign=spec is not None)
    except RecursionError:
        raise source.error(
            "document is nested too deeply to check",
            pointer=(),
            value=source.value,
            hint="Flatten the deepest schema or example.",
        ) from None


def check_contract(contract: Contract) -> None:
    """Check the schemas and examples of a contract.

    Raises :class:`chat_contract.errors.DocumentError` for a schema that is not valid JSON Schema, and for an example
    that does not conform to its schema.
    """
    from chat_contract.document import openapi  # noqa: PLC0415 - imports jsonschema, which takes 80 ms

    openapi.check_contract(contract)


def _load(source: Source, users: Sequence[Source], folder: Path, *, foreign: bool) -> Contract:
    _check_top_level(source.value, source)
    if foreign:
        from chat_contract.document import openapi  # noqa: PLC0415 - only documents of a user need it

        # References first: the OpenAPI validator would follow external ones over the network.
        check_references(source.value, source)
        openapi.check_document(source)
    documented = _with_overlays(source, users)
    _check_top_level(documented, source)
    operation = _operation(documented, source)
    if foreign or users:
        check_references(documented, source)

    def request_schema(*overlays: Source) -> dict[str, Any]:
        document = _with_overlays(source, overlays)
        return _media_schema(document, (*_operation(document, source).pointer, "requestBody"), source)

    def shipped_overlay(name: str) -> Source:
        return read_source(folder / "overlays" / name)

    contract = Contract(
        source=source,
        document=MappingProxyType(documented),
        operation=operation,
        schemas=_LazyMapping(
            {
                MUST_ACCEPT: lambda: request_schema(shipped_overlay("must-accept.yaml")),
                DOCUMENTED: lambda: _media_schema(documented, (*operation.pointer, "requestBody"), source),
                MAY_ACCEPT: lambda: request_schema(shipped_overlay("may-accept.yaml"), *users),
            }
        ),
        response_schemas=_response_schemas(documented, operation, source),
        request_examples=_examples(documented, (*operation.pointer, "requestBody"), source),
        response_examples={
            int(status): _examples(documented, (*operation.pointer, "responses", status), source)
            for status in at(documented, operation.pointer)["responses"]
            if status.isdecimal()
        },
        clauses=load_clauses(),
        questions=read_questions(read_source(folder / "latitude.yaml")),
    )
    if foreign or users:
        check_contract(contract)
    return contract


class _LazyMapping(Mapping[str, dict[str, Any]]):
    """A mapping that builds each value on first access."""

    def __init__(self, builders: Mapping[str, Callable[[], dict[str, Any]]]) -> None:
        self._builders = builders
        self._built: dict[str, dict[str, Any]] = {}

    def __getitem__(self, name: str) -> dict[str, Any]:
        if name not in self._built:
            self._built[name] = self._builders[name]()
        return self._built[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)


def load_clauses() -> Mapping[str, Clause]:
    """Load the clauses of ``openapi/clauses.yaml``, by id."""
    return _clauses(read_source(openapi_dir() / "clauses.yaml"))


def _with_overlays(source: Source, overlays: Sequence[Source]) -> dict[str, Any]:
    document: dict[str, Any] = source.value
    if overlays:
        from chat_contract.document.overlay import apply_overlay  # noqa: PLC0415 - needed only with overlays

        for overlay in overlays:
            document = apply_overlay(document, overlay)
    return document


def _check_top_level(value: Any, source: Source) -> None:
    if not isinstance(value, dict):
        raise source.error(
            "expected an OpenAPI document", pointer=(), value=value, hint="Start the document with openapi: 3.1.0."
        )
    version = value.get("openapi")
    if not isinstance(version, str) or not version.startswith("3.1."):
        raise source.error(
            "unsupported OpenAPI version",
            pointer=("openapi",),
            value=version if "openapi" in value else f"swagger {value.get('swagger')}",
            hint="Convert the document to OpenAPI 3.1.",
        )
    for key in ("info", "paths", "servers"):
        expected = list if key == "servers" else dict
        if not isinstance(value.get(key), expected) or not value[key]:
            raise source.error(
                f'"{key}" is missing or empty', pointer=(key,), value=value.get(key), hint=f'Add "{key}".'
            )


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
            f"expected exactly one chat operation, found {len(chosen)}",
            pointer=("paths",),
            value=[f"{method.upper()} {path}" for path, method, _ in found],
            hint=f"Set operationId: {_OPERATION_ID} on the chat operation.",
        )
    path, method, operation = chosen[0]
    url = document["servers"][0].get("url") if isinstance(document["servers"][0], dict) else None
    if not isinstance(url, str):
        raise source.error(
            'the first server has no "url"', pointer=("servers", 0), value=document["servers"][0], hint='Add "url".'
        )
    pointer = ("paths", path, method)
    for key in ("requestBody", "responses"):
        if not isinstance(operation.get(key), dict):
            raise source.error(
                f'the operation has no "{key}"', pointer=(*pointer, key), value=operation.get(key), hint=f'Add "{key}".'
            )
    return Operation(method.upper(), path, url, pointer)


def _response_schemas(
    document: Mapping[str, Any], operation: Operation, source: Source
) -> Mapping[int, dict[str, Any]]:
    schemas = {}
    responses = (*operation.pointer, "responses")
    for status in at(document, responses):
        response, pointer = resolve(document, at(document, (*responses, status)), (*responses, status), source)
        if status.isdecimal() and isinstance(response, dict) and "content" in response:
            schemas[int(status)] = _media_schema(document, pointer, source)
    for status in _REQUIRED_STATUSES:
        if status not in schemas:
            raise source.error(
                f"the operation has no schema for status {status}",
                pointer=responses,
                value=sorted(at(document, responses)),
                hint=f"Add a {status} response with a schema for {JSON}.",
            )
    return schemas


def _media_schema(document: Mapping[str, Any], pointer: Pointer, source: Source) -> dict[str, Any]:
    body, pointer = resolve(document, at(document, pointer), pointer, source)
    place = (*pointer, "content", JSON, "schema")
    if not isinstance(at_or_none(body, ("content", JSON, "schema")), dict):
        raise source.error(
            f"no schema for {JSON}",
            pointer=(*pointer, "content"),
            value=at_or_none(body, ("content",)),
            hint=f"Add a schema for {JSON}.",
        )
    schema: dict[str, Any] = inline(document, place, source)
    if not isinstance(schema, dict):
        raise source.error(
            "the schema does not describe the body", pointer=place, value=schema, hint="Write a schema with properties."
        )
    return schema


def _examples(document: Mapping[str, Any], pointer: Pointer, source: Source) -> Mapping[str, Any]:
    body, pointer = resolve(document, at(document, pointer), pointer, source)
    media = at_or_none(body, ("content", JSON))
    if not isinstance(media, dict):
        return {}
    values: dict[str, Any] = {}
    examples = media.get("examples") or {}
    if not isinstance(examples, dict):
        raise source.error(
            '"examples" must be a mapping of names to examples',
            pointer=(*pointer, "content", JSON, "examples"),
            value=examples,
            hint="Give each example a name.",
        )
    for name, example in examples.items():
        place = (*pointer, "content", JSON, "examples", name)
        written, place = resolve(document, example, place, source)
        if not isinstance(written, dict) or "value" not in written:
            raise source.error(f'example "{name}" has no "value"', pointer=place, value=written, hint='Add "value".')
        values[name] = written["value"]
    return MappingProxyType(values)


def _clauses(source: Source) -> Mapping[str, Clause]:
    clauses = {}
    for name, row in source.value["clauses"].items():
        pointer = ("clauses", name)
        if (
            not isinstance(row, dict)
            or row.get("level") not in set(Level)
            or not row.get("requirement")
            or not row.get("source")
        ):
            raise source.error(
                "a clause needs a level, a requirement and a source",
                pointer=pointer,
                value=row,
                hint=f"Set level (one of {', '.join(Level)}), requirement and source.",
            )
        clauses[name] = Clause(name, Level(row["level"]), row["requirement"], row["source"])
    return MappingProxyType(clauses)
