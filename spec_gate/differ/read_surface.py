"""Reads the surface of an API description from its document."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any

from spec_gate.differ.surface import (
    VARIABLE,
    Alternative,
    Body,
    Credential,
    Listed,
    Media,
    Operation,
    Parameter,
    Response,
    Scheme,
    Surface,
)
from spec_gate.source.documents import Document, Place
from spec_gate.source.kinds import METHODS

_IGNORED_HEADERS = frozenset({"accept", "content-type", "authorization"})
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_ENCODED = {"3.0": ("query",), "3.1": ("query",), "3.2": ("query", "path", "cookie")}
"""The locations of parameters that ``allowReserved`` applies to, by version."""
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_MAX_URLS = 64
"""How many URLs of a server are compared one by one; beyond that, the values of its variables are compared."""


def read_surface(document: Document) -> Surface:
    """Read the surface; raises :class:`chat_contract.errors.DocumentError` for a reference without a target."""
    return _Reader(document).surface()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Place(document.name, ())
        self.schemes = self._schemes()
        self.open_callbacks: set[Place] = set()

    def surface(self) -> Surface:
        info = self.document.root.get("info", {})
        components = self.document.root.get("components", {})
        schemas = tuple(self.root / "components" / "schemas" / name for name in components.get("schemas", {}))
        return Surface(
            self.document,
            self._operations("paths", outgoing=False),
            self._operations("webhooks", outgoing=True) if self.document.version != "3.0" else {},
            self.schemes,
            str(info.get("version", "")),
            schemas,
        )

    def _operations(self, name: str, *, outgoing: bool) -> dict[tuple[str, str], Operation]:
        place = self.root / name
        found: dict[tuple[str, str], Operation] = {}
        for path in self.document.root.get(name, {}):
            if not path.startswith("x-"):
                for operation in self._path_item(path, place / path, outgoing=outgoing):
                    # Paths that differ only in names of variables are ambiguous, but both are operations.
                    key = operation.key if operation.key not in found else (operation.method, path)
                    found.setdefault(key, operation)
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
        if "additionalOperations" in fields:
            others = fields["additionalOperations"]
            for method in self.document.at(others):
                known = method.isupper() and method.lower() in METHODS
                yield self._operation(
                    method.lower() if known else method, path, others / method, fields, outgoing=outgoing
                )

    def _operation(
        self, method: str, path: str, place: Place, item: Mapping[str, Place], *, outgoing: bool
    ) -> Operation:
        value, place = self.document.follow(self.document.at(place), place)
        parameters = dict(self._parameters(item["parameters"], path)) if "parameters" in item else {}
        if "parameters" in value:
            parameters |= dict(self._parameters(place / "parameters", path))
        security_place = place / "security" if "security" in value else self.root / "security"
        has_security = "security" in value or "security" in self.document.root
        servers, listed = self._servers(value, place, item)
        callbacks = dict(self._callbacks(place / "callbacks")) if "callbacks" in value else {}
        sunset = value.get("x-sunset")
        return Operation(
            method,
            path,
            place,
            parameters,
            self._body(place / "requestBody") if "requestBody" in value else None,
            {one.upper(): self._response(one.upper(), place / "responses" / one) for one in value.get("responses", {})
             if not one.startswith("x-")},
            self._security(security_place) if has_security else ({},),
            security_place if has_security else place,
            servers,
            value.get("deprecated") is True,
            sunset if isinstance(sunset, str) else None,
            value.get("operationId"),
            callbacks,
            outgoing,
            listed,
        )  # fmt: skip

    def _callbacks(self, place: Place) -> Iterator[tuple[str, Operation]]:
        if place in self.open_callbacks:  # A callback may refer to the operation around it.
            return
        self.open_callbacks.add(place)
        for name in self.document.at(place):
            value, here = self.document.follow(self.document.at(place / name), place / name)
            for expression in value:
                if not expression.startswith("x-"):
                    for operation in self._path_item(expression, here / expression, outgoing=True):
                        yield f"{name} {operation.method} {expression}", operation
        self.open_callbacks.discard(place)

    # Parameters -------------------------------------------------------------------------------------------------------

    def _parameters(self, place: Place, path: str) -> Iterator[tuple[tuple[str, str], Parameter]]:
        names = VARIABLE.findall(path)
        for index in range(len(self.document.at(place))):
            value, here = self.document.follow(self.document.at(place / index), place / index)
            parameter = self._parameter(value, here, value["in"], value["name"])
            location, name = parameter.location, parameter.name
            if location == "header" and name.lower() in _IGNORED_HEADERS:
                continue
            if location == "path" and name in names:
                key = str(names.index(name))
            else:
                key = name.lower() if location == "header" else name
            yield (location, key), parameter

    def _parameter(self, value: dict[str, Any], place: Place, location: str, name: str) -> Parameter:
        content = value.get("content", {})
        media = next(iter(content), "")
        if media:
            schema = place / "content" / media / "schema" if "schema" in content[media] else None
        else:
            schema = place / "schema" if "schema" in value else None
        style = value.get("style", _STYLES.get(location, "simple"))
        return Parameter(
            location,
            name,
            place,
            value.get("required") is True or location == "path",
            schema,
            _media_type(media) if media else "",
            style,
            style == "deepObject" or value.get("explode", style == "form"),
            value.get("allowReserved") is True and location in _ENCODED[self.document.version],
            value.get("allowEmptyValue") is True and location == "query",
            value.get("deprecated") is True,
        )

    # Bodies -----------------------------------------------------------------------------------------------------------

    def _body(self, place: Place) -> Body:
        value, here = self.document.follow(self.document.at(place), place)
        return Body(here, value.get("required") is True, self._media(value, here))

    def _response(self, status: str, place: Place) -> Response:
        value, here = self.document.follow(self.document.at(place), place)
        headers: dict[str, Parameter] = {}
        for name in value.get("headers", {}):
            if name.lower() != "content-type":
                header, header_place = self.document.follow(value["headers"][name], here / "headers" / name)
                headers[name.lower()] = self._parameter(header, header_place, "header", name)
        return Response(status, here, headers, self._media(value, here))

    def _media(self, value: dict[str, Any], place: Place) -> dict[str, Media]:
        found: dict[str, Media] = {}
        for name in value.get("content", {}):
            here = place / "content" / name
            media, here = self.document.follow(self.document.at(here), here)
            schema, item = (here / key if key in media else None for key in ("schema", "itemSchema"))
            examples = frozenset(media.get("examples", {}))
            found[_media_type(name)] = Media(_media_type(name), here, schema, item, media.get("encoding", {}), examples)
        return found

    # Credentials and servers ------------------------------------------------------------------------------------------

    def _schemes(self) -> dict[str, Scheme]:
        place = self.root / "components" / "securitySchemes"
        found: dict[str, Scheme] = {}
        for name in self.document.root.get("components", {}).get("securitySchemes", {}):
            value, here = self.document.follow(self.document.at(place / name), place / name)
            flows = value.get("flows", {}) if isinstance(value.get("flows"), dict) else {}
            found[name] = Scheme(
                _credential(value), here, {key: flow for key, flow in flows.items() if isinstance(flow, dict)}
            )
        return found

    def _security(self, place: Place) -> tuple[Alternative, ...]:
        alternatives: list[Alternative] = []
        for requirement in self.document.at(place):
            wanted: dict[Credential, frozenset[str]] = {}
            for name, scopes in requirement.items():
                undefined = Credential(f"undefined {name}", f"undefined {name}")
                credential = self.schemes[name].credential if name in self.schemes else undefined
                wanted[credential] = wanted.get(credential, frozenset()) | frozenset(scopes)
            alternatives.append(wanted)
        return tuple(alternatives) or ({},)

    def _servers(
        self, value: dict[str, Any], place: Place, item: Mapping[str, Place]
    ) -> tuple[dict[str, Place], dict[str, tuple[Listed, ...]]]:
        if value.get("servers"):
            here = place / "servers"
        elif "servers" in item and self.document.at(item["servers"]):
            here = item["servers"]
        elif self.document.root.get("servers"):
            here = self.root / "servers"
        else:
            return {"/": self.root}, {}
        found: dict[str, Place] = {}
        listed: dict[str, tuple[Listed, ...]] = {}
        for index, server in enumerate(self.document.at(here)):
            variables = server.get("variables", {})
            used = [name for name in VARIABLE.findall(server["url"]) if variables.get(name, {}).get("enum")]
            values = {name: variables[name]["enum"] for name in used}
            is_long = math.prod(map(len, values.values())) > _MAX_URLS
            for url in _expanded(server["url"], {} if is_long else values):
                if is_long and (url not in found or url in listed):
                    listed[url] = (*listed.get(url, ()), _listed(server["url"], values))
                elif not is_long:
                    listed.pop(url, None)
                found.setdefault(url, here / index)
        return found, listed


def _expanded(url: str, values: Mapping[str, list[str]]) -> Iterator[str]:
    """Return the URLs of a server: one for each combination of the variables that list their values."""
    for choice in itertools.product(*values.values()):
        chosen = url
        for name, value in zip(values, choice, strict=True):
            chosen = chosen.replace(f"{{{name}}}", value)
        yield _normal_server(chosen)


def _normal_server(url: str) -> str:
    """Return the URL of a server with scheme and host in lower case, and without a default port or a last slash."""
    scheme, separator, rest = url.partition("://")
    scheme, (host, slash, path) = scheme.lower(), rest.partition("/")
    host = host.lower().removesuffix(_DEFAULT_PORTS.get(scheme, ""))
    return (f"{scheme}://{host}{slash}{path}" if separator else url).rstrip("/") or "/"


def _listed(url: str, values: Mapping[str, list[str]]) -> Listed:
    """Return the values of each variable in the URL of a server; those of a scheme or host in lower case."""
    path = (url.find("/", url.find("://") + 3) + 1 or len(url)) if "://" in url else 0
    return tuple(
        frozenset(one.lower() if found.start() < path else one for one in values[found[1]])
        if found[1] in values else None
        for found in VARIABLE.finditer(url)
    )  # fmt: skip


def _media_type(text: str) -> str:
    """Return a media type in lower case, without blanks and without the default charset."""
    kind, *parameters = (part.strip() for part in text.split(";"))
    kept = sorted(one.lower().replace('"', "") for one in parameters if one)
    return ";".join([kind.lower(), *(one for one in kept if one != "charset=utf-8")])


def _credential(scheme: dict[str, Any]) -> Credential:
    """Return what a security scheme accepts."""
    kind = scheme.get("type", "")
    parts = [kind]
    if kind == "apiKey":
        parts += [str(scheme.get("in", "")), str(scheme.get("name", ""))]
    elif kind == "http":
        parts.append(str(scheme.get("scheme", "")).lower())
    elif kind == "openIdConnect":
        parts.append(str(scheme.get("openIdConnectUrl", "")))
    written = " ".join(parts)
    return Credential(written.lower() if scheme.get("in") == "header" else written, written)
