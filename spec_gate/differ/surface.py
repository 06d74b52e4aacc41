"""The surface of an API description: operations, parameters, bodies, responses, credentials and servers.

References are followed. Schemas stay places in the document; :mod:`spec_gate.schemas` reads them.
"""

from __future__ import annotations

import re
import string
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from spec_gate.source.documents import Document, Place
from spec_gate.source.kinds import METHODS

VARIABLE = re.compile(r"\{([^{}]*)\}")
"""A variable in a path or in a server URL."""

_UNRESERVED = frozenset(string.ascii_letters + string.digits + "-._~")
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|[^A-Za-z0-9._~:/?#@!$&'()*+,;=\[\]{}-]")
"""An escaped character, or one that a URL cannot contain unescaped."""


FORMS = ("application/x-www-form-urlencoded", "multipart/")
"""The beginnings of media types of forms."""


@dataclass(frozen=True)
class Media:
    """One media type of a ``content`` object; ``item_schema`` describes each item of a stream."""

    type: str
    place: Place
    schema: Place | None
    item_schema: Place | None
    encoding: Mapping[str, Any]
    examples: frozenset[str]

    @property
    def has_parts(self) -> bool:
        """Whether the body consists of form fields or parts, which ``encoding`` describes."""
        return self.type.startswith(FORMS) or "*" in self.type


@dataclass(frozen=True)
class Parameter:
    """A request parameter or a response header."""

    location: str
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

    @property
    def label(self) -> str:
        return f"{self.location} {self.name}"


@dataclass(frozen=True)
class Body:
    """A request body."""

    place: Place
    required: bool
    media: Mapping[str, Media]


@dataclass(frozen=True)
class Response:
    """The response of one status, one range such as ``4XX``, or ``DEFAULT``."""

    status: str
    place: Place
    headers: Mapping[str, Parameter]
    media: Mapping[str, Media]


@dataclass(frozen=True, order=True)
class Credential:
    """What a security scheme accepts. Two schemes with the same ``identity`` accept the same credentials.

    ``written`` is the same text for people: it keeps the case of a header name.
    """

    identity: str
    written: str = field(compare=False)


Alternative = Mapping[Credential, frozenset[str]]
"""Credentials that are required together, each with its scopes."""


Listed = tuple[frozenset[str] | None, ...]
"""The values of each variable of a URL, in order; None for a variable that may have any value."""


@dataclass(frozen=True)
class Operation:
    """One method on one path. ``outgoing`` marks webhooks and callbacks, which the server calls."""

    method: str
    path: str
    place: Place
    parameters: Mapping[tuple[str, str], Parameter]
    body: Body | None
    responses: Mapping[str, Response]
    security: tuple[Alternative, ...]
    security_place: Place
    servers: Mapping[str, Place]
    deprecated: bool
    sunset: str | None
    id: str | None
    callbacks: Mapping[str, Operation] = field(default_factory=dict)
    outgoing: bool = False
    listed: Mapping[str, tuple[Listed, ...]] = field(default_factory=dict)
    """What the variables of a server may be, if that gives too many URLs to state each in ``servers``; each entry of
    the list of servers has its own values."""

    @property
    def label(self) -> str:
        return f"{self.verb} {self.path}"

    @property
    def verb(self) -> str:
        """The method as a request states it; methods of ``additionalOperations`` keep their case."""
        return self.method.upper() if self.method in METHODS else self.method

    @property
    def key(self) -> tuple[str, str]:
        """The method and the path in normal form, which identify an operation."""
        return self.method, normal_url(self.path)

    @property
    def urls(self) -> frozenset[str]:
        """The URLs of the operation on all servers, in normal form."""
        return frozenset(map(self.url_at, self.servers))

    def url_at(self, server: str) -> str:
        return normal_url(server.rstrip("/") + self.path)


@dataclass(frozen=True)
class Scheme:
    """A security scheme: what it accepts, and the flows that give tokens for it."""

    credential: Credential
    place: Place
    flows: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Surface:
    """Everything that a description offers to clients."""

    document: Document
    operations: Mapping[tuple[str, str], Operation]
    webhooks: Mapping[tuple[str, str], Operation]
    schemes: Mapping[str, Scheme]
    version: str
    schemas: tuple[Place, ...]


def normal_url(url: str) -> str:
    """Return a path or URL without names of variables, and with the percent-encoding of RFC 3986, section 6.2.2.

    An escaped reserved character, such as ``%2F``, is not the same as the character.
    """
    return _ESCAPED.sub(_normal_character, VARIABLE.sub("{}", url))


def _normal_character(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) == 1:
        return quote(text, safe="", errors="surrogatepass")
    character = unquote(text)
    return character if character in _UNRESERVED else text.upper()


def same_servers(one: Operation, other: Operation) -> frozenset[tuple[Place, Place]]:
    """Return the places of the servers that both have with the same URL; names of variables do not matter.

    A document without servers has the server ``/``, which is written nowhere.
    """
    theirs = {normal_url(url): place for url, place in other.servers.items() if place.pointer}
    ours = {normal_url(url): place for url, place in one.servers.items() if place.pointer}
    return frozenset((place, theirs[url]) for url, place in ours.items() if url in theirs)


def covered_by(media: str, offered: Container[str]) -> str | None:
    """Return the key of ``offered`` that covers a media type, exactly or by range; None if no key does."""
    kind = media.partition(";")[0]
    for candidate in (media, kind, f"{kind.partition('/')[0]}/*", "*/*"):
        if candidate in offered:
            return candidate
    return None


def response_for(status: str, responses: Mapping[str, Response]) -> Response | None:
    """Return the response that describes a status: by its number, its range, or the default."""
    for candidate in (status, f"{status[0]}XX", "DEFAULT"):
        if candidate in responses:
            return responses[candidate]
    return None
