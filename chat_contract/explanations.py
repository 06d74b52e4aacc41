"""Explanations of the clauses: why each exists, an exchange that violates it, and how to fix a server.

They are read from ``openapi/explanations.yaml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from chat_contract.contract import JSON
from chat_contract.document.source import read_source
from chat_contract.exchange import Breakdown, BreakdownKind, Credential, Exchange, Headers, Request, Response
from chat_contract.resources import openapi_dir


@dataclass(frozen=True)
class Explanation:
    """What a clause means in practice. ``before``: exchanges that precede the one that violates it."""

    why: str
    fix: str
    fastapi: str
    before: tuple[Exchange, ...]
    exchange: Exchange


def load_explanations() -> Mapping[str, Explanation]:
    """Load the explanations, by clause id."""
    value = read_source(openapi_dir() / "explanations.yaml").value
    return {name: _explanation(value["groups"][name.partition(".")[0]], row) for name, row in value["clauses"].items()}


def _explanation(group: Mapping[str, str], row: Mapping[str, Any]) -> Explanation:
    request = Request(
        method=row.get("method", "POST"),
        path=row.get("path", "/chat"),
        headers=tuple(row.get("headers", {"Content-Type": JSON}).items()),
        body=row["send"].encode("utf-8"),
        chunked=row.get("chunked", False),
        credential=cast("Credential", row.get("credential", "given")),
    )
    headers: Headers = tuple(row.get("response_headers", {"Content-Type": JSON}).items())
    return Explanation(
        why=row.get("why", group["why"]),
        fix=row.get("fix", group["fix"]),
        fastapi=row.get("fastapi", group["fastapi"]),
        before=tuple(_plain_exchange(*pair) for pair in row.get("before", ())),
        exchange=Exchange(request, _outcome(row["get"], headers), concurrent=row.get("concurrent", False)),
    )


def _plain_exchange(sent: str, received: str) -> Exchange:
    headers: Headers = (("Content-Type", JSON),)
    return Exchange(Request("POST", "/chat", headers, sent.encode("utf-8")), _outcome(received, headers))


def _outcome(received: str, headers: Headers) -> Response | Breakdown:
    status, _, body = received.partition(" ")
    if not status.isdigit():
        return Breakdown(cast("BreakdownKind", status))
    return Response(int(status), headers, body.encode("utf-8"))
