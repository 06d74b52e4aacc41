"""One request with what came of it: plain frozen values, without a socket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

Headers = tuple[tuple[str, str], ...]

Credential = Literal["given", "missing", "wrong", "malformed", "spoofed"]
"""What a request says of its key; ``given`` is what the run was told to send."""


@dataclass(frozen=True)
class Request:
    """A request as it goes over the wire. ``path`` is what follows the server's base URL."""

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
    """An answer that came whole. ``elapsed`` is in seconds."""

    status: int
    headers: Headers = ()
    body: bytes = b""
    elapsed: float = field(default=0.0, compare=False)

    def header(self, name: str) -> str | None:
        return find_header(self.headers, name)


@dataclass(frozen=True)
class Breakdown:
    """An answer that did not come, or not whole.

    ``reset``: the connection closed before an answer; ``truncated``: it closed inside one; ``silence``: nothing came
    in time; ``garbled``: what came is no HTTP.
    """

    kind: Literal["reset", "truncated", "silence", "garbled"]
    detail: str = ""
    elapsed: float = field(default=0.0, compare=False)


@dataclass(frozen=True)
class Exchange:
    """A request and its outcome; ``concurrent``: other conversations had requests in flight meanwhile."""

    request: Request
    outcome: Response | Breakdown
    concurrent: bool = False


def find_header(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the first header of that name, in any case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)
