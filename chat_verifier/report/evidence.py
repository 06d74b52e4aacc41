"""The evidence of a run: one JSON document from which every report is made. Secrets are hidden here, at the edge."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

from chat_contract.errors import render_pointer
from chat_contract.exchange import Breakdown, Exchange, Headers
from chat_contract.version import __version__
from chat_verifier.findings.causes import Cause
from chat_verifier.findings.verdict import ClauseResult, RunResult
from chat_verifier.findings.waivers import beyond, name_of, said_of
from chat_verifier.planning.case import count_by_group
from chat_verifier.report.reproduce import Way, command, exchanges
from chat_verifier.run.runner import Observation
from kit_http.redaction.secrets import Secrets, is_credential
from kit_reports.waivers import Waiver

FORMAT = "chat-contract-report"
VERSION = 1

Document = dict[str, Any]


def evidence(result: RunResult, way: Way, changes: Sequence[tuple[str, str, str]] = ()) -> Document:
    """Return the document; it differs between two equal runs only in times and in what the server chose.

    ``changes`` are the answers to open questions that were others in an earlier run.
    """
    secrets = way.secrets
    return {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"chat-contract/{__version__}",
        "contract": result.contract_version,
        "verdict": result.verdict,
        "reason": secrets.hide(result.reason),
        "base_url": secrets.hide(result.base_url),
        "started": result.started,
        "seed": result.seed,
        "tier": result.tier,
        "strict": result.strict,
        "shard": result.shard,
        "requests": result.requests,
        "recalled": result.replayed,
        "seconds": round(result.seconds, 3),
        "left_out": count_by_group(result.left_out),
        "clauses": [_clause(clause, way, result.waivers) for clause in result.clauses],
        "waivers_in_vain": [secrets.hide(name_of(waiver)) for waiver in result.unused_waivers],
        "latitude": result.profile,
        "latitude_changes": [list(change) for change in changes],
        "exchanges": [_observed(number, seen, secrets) for number, seen in enumerate(result.observations, 1)],
    }


def _clause(found: ClauseResult, way: Way, waivers: Sequence[Waiver]) -> Document:
    return {
        "id": found.clause.id,
        "group": found.clause.group,
        "level": found.clause.level,
        "says": found.clause.requirement,
        "source": found.clause.source,
        "verdict": found.verdict,
        "reason": found.reason,
        "asked": found.asked,
        "exchanges": found.exchanges,
        "violations": [_violation(cause, way, waivers) for cause in found.causes],
    }


def _violation(cause: Cause, way: Way, waivers: Sequence[Waiver]) -> Document:
    secrets = way.secrets
    waiver = cause.waiver
    return {
        "message": secrets.hide(cause.violation.message),
        "pointer": secrets.hide(render_pointer(cause.violation.pointer)),
        "expected": secrets.hide(cause.violation.expected),
        "got": _hidden(cause.violation.got, secrets),
        "cause": _hidden({name: said_of(cause)[name] for name in ("pointer", "got")}, secrets),
        "seen": cause.seen,
        "sent": cause.sent,
        "intermittent": cause.intermittent,
        "waived": None
        if waiver is None
        else {
            "reason": secrets.hide(waiver.reason),
            "owner": secrets.hide(waiver.owner),
            "expires": waiver.expires.isoformat(),
        },
        "beyond_waiver": beyond(cause, waivers),
        "request": cause.exhibit.case.label,
        "requests": list(cause.labels),
        "exchanges": [_exchange(exchange, secrets) for exchange in exchanges(cause.exhibit)],
        "curl": secrets.hide(command(cause.exhibit, way)),
    }


def _observed(number: int, seen: Observation, secrets: Secrets) -> Document:
    return {
        "number": number,
        "group": seen.sequence.group,
        "script": seen.sequence.id,
        "turn": seen.index + 1,
        "label": seen.case.label,
        "at": round(seen.at, 3),
        "seconds": round(seen.exchange.outcome.elapsed, 4),
        "tried": sorted(seen.tried),
        "broken": sorted({violation.clause for violation in seen.violations}),
        **_exchange(seen.exchange, secrets),
    }


def _exchange(exchange: Exchange, secrets: Secrets) -> Document:
    request, outcome = exchange.request, exchange.outcome
    plain = tuple((name, value) for name, value in request.headers if not is_credential(name))
    sent = {
        "method": request.method,
        "path": request.path,
        "headers": _headers(plain, secrets),
        "body": _text(request.body, secrets),
    }
    if isinstance(outcome, Breakdown):
        breakdown = {"kind": outcome.kind, "detail": secrets.hide(outcome.detail)}
        return {"request": sent, "response": None, "breakdown": breakdown}
    came = {
        "status": outcome.status,
        "headers": _headers(outcome.headers, secrets),
        "body": _text(outcome.body, secrets),
    }
    return {"request": sent, "response": came}


def _headers(headers: Headers, secrets: Secrets) -> dict[str, str]:
    """Return the headers by name, those of one name in one line."""
    found: dict[str, str] = {}
    for name, value in headers:
        shown = secrets.hide(name)
        found[shown] = f"{found[shown]}, {secrets.hide(value)}" if shown in found else secrets.hide(value)
    return found


def _text(body: bytes, secrets: Secrets) -> str | dict[str, str]:
    """Return the body as text, or as base64 where it is none."""
    try:
        return secrets.hide(body.decode("utf-8"))
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(secrets.masked_bytes(body)).decode("ascii")}


def _hidden(value: Any, secrets: Secrets) -> Any:
    """Hide the secrets in every text of a value that came from a server."""
    if isinstance(value, str):
        return secrets.hide(value)
    if isinstance(value, list):
        return [_hidden(child, secrets) for child in value]
    if isinstance(value, dict):
        return {secrets.hide(str(key)): _hidden(child, secrets) for key, child in value.items()}
    return value
