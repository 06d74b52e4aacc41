"""Finds what differs outside of schemas although the gate does not judge it: fields that it does not know.

Texts, examples and extensions do not count.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from spec_gate.differ.changes import Action, Change, ChangeKind, Pairing
from spec_gate.differ.surface import Body, Parameter, Response, Surface, covered_by, same_servers
from spec_gate.schemas.values import canonical_text
from spec_gate.source.documents import Document, Place
from spec_gate.source.kinds import METHODS

TEXTS = frozenset({"title", "description", "summary", "example", "examples", "externalDocs", "tags", "$comment"})
"""Fields that do not affect clients."""

_PARAMETER = frozenset({"required", "deprecated", "schema", "content", "style", "explode", "allowReserved",
                        "allowEmptyValue"})  # fmt: skip
_JUDGED: dict[str, frozenset[str]] = {
    "document": frozenset({"openapi", "$self", "info", "servers", "paths", "webhooks", "components", "security"}),
    "server": frozenset({"url", "name", "variables"}),
    "server variable": frozenset({"enum", "default"}),
    "path item": frozenset({*METHODS, "additionalOperations", "servers", "parameters", "$ref"}),
    "operation": frozenset({"operationId", "parameters", "requestBody", "responses", "callbacks", "deprecated",
                            "security", "servers"}),
    "parameter": _PARAMETER | {"name", "in"},
    "header": _PARAMETER - {"explode", "style"} | {"name", "in"},
    "request body": frozenset({"content", "required"}),
    "media type": frozenset({"schema", "itemSchema", "encoding"}),
    "response": frozenset({"headers", "content"}),
    "security scheme": frozenset({"type", "name", "in", "scheme", "flows", "openIdConnectUrl"}),
}  # fmt: skip
"""The fields of each kind of object that the gate judges elsewhere."""

_DEFAULTS: dict[str, Any] = {
    "jsonSchemaDialect": "https://spec.openapis.org/oas/3.1/dialect/base", "style": "simple", "explode": False,
}  # fmt: skip
"""Values that say the same as an absent field."""

_Place = tuple[str, str, Place, Place]
"""The kind and the name of an object, and its places in both documents."""


def unjudged_changes(base: Surface, revision: Surface, pairings: Sequence[Pairing]) -> Iterator[Change]:
    """Return the fields that differ and that no other comparison judges."""
    documents = base.document, revision.document
    yield from _compared(documents, ("document", "", Place(base.document.name, ()), Place(revision.document.name, ())))
    for name in base.schemes.keys() & revision.schemes.keys():
        places = base.schemes[name].place, revision.schemes[name].place
        yield from _compared(documents, ("security scheme", f"security scheme {name}", *places))
    for pairing in pairings:
        for place in _places(pairing, documents):
            yield from _compared(documents, place, pairing)


def _compared(documents: tuple[Document, Document], place: _Place, pairing: Pairing | None = None) -> Iterator[Change]:
    kind, name, base, revision = place
    ours, theirs = _unjudged(documents[0].at(base), kind), _unjudged(documents[1].at(revision), kind)
    for key in sorted({*ours, *theirs}):
        before, after = ours.get(key), theirs.get(key)
        if canonical_text(before) != canonical_text(after):
            yield Change(
                kind=ChangeKind.UNJUDGED,
                action=Action.CHANGED,
                name=f"{key} of {name}" if name else key,
                operations=(pairing.label,) if pairing else (),
                base=base / key if key in ours else base,
                revision=revision / key if key in theirs else revision,
                before=before,
                after=after,
                pairing=pairing,
            )


def _unjudged(value: Any, kind: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {}
    return without_texts(value, _JUDGED[kind])


def without_texts(fields: Mapping[str, Any], judged: Collection[str]) -> dict[str, Any]:
    """Return the fields of an object that may affect clients, without those that are judged elsewhere."""
    return {
        key: one
        for key, one in fields.items()
        if key not in judged and key not in TEXTS and not key.startswith("x-") and one != _DEFAULTS.get(key, ...)
    }


def _places(pairing: Pairing, documents: tuple[Document, Document]) -> Iterator[_Place]:
    """Return the places of all objects that an operation consists of in both documents."""
    one, other = pairing.base, pairing.revision
    yield "operation", "the operation", one.place, other.place
    items = [Place(document.name, ("paths", side.path)) for document, side in zip(documents, (one, other), strict=True)]
    if all(document.find(item.pointer) is not None for document, item in zip(documents, items, strict=True)):
        yield "path item", f"path {one.path}", items[0], items[1]
    yield from _of_servers(pairing, documents)
    yield from _of_parameters("parameter", one.parameters, other.parameters)
    if one.body is not None and other.body is not None:
        yield "request body", "the request body", one.body.place, other.body.place
        yield from _of_media("the request body", one.body, other.body)
    for status, response in one.responses.items():
        if status in other.responses:
            now = other.responses[status]
            yield "response", f"response {status}", response.place, now.place
            yield from _of_parameters("header", response.headers, now.headers)
            yield from _of_media(f"response {status}", response, now)


def _of_servers(pairing: Pairing, documents: tuple[Document, Document]) -> Iterator[_Place]:
    for place, now in sorted(same_servers(pairing.base, pairing.revision), key=str):
        ours, theirs = documents[0].at(place), documents[1].at(now)
        yield "server", f"server {ours.get('url', '/')}", place, now
        for name in ours.get("variables") or {}:
            if name in (theirs.get("variables") or {}):
                yield "server variable", f"server variable {name}", place / "variables" / name, now / "variables" / name


def _of_parameters(kind: str, ours: Mapping[Any, Parameter], theirs: Mapping[Any, Parameter]) -> Iterator[_Place]:
    for key, parameter in ours.items():
        if key in theirs:
            yield kind, f"{kind} {parameter.name}", parameter.place, theirs[key].place


def _of_media(name: str, one: Body | Response, other: Body | Response) -> Iterator[_Place]:
    for key, media in one.media.items():
        entry = covered_by(key, other.media)
        if entry is not None:
            now = other.media[entry]
            yield "media type", f"{key} of {name}", media.place, now.place
