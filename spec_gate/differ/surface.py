"""What a description offers its clients, references followed: operations, parameters, bodies, replies, credentials.

Says nothing of change; schemas stay where they are, as places.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from spec_gate.source.documents import Document, Place
from spec_gate.source.shape import METHODS

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_MOST_SERVERS = 64


@dataclass(frozen=True)
class Media:
    """A body of one media type."""

    type: str
    place: Place
    schema: Place | None
    encoding: Mapping[str, Any]
    examples: frozenset[str]


@dataclass(frozen=True)
class Parameter:
    """A parameter of a request, or a header of a reply."""

    where: str
    name: str
    place: Place
    required: bool
    schema: Place | None
    media: str
    style: str
    explode: bool
    allow_reserved: bool
    allow_empty: bool
    deprecated: bool


@dataclass(frozen=True)
class Body:
    """A request's body."""

    place: Place
    required: bool
    media: Mapping[str, Media]


@dataclass(frozen=True)
class Reply:
    """What comes with one status, or one range of them."""

    status: str
    place: Place
    headers: Mapping[str, Parameter]
    media: Mapping[str, Media]


Alternative = Mapping[str, frozenset[str]]
"""Credentials that are wanted together: what identifies a scheme, with its scopes."""


@dataclass(frozen=True)
class Operation:
    """A method on a path."""

    method: str
    path: str
    place: Place
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    replies: Mapping[str, Reply]
    security: tuple[Alternative, ...]
    security_place: Place
    servers: Mapping[str, Place]
    deprecated: bool
    sunset: str | None
    id: str | None
    callbacks: Mapping[str, Operation] = field(default_factory=dict)
    outgoing: bool = False

    @property
    def label(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the operation: names of the variables in its path do not."""
        return self.method, _VARIABLE.sub("{}", self.path)

    @property
    def urls(self) -> frozenset[str]:
        """The URLs where it answers, variables without their names."""
        return frozenset(url for server in self.servers for url in self.urls_at(server))

    def urls_at(self, server: str) -> frozenset[str]:
        return frozenset({_VARIABLE.sub("{}", server.rstrip("/") + self.path)})


@dataclass(frozen=True)
class Scheme:
    """How one kind of credentials is sent."""

    identity: str
    place: Place
    flows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Surface:
    """All that a description offers."""

    document: Document
    operations: Mapping[tuple[str, str], Operation]
    webhooks: Mapping[tuple[str, str], Operation]
    schemes: Mapping[str, Scheme]
    version: str
    schemas: tuple[Place, ...]


def read_surface(document: Document) -> Surface:
    """Read all; raises :class:`chat_contract.errors.DocumentError` where a reference leads nowhere."""
    return _Reader(document).surface()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Place(document.name, ())
        self.schemes = self._schemes()

    def surface(self) -> Surface:
        info = self.document.root.get("info", {})
        components = self.document.root.get("components", {})
        schemas = tuple(self.root / "components" / "schemas" / name for name in components.get("schemas", {}))
        return Surface(
            self.document,
            self._all("paths", outgoing=False),
            self._all("webhooks", outgoing=True) if self.document.version == "3.1" else {},
            self.schemes,
            str(info.get("version", "")),
            schemas,
        )

    def _all(self, name: str, *, outgoing: bool) -> dict[tuple[str, str], Operation]:
        place = self.root / name
        found: dict[tuple[str, str], Operation] = {}
        for path in self.document.root.get(name, {}):
            if not path.startswith("x-"):
                for operation in self._path_item(path, place / path, outgoing=outgoing):
                    found.setdefault(operation.key, operation)
        return found

    def _path_item(self, path: str, place: Place, *, outgoing: bool) -> Iterator[Operation]:
        item = self.document.at(place)
        shared, shared_place = self.document.follow(item, place)
        merged = [(name, shared_place / name) for name in shared] + [
            (name, place / name) for name in item if name != "$ref"
        ]
        fields = dict(merged)
        for method in METHODS:
            if method in fields:
                yield self._operation(method, path, fields[method], fields, outgoing=outgoing)

    def _operation(
        self, method: str, path: str, place: Place, item: Mapping[str, Place], *, outgoing: bool
    ) -> Operation:
        value = self.document.at(place)
        parameters = dict(self._parameters(item["parameters"], path)) if "parameters" in item else {}
        if "parameters" in value:
            parameters |= dict(self._parameters(place / "parameters", path))
        security_place = place / "security" if "security" in value else self.root / "security"
        has_security = "security" in value or "security" in self.document.root
        callbacks = dict(self._callbacks(place / "callbacks")) if "callbacks" in value else {}
        sunset = value.get("x-sunset")
        return Operation(
            method,
            path,
            place,
            parameters,
            self._body(place / "requestBody") if "requestBody" in value else None,
            {one.upper(): self._reply(one.upper(), place / "responses" / one) for one in value.get("responses", {})
             if not one.startswith("x-")},
            self._security(security_place) if has_security else ({},),
            security_place if has_security else place,
            self._servers(value, place, item),
            value.get("deprecated") is True,
            sunset if isinstance(sunset, str) else None,
            value.get("operationId"),
            callbacks,
            outgoing,
        )  # fmt: skip

    def _callbacks(self, place: Place) -> Iterator[tuple[str, Operation]]:
        for name in self.document.at(place):
            value, here = self.document.follow(self.document.at(place / name), place / name)
            for expression in value:
                if not expression.startswith("x-"):
                    for operation in self._path_item(expression, here / expression, outgoing=True):
                        yield f"{name} {operation.method} {expression}", operation

    # Parameters -------------------------------------------------------------------------------------------------------

    def _parameters(self, place: Place, path: str) -> Iterator[tuple[tuple[str, str], Parameter]]:
        names = _VARIABLE.findall(path)
        for index in range(len(self.document.at(place))):
            value, here = self.document.follow(self.document.at(place / index), place / index)
            parameter = self._parameter(value, here, value["in"], value["name"])
            where, name = parameter.where, parameter.name
            if where == "header" and name.lower() in _IGNORED_HEADERS:
                continue
            if where == "path" and name in names:
                key = str(names.index(name))
            else:
                key = name.lower() if where == "header" else name
            yield (where, key), parameter

    def _parameter(self, value: dict[str, Any], place: Place, where: str, name: str) -> Parameter:
        content = value.get("content", {})
        media = next(iter(content), "")
        if media:
            schema = place / "content" / media / "schema" if "schema" in content[media] else None
        else:
            schema = place / "schema" if "schema" in value else None
        style = value.get("style", _STYLES.get(where, "simple"))
        return Parameter(
            where,
            name,
            place,
            value.get("required") is True or where == "path",
            schema,
            _media_type(media) if media else "",
            style,
            value.get("explode", style == "form"),
            value.get("allowReserved") is True,
            value.get("allowEmptyValue") is True,
            value.get("deprecated") is True,
        )

    # Bodies -----------------------------------------------------------------------------------------------------------

    def _body(self, place: Place) -> Body:
        value, here = self.document.follow(self.document.at(place), place)
        return Body(here, value.get("required") is True, self._media(value, here))

    def _reply(self, status: str, place: Place) -> Reply:
        value, here = self.document.follow(self.document.at(place), place)
        headers: dict[str, Parameter] = {}
        for name in value.get("headers", {}):
            if name.lower() != "content-type":
                header, header_place = self.document.follow(value["headers"][name], here / "headers" / name)
                headers[name.lower()] = self._parameter(header, header_place, "header", name)
        return Reply(status, here, headers, self._media(value, here))

    def _media(self, value: dict[str, Any], place: Place) -> dict[str, Media]:
        found: dict[str, Media] = {}
        for name in value.get("content", {}):
            here = place / "content" / name
            media, here = self.document.follow(self.document.at(here), here)
            schema = here / "schema" if "schema" in media else None
            examples = frozenset(media.get("examples", {}))
            found[_media_type(name)] = Media(_media_type(name), here, schema, media.get("encoding", {}), examples)
        return found

    # Credentials and servers ------------------------------------------------------------------------------------------

    def _schemes(self) -> dict[str, Scheme]:
        place = self.root / "components" / "securitySchemes"
        found: dict[str, Scheme] = {}
        for name in self.document.root.get("components", {}).get("securitySchemes", {}):
            value, here = self.document.follow(self.document.at(place / name), place / name)
            kind = value.get("type", "")
            told = [kind]
            if kind == "apiKey":
                said = str(value.get("name", ""))
                told += [str(value.get("in", "")), said.lower() if value.get("in") == "header" else said]
            elif kind == "http":
                told.append(str(value.get("scheme", "")).lower())
            elif kind == "openIdConnect":
                told.append(str(value.get("openIdConnectUrl", "")))
            flows = value.get("flows", {}) if isinstance(value.get("flows"), dict) else {}
            found[name] = Scheme(
                " ".join(told), here, {key: flow for key, flow in flows.items() if isinstance(flow, dict)}
            )
        return found

    def _security(self, place: Place) -> tuple[Alternative, ...]:
        alternatives: list[Alternative] = []
        for index, requirement in enumerate(self.document.at(place)):
            wanted: dict[str, frozenset[str]] = {}
            for name, scopes in requirement.items():
                if name not in self.schemes:
                    raise self.document.error(
                        place / index / name,
                        f"there is no security scheme {name!r}",
                        "define it in components/securitySchemes",
                    )
                identity = self.schemes[name].identity
                wanted[identity] = wanted.get(identity, frozenset()) | frozenset(scopes)
            alternatives.append(wanted)
        return tuple(alternatives) or ({},)

    def _servers(self, value: dict[str, Any], place: Place, item: Mapping[str, Place]) -> dict[str, Place]:
        if value.get("servers"):
            here = place / "servers"
        elif "servers" in item and self.document.at(item["servers"]):
            here = item["servers"]
        elif self.document.root.get("servers"):
            here = self.root / "servers"
        else:
            return {"/": self.root}
        found: dict[str, Place] = {}
        for index, server in enumerate(self.document.at(here)):
            for url in _expanded(server):
                found.setdefault(url, here / index)
        return found


def _expanded(server: dict[str, Any]) -> Iterator[str]:
    """Return the URLs of a server: one for each choice of the variables that list their values."""
    variables = server.get("variables", {})
    listed = {name: variables[name]["enum"] for name in variables if variables[name].get("enum")}
    for choice in itertools.islice(itertools.product(*listed.values()), _MOST_SERVERS):
        url = server["url"]
        for name, value in zip(listed, choice, strict=True):
            url = url.replace(f"{{{name}}}", value)
        scheme, separator, rest = url.partition("://")
        host, slash, path = rest.partition("/")
        yield (f"{scheme.lower()}://{host.lower()}{slash}{path}" if separator else url).rstrip("/") or "/"


def _media_type(text: str) -> str:
    """Return a media type without what makes no difference: case, blanks, the charset that is meant anyway."""
    kind, *parameters = (part.strip() for part in text.split(";"))
    kept = sorted(one.lower().replace('"', "") for one in parameters if one)
    return ";".join([kind.lower(), *(one for one in kept if one != "charset=utf-8")])


def covered_by(media: str, offered: Mapping[str, Media]) -> str | None:
    """Return the entry of a ``content`` that speaks of a media type, exact or by range; None where none does."""
    kind = media.partition(";")[0]
    for candidate in (media, kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if candidate in offered:
            return candidate
    return None


def reply_for(status: str, replies: Mapping[str, Reply]) -> Reply | None:
    """Return what speaks of a status: itself, its range, or the default."""
    for candidate in (status, f"{status[0]}XX", "DEFAULT"):
        if candidate in replies:
            return replies[candidate]
    return None
