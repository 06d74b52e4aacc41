"""Witnesses as a reader meets them: a whole request that the base allows, a whole reply that the revision allows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from spec_gate.differ.surface import Alternative, Operation, Parameter
from spec_gate.prove.wire import query, simple
from spec_gate.schemas.pair import SchemaPair
from spec_gate.search.sampler import Sampler
from spec_gate.source.documents import Place

_NOTHING: Any = object()


@dataclass(frozen=True)
class Witness:
    """A request or a reply that one side allows and the other refuses, and what the refusing side says."""

    kind: str
    allowed_by: str
    refused_by: str
    why: str
    line: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    value: Any = None
    has_value: bool = False

    def as_document(self) -> dict[str, Any]:
        """Return the witness as a JSON value."""
        told: dict[str, Any] = {
            "kind": self.kind, "allowed_by": self.allowed_by, "refused_by": self.refused_by, "why": self.why,
            "line": self.line, "headers": dict(self.headers),
        }  # fmt: skip
        if self.has_body:
            told["body"] = self.body
        if self.has_value:
            told["value"] = self.value
        return told


class Requests:
    """Builds requests that keep to the base."""

    def __init__(self, world: SchemaPair) -> None:
        self.world = world
        self.sampler = Sampler(world)

    def request(
        self,
        operation: Operation,
        why: str,
        *,
        body: Any = _NOTHING,
        media: str = "",
        parameter: Parameter | None = None,
        value: Any = _NOTHING,
        credentials: Alternative | None = None,
        with_optional: Parameter | None = None,
    ) -> Witness:
        """Return a request of an operation; ``parameter`` is given ``value``, or some value where it has none."""
        path, queries, headers = operation.path, [], {}
        for one in operation.parameters.values():
            wanted = one.required or one is parameter or one is with_optional
            if not wanted:
                continue
            said = value if one is parameter and value is not _NOTHING else self._some(one.schema, "a")
            if one.where == "path":
                path = path.replace(f"{{{one.name}}}", quote(simple(said), safe=",") or "a")
            elif one.where == "query":
                queries.append(f"{one.name}={quote(json.dumps(said), safe='')}" if one.media
                               else query(one.name, said, one.style, explode=one.explode))  # fmt: skip
            elif one.where == "header":
                headers[one.name] = simple(said)
            else:
                headers["Cookie"] = f"{one.name}={simple(said)}"
        self._identify(headers, queries, operation.security[0] if credentials is None else credentials)
        if body is _NOTHING and operation.body is not None and operation.body.required and operation.body.media:
            first = next(iter(operation.body.media.values()))
            media = media or first.type
            chosen = operation.body.media.get(media, first)
            body = self._some(chosen.schema, {})
        if body is not _NOTHING:
            headers["Content-Type"] = media or "application/json"
        line = f"{operation.method.upper()} {path}{'?' if queries else ''}{'&'.join(queries)}"
        return Witness("request", "base", "revision", why, line, headers, None if body is _NOTHING else body,
                       body is not _NOTHING, None if value is _NOTHING else value, value is not _NOTHING)  # fmt: skip

    def _identify(self, headers: dict[str, str], queries: list[str], alternative: Alternative) -> None:
        """Add credentials as they are sent; nothing in them is a key."""
        for scheme in alternative:
            kind, *rest = scheme.split(" ")
            if kind == "apiKey" and len(rest) == 2:
                where, name = rest
                if where == "header":
                    headers[name] = "<key>"
                elif where == "query":
                    queries.append(f"{name}=<key>")
                else:
                    headers["Cookie"] = f"{name}=<key>"
            elif kind == "http" and rest:
                headers["Authorization"] = f"{rest[0].capitalize()} <key>"
            elif kind in {"oauth2", "openIdConnect"}:
                headers["Authorization"] = "Bearer <token>"

    def _some(self, schema: Place | None, otherwise: Any) -> Any:
        if schema is None:
            return otherwise
        try:
            return self.sampler.some((self.world.read_base(schema),), 3)
        except LookupError:
            return otherwise


def reply(status: str, why: str, *, media: str = "", body: Any = _NOTHING, headers: Mapping[str, str] | None = None,
          value: Any = _NOTHING) -> Witness:  # fmt: skip
    """Return a reply that the revision allows."""
    number = status.replace("XX", "00") if status[:1].isdigit() else "500"
    told = {**({"Content-Type": media} if media else {}), **(headers or {})}
    return Witness("reply", "revision", "base", why, f"HTTP/1.1 {number}", told, None if body is _NOTHING else body,
                   body is not _NOTHING, None if value is _NOTHING else value, value is not _NOTHING)  # fmt: skip
