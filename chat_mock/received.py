"""The requests that the mock received, as a test reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kit_reports.visible import visible, visible_text

_MAX_SHOWN = 300
_MISSING = object()
_OPTIONAL_TEXT = (str, type(None))


class UnexpectedShapeError(Exception):
    """A part of a JSON value is missing or has another type. The text names it."""


def part(value: Any, kind: type[Any] | tuple[type[Any], ...], *path: str) -> Any:
    """Return a part of a JSON value; raise :class:`UnexpectedShapeError` unless it is there and of this type."""
    for name in path:
        value = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    if value is _MISSING or not isinstance(value, kind):
        raise UnexpectedShapeError(".".join(path) or "the value")
    return value


def written(value: Any) -> str:
    """Return a JSON value as text."""
    try:
        return json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "(nested too deeply)"


@dataclass(frozen=True)
class Fault:
    """A place of a request body that violates the contract. ``pointer`` is a JSON Pointer."""

    pointer: str
    keyword: str
    text: str

    @classmethod
    def from_journal(cls, fault: Any) -> Fault:
        """Read a fault in an entry of the journal."""
        return cls(part(fault, str, "pointer"), part(fault, str, "keyword"), part(fault, str, "text"))


@dataclass(frozen=True)
class ChatRequest:
    """A request that the mock received, with the status of its response and the contract's verdict."""

    number: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    status: int
    faults: tuple[Fault, ...]
    reason: str
    """Why the request violates the contract, if not because of faults of its body; else empty."""
    source: str
    """Where the response comes from, for example ``conversation``, ``search`` or ``rule``."""
    keeps_contract: bool | None
    """Whether the request conforms to the contract; None if that is unknown."""

    @classmethod
    def from_journal(cls, entry: Any) -> ChatRequest:
        """Read an entry of the journal; raise :class:`UnexpectedShapeError` for anything else."""
        headers = part(entry, dict, "request", "headers")
        return cls(
            number=part(entry, int, "number"),
            method=part(entry, str, "method"),
            path=part(entry, str, "path"),
            headers={name: part(value, str) for name, value in headers.items()},
            body=part(entry, object, "request", "body"),
            status=part(entry, int, "status"),
            faults=tuple(map(Fault.from_journal, part(entry, list, "verdict", "faults"))),
            reason=part(entry, _OPTIONAL_TEXT, "verdict", "text") or "",
            source=part(entry, str, "why", "source"),
            keeps_contract=part(entry, (bool, type(None)), "verdict", "keeps_contract"),
        )

    def __str__(self) -> str:
        """Return the request on a few lines, as a failing test shows it."""
        sent = written(self.body)
        shown = sent if len(sent) <= _MAX_SHOWN else f"{sent[:_MAX_SHOWN]}…"
        problems = [] if self.keeps_contract else [fault.text for fault in self.faults] or [self.reason]
        listed = "".join(f"\n    {visible(problem)}" for problem in problems if problem)
        return visible_text(f"{self.method} {self.path} (status {self.status}){listed}\n    body: {shown}")


def read_requests(value: Any) -> tuple[int, list[ChatRequest]]:
    """Read a journal: the number of dropped requests, and the others. Raise :class:`UnexpectedShapeError`."""
    return part(value, int, "dropped"), [ChatRequest.from_journal(entry) for entry in part(value, list, "requests")]


def read_rules(value: Any) -> list[Mapping[str, Any]]:
    """Read a list of rules. Raise :class:`UnexpectedShapeError`."""
    return [part(rule, dict) for rule in part(value, list, "rules")]
