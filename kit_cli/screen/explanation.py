"""Renders the explanation of a clause for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.contract import Clause
from chat_contract.exchange import Breakdown, Exchange
from chat_contract.explanations import Explanation
from kit_reports.visible import visible

_BREAKDOWNS = {
    "reset": "The connection closes without a response.",
    "truncated": "The connection closes before the response is complete.",
    "silence": "No response arrives in time.",
    "garbled": "The server sends bytes that are not HTTP.",
    "too-long": "The response does not end.",
}
_CREDENTIALS = {
    "missing": "(without credentials)",
    "wrong": "(with a wrong key)",
    "malformed": "(with a malformed credential)",
    "spoofed": "(without credentials, with X-Forwarded-For: 127.0.0.1)",
}
_LONGEST_BODY = 600


def render_explanation(clause: Clause, explanation: Explanation) -> str:
    """Return the explanation as text."""
    lines = [f"{clause.id} ({clause.level.upper()}): {clause.requirement}", "", explanation.why, ""]
    lines.append("An exchange that violates it:")
    for exchange in (*explanation.before, explanation.exchange):
        lines += ["", *(f"  {visible(line)}" for line in exchange_lines(exchange))]
    lines += ["", f"To fix it: {explanation.fix}", f"In FastAPI: {explanation.fastapi}"]
    return "\n".join(lines)


def exchange_lines(exchange: Exchange) -> Iterator[str]:
    """Yield the request and the response of an exchange, line by line."""
    request, outcome = exchange.request, exchange.outcome
    chunked = " (chunked)" if request.chunked else ""
    yield " ".join(filter(None, [request.method, request.path + chunked, _CREDENTIALS.get(request.credential)]))
    yield from (f"{name}: {value}" for name, value in request.headers if request.body)
    if request.body:
        yield _short(request.body)
    if isinstance(outcome, Breakdown):
        yield f"→ {_BREAKDOWNS[outcome.kind]}"
        return
    yield f"→ status {outcome.status}"
    yield from (f"  {name}: {value}" for name, value in outcome.headers)
    yield f"  {_short(outcome.body)}"


def _short(body: bytes) -> str:
    text = body.decode("utf-8")
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}…"
