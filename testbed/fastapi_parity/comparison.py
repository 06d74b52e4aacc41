"""Sends the same bodies to the mock's service and to FastAPI, and collects the differences."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from fastapi import FastAPI

from chat_contract import read_body
from mock_server import Options, read_snapshot
from mock_server.http.messages import Call
from mock_server.respond.service import ChatService
from testbed.fastapi_parity.bodies import Bodies
from testbed.fastapi_parity.reference import Client, documented_app, lax_app

JSON = "application/json"
REFERENCES: dict[str, Callable[[], FastAPI]] = {
    "documented": documented_app,
    "fastapi": lax_app,
    "forbid": lambda: documented_app(extra="forbid"),
}


Outcome = tuple[int, str]


@dataclass(frozen=True)
class Difference:
    """A body with different responses."""

    raw: bytes
    mock: Outcome
    fastapi: Outcome

    def __str__(self) -> str:
        return f"{self.raw!r}\n  mock:    {self.mock[0]} {self.mock[1]}\n  FastAPI: {self.fastapi[0]} {self.fastapi[1]}"


class Pair:
    """The mock with a profile, and the FastAPI application that corresponds to it."""

    def __init__(self, profile: str) -> None:
        options = Options(latitude=profile, max_requests_kept=0, max_conversations=10)
        self.service = ChatService(read_snapshot(options))
        self._reference = Client(REFERENCES[profile]())

    def close(self) -> None:
        self._reference.close()

    def compare(self, raw: bytes, content_type: str | None = JSON) -> tuple[Outcome, Outcome]:
        """Return the status and body of both responses; for a 200, the status only."""
        answer = self.service.answer(Call({} if content_type is None else {"content-type": content_type}, raw))
        status, text = self._reference.post(raw, content_type)
        mock = (answer.status, "" if answer.status == 200 else answer.body.decode())
        return mock, (status, "" if status == 200 else text)


def is_comparable(raw: bytes) -> bool:
    """Return whether the body is I-JSON (RFC 7493) or a syntax error. Frameworks disagree on all other bodies."""
    return not read_body(raw).beyond_ijson


@dataclass
class Comparison:
    """The result for many bodies: FastAPI's statuses and error types, and the differences."""

    statuses: Counter[int] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Return the number of bodies."""
        return self.statuses.total()


def compare(profile: str, count: int, seed: int) -> Comparison:
    """Send ``count`` bodies to both."""
    pair = Pair(profile)
    result = Comparison()
    try:
        for raw in islice(filter(is_comparable, Bodies(seed)), count):
            mock, fastapi = pair.compare(raw)
            result.statuses[fastapi[0]] += 1
            result.types.update(_types_in(fastapi[1]))
            if mock != fastapi:
                result.differences.append(Difference(raw, mock, fastapi))
    finally:
        pair.close()
    return result


def _types_in(text: str) -> set[str]:
    detail: Any = json.loads(text or "{}").get("detail", [])
    return {error["type"] for error in detail if isinstance(error, dict)}
