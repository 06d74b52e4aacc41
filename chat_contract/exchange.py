"""An HTTP exchange as plain frozen values: the request, and the response or the way it failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Headers = tuple[tuple[str, str], ...]

Credential = Literal["given", "missing", "wrong", "malformed", "spoofed"]
"""Which credential a request carries; ``given`` is the one that the user configured."""


@dataclass(frozen=True)
class Request:
    """A request as sent. ``path`` is relative to the server's base URL."""

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    chunked: bool = False
    credential: Credential = "given"

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


@dataclass(frozen=True)
class Response:
    """A complete response. ``elapsed`` is in seconds; ``omitted``: how many bytes ``body`` lacks, to save memory."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    elapsed: float = field(default=0.0, compare=False)
    omitted: int = 0

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


BreakdownKind = Literal["reset", "truncated", "silence", "garbled", "too-long"]
"""How a response failed to arrive.

``reset``: the connection closed before a response; ``truncated``: it closed inside one; ``silence``: no complete
response in time; ``garbled``: the bytes are not HTTP; ``too-long``: more bytes than the client reads.
"""


@dataclass(frozen=True)
class Breakdown:
    """A response that did not arrive, or did not arrive completely. ``elapsed`` is in seconds."""

    kind: BreakdownKind
    detail: str = ""
    elapsed: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Exchange:
    """A request and its outcome. ``concurrent``: requests of other conversations were in flight at the same time."""

    request: Request
    outcome: Response | Breakdown
    concurrent: bool = False


def find_header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the value of the first header with the name, ignoring case, or None."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
