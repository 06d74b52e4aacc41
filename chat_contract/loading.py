"""Loads the contract from ``openapi/``, or another contract from a user's document.

Documents of a user are checked when they are loaded, so that the rest of the kit can trust the contract.
A test checks the shipped documents instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from chat_contract.contract import DOCUMENTED, JSON, MAY_ACCEPT, MUST_ACCEPT, Clause, Contract, Level, Operation
from chat_contract.document.excerpt import METHODS, excerpt
from chat_contract.document.references import at, at_or_none, check_references, inline, resolve
from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, Pointer
from chat_contract.open_questions import read_questions
from chat_contract.request_schema import check_fit, overlaid, plain, tightened
from chat_contract.resources import openapi_dir
from chat_contract.roles import CONVERSATION, EVENTS, MESSAGE

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
            "the document is nested too deeply to check",
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
    documented = _with_overlays(source, users)
    _check_top_level(documented, source)
    operation = _operation(documented, source)
    before = source.value
    if foreign:
        from chat_contract.document import openapi  # noqa: PLC0415 - only documents of a user need it

        # References first: the OpenAPI validator would follow external ones over the network.
        before = excerpt(source.value, _operation(source.value, source).pointer, source)
        check_references(before, source)
        openapi.check_document(Source(source.path, before, source.positions))
        documented = excerpt(documented, operation.pointer, source)
    if foreign or users:
        check_references(documented, source)
    body = (*operation.pointer, "requestBody")

    def shipped(name: str) -> Source:
        return read_source(folder / "overlays" / name)

    def by_name(*overlays: Source) -> dict[str, Any]:
        document = _with_overlays(source, overlays)
        return _media_schema(document, (*_operation(document, source).pointer, "requestBody"), source)

    def by_meaning(document: Mapping[str, Any], name: str) -> dict[str, Any]:
        pointer = (*_operation(document, source).pointer, "requestBody")
        schema = plain(_media_schema(document, pointer, source))
        check_fit(schema, _schema_place(document, pointer, source), source)
        changed = overlaid(schema, shipped(name), source)
        narrowed: dict[str, Any] = tightened(changed, schema) if name == _NARROW else changed
        return narrowed

    def request_schema() -> dict[str, Any]:
        schema: dict[str, Any] = _media_schema(documented, body, source)
        return plain(schema) if foreign else schema

    sets = {
        MUST_ACCEPT: lambda: by_meaning(before, _NARROW) if foreign else by_name(shipped(_NARROW)),
        DOCUMENTED: request_schema,
        MAY_ACCEPT: lambda: by_meaning(documented, _WIDEN) if foreign else by_name(shipped(_WIDEN), *users),
    }
    examples = _examples(documented, body, source)
    contract = Contract(
        source=source,
        document=MappingProxyType(documented),
        operation=operation,
        schemas=_LazyMapping(sets),
        response_schemas=_response_schemas(documented, operation, source, foreign=foreign),
        request_examples=examples,
        samples=examples,
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
    return _with_samples(contract, folder) if foreign else contract


_NARROW, _WIDEN = "must-accept.yaml", "may-accept.yaml"


def _with_samples(contract: Contract, folder: Path) -> Contract:
    """Return the contract with the shipped examples that are valid as samples, if no example of its own has events."""
    if any(isinstance(value, dict) and value.get(EVENTS) for value in contract.request_examples.values()):
        return contract
    chat = read_source(folder / "chat.yaml")
    shipped = _examples(chat.value, (*_operation(chat.value, chat).pointer, "requestBody"), chat)
    validator = contract.validators[DOCUMENTED]
    fitting = {name: value for name, value in shipped.items() if validator.is_valid(value)}
    return replace(contract, samples=MappingProxyType({**fitting, **contract.request_examples}))


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
    if not isinstance(version, str) or not version.startswith(("3.0.", "3.1.", "3.2.")):
        raise source.error(
            "unsupported OpenAPI version",
            pointer=("openapi",),
            value=version if "openapi" in value else f"swagger {value.get('swagger')}",
            hint="Convert the document to OpenAPI 3.1, for example with swagger2openapi.",
        )
    for key in ("info", "paths"):
        if not isinstance(value.get(key), dict) or not value[key]:
            raise source.error(
                f'"{key}" is missing or empty', pointer=(key,), value=value.get(key), hint=f'Add "{key}".'
            )
    if not isinstance(value.get("servers", []), list):
        raise source.error(
            '"servers" must be a list',
            pointer=("servers",),
            value=value["servers"],
            hint="Write a list, or remove it.",
        )


def _operation(document: Mapping[str, Any], source: Source) -> Operation:
    path, method = _chat_operation(document, source)
    pointer = ("paths", path, method)
    operation = at(document, pointer)
    for key in ("requestBody", "responses"):
        if not isinstance(operation.get(key), dict):
            raise source.error(
                f'the operation has no "{key}"', pointer=(*pointer, key), value=operation.get(key), hint=f'Add "{key}".'
            )
    return Operation(method.upper(), path, _server_url(document, source), pointer)


def _chat_operation(document: Mapping[str, Any], source: Source) -> tuple[str, str]:
    """Return the path and the method of the chat operation: by its id, its request and reply, or its path."""
    found: list[tuple[str, str, Any]] = []
    for path, item in document["paths"].items():
        if isinstance(item, dict):
            found += [(path, method, item[method]) for method in METHODS if isinstance(item.get(method), dict)]
    chosen = [entry for entry in found if entry[2].get("operationId") == _OPERATION_ID]
    if not chosen:
        posts = [entry for entry in found if entry[1] == "post"]
        alike = [entry for entry in posts if len(posts) > 1 and _is_chat(document, entry, source)]
        chosen = alike or posts
        if len(chosen) > 1:
            chosen = [entry for entry in chosen if entry[0].rstrip("/").endswith("/chat")] or chosen
    if len(chosen) != 1:
        raise source.error(
            f"expected exactly one chat operation, found {len(chosen)}",
            pointer=("paths",),
            value=[f"{method.upper()} {path}" for path, method, _ in found],
            hint=f"Set operationId: {_OPERATION_ID} on the chat operation.",
        )
    return chosen[0][:2]


def _is_chat(document: Mapping[str, Any], entry: tuple[str, str, Any], source: Source) -> bool:
    """Return whether an operation takes a message and returns a conversation, as a chat operation does."""
    path, method, _ = entry
    pointer = ("paths", path, method)
    try:
        request = _media_schema(document, (*pointer, "requestBody"), source)
        reply = _media_schema(document, (*pointer, "responses", "200"), source)
    except (DocumentError, LookupError, RecursionError):
        return False
    return MESSAGE in plain(request).get("properties", {}) and CONVERSATION in plain(reply).get("properties", {})


def _server_url(document: Mapping[str, Any], source: Source) -> str:
    """Return the URL of the first server; a document without servers has the server ``/``."""
    servers = document.get("servers") or [{"url": "/"}]
    url = servers[0].get("url") if isinstance(servers[0], dict) else None
    if not isinstance(url, str):
        raise source.error('the first server has no "url"', pointer=("servers", 0), value=servers[0], hint='Add "url".')
    return url


def _schema_place(document: Mapping[str, Any], pointer: Pointer, source: Source) -> Pointer:
    """Return the place where the schema of a JSON body is written."""
    _, owner = resolve(document, at(document, pointer), pointer, source)
    place = (*owner, "content", JSON, "schema")
    return resolve(document, at(document, place), place, source)[1]


def _response_schemas(
    document: Mapping[str, Any], operation: Operation, source: Source, *, foreign: bool
) -> Mapping[int, dict[str, Any]]:
    schemas = {}
    responses = (*operation.pointer, "responses")
    for status in at(document, responses):
        response, pointer = resolve(document, at(document, (*responses, status)), (*responses, status), source)
        if status.isdecimal() and isinstance(response, dict) and "content" in response:
            schema = _media_schema(document, pointer, source)
            schemas[int(status)] = plain(schema) if foreign else schema
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
