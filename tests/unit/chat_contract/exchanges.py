"""Builds requests, responses and violations in one line each."""

from __future__ import annotations

import json
from typing import Any

from chat_contract import Contract, Exchange, History, Request, Response, Violation, judge
from chat_contract.exchange import Headers
from chat_contract.history import Conversation

JSON: Headers = (("Content-Type", "application/json"),)
NOON = "2024-06-14T12:00:00Z"
EVENT = {"timestamp": NOON, "type": "click"}
ITEM = {"item_id": "A1", "title": "Desk", "status": "active", "description": "A desk.", "price": "99.00"}


def encode(value: Any) -> bytes:
    """Encode a body as JSON; bytes and strings stay unchanged."""
    if isinstance(value, bytes):
        return value
    return (value if isinstance(value, str) else json.dumps(value)).encode()


def ask(body: Any, *, method: str = "POST", path: str = "/chat", headers: Headers = JSON, **rest: Any) -> Request:
    return Request(method, path, headers, encode(body), **rest)


def say(message: str = "A desk, please", **fields: Any) -> Request:
    return ask({"message": message, **fields})


def response(status: int, body: Any = b"", headers: Headers = JSON) -> Response:
    return Response(status, headers, encode(body))


def reply(**fields: Any) -> Response:
    """Return a 200 with a conforming reply, with the given fields replaced."""
    return response(200, {"conversation_id": "new", "message": "Here.", "items": []} | fields)


def entry(loc: Any, **fields: Any) -> dict[str, Any]:
    return {"loc": loc, "msg": "Wrong", "type": "wrong"} | fields


def reject(*locs: Any, status: int = 422, headers: Headers = JSON) -> Response:
    """Return a 422 with one entry for each loc, given without its leading "body"."""
    return response(status, {"detail": [entry(["body", *loc]) for loc in locs]}, headers)


def knows(*ids: str, user: Any = None, rejected: bool = False, accepted: Any = None) -> History:
    """Return the history of a run in which the server issued these conversations, and accepted this body."""
    history = History(seen=set(ids))
    if accepted is not None:
        history.note_accepted(accepted)
    for name in ids:
        history.note_in_use(name)
        history.conversations[name] = Conversation(turns=1, rejected=rejected)
        if user is not None:
            history.conversations[name].user = user
    return history


def judged(
    contract: Contract, request: Request, outcome: Any, history: History | None = None, *, concurrent: bool = False
) -> list[Violation]:
    return list(judge(contract, Exchange(request, outcome, concurrent), history))


def violated(
    contract: Contract, request: Request, outcome: Any, history: History | None = None, **rest: Any
) -> set[str]:
    """Return the ids of the clauses that the exchange violates."""
    return {violation.clause for violation in judged(contract, request, outcome, history, **rest)}


def violated_musts(contract: Contract, request: Request, outcome: Any, history: History | None = None) -> set[str]:
    return {found.clause for found in judged(contract, request, outcome, history) if found.level == "must"}
