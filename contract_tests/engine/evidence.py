"""The evidence of a run: one JSON document from which every report is made. Secrets are hidden here, at the edge."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Sequence
from typing import Any

from chat_contract.errors import render_pointer
from chat_contract.interactions import Breakdown, Headers, Interaction
from chat_contract.version import __version__
from contract_tests.engine.causes import Cause
from contract_tests.engine.reproduce import command, exchanges
from contract_tests.engine.runner import Observation
from contract_tests.engine.secrets import Secrets, is_credential
from contract_tests.engine.verdict import ClauseResult, RunResult

FORMAT = "chat-contract-report"
VERSION = 1

Document = dict[str, Any]


def evidence(
    result: RunResult, headers: Headers, secrets: Secrets, changes: Sequence[tuple[str, str, str]] = ()
) -> Document:
    """Return the document; it differs between two equal runs only in times and in what the server chose.

    ``changes`` are the answers to open questions that were others in an earlier run.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "tool": f"chat-contract/{__version__}",
        "contract": result.contract_version,
        "verdict": result.verdict,
        "reason": result.reason,
        "base_url": result.base_url,
        "started": result.started,
        "seed": result.seed,
        "tier": result.tier,
        "strict": result.strict,
        "shard": result.shard,
        "requests": result.requests,
        "recalled": result.recalled,
        "seconds": round(result.seconds, 3),
        "left_out": dict(sorted(Counter(script.group for script in result.left_out for _ in script.steps).items())),
        "clauses": [_clause(clause, result.base_url, headers, secrets) for clause in result.clauses],
        "latitude": result.profile,
        "latitude_changes": [list(change) for change in changes],
        "exchanges": [_observed(number, seen) for number, seen in enumerate(result.observations, 1)],
    }
    return dict(_hidden(document, secrets))


def _clause(found: ClauseResult, base_url: str, headers: Headers, secrets: Secrets) -> Document:
    return {
        "id": found.clause.id,
        "group": found.clause.group,
        "level": found.clause.level,
        "says": found.clause.says,
        "source": found.clause.source,
        "verdict": found.verdict,
        "reason": found.reason,
        "asked": found.asked,
        "exchanges": found.exchanges,
        "violations": [_violation(cause, base_url, headers, secrets) for cause in found.causes],
    }


def _violation(cause: Cause, base_url: str, headers: Headers, secrets: Secrets) -> Document:
    waiver = cause.waiver
    return {
        "message": cause.violation.message,
        "pointer": render_pointer(cause.violation.pointer),
        "expected": cause.violation.expected,
        "got": cause.violation.got,
        "seen": cause.seen,
        "sent": cause.sent,
        "intermittent": cause.intermittent,
        "waived": None
        if waiver is None
        else {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires.isoformat()},
        "request": cause.exhibit.step.label,
        "requests": list(cause.labels),
        "exchanges": [_exchange(interaction) for interaction in exchanges(cause.exhibit)],
        "curl": command(cause.exhibit, base_url, headers, secrets),
    }


def _observed(number: int, seen: Observation) -> Document:
    return {
        "number": number,
        "group": seen.script.group,
        "script": seen.script.name,
        "turn": seen.index + 1,
        "label": seen.step.label,
        "at": round(seen.at, 3),
        "seconds": round(seen.interaction.outcome.elapsed, 4),
        "tried": sorted(seen.tried),
        "broken": sorted({violation.clause for violation in seen.violations}),
        **_exchange(seen.interaction),
    }


def _exchange(interaction: Interaction) -> Document:
    request, outcome = interaction.request, interaction.outcome
    sent = {
        "method": request.method,
        "path": request.path,
        "headers": {name: value for name, value in request.headers if not is_credential(name)},
        "body": _text(request.body),
    }
    if isinstance(outcome, Breakdown):
        return {"request": sent, "response": None, "breakdown": {"kind": outcome.kind, "detail": outcome.detail}}
    return {
        "request": sent,
        "response": {"status": outcome.status, "headers": dict(outcome.headers), "body": _text(outcome.body)},
    }


def _text(body: bytes) -> str | dict[str, str]:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}


def _hidden(value: Any, secrets: Secrets) -> Any:
    """Hide the secrets in every text of a value, commands apart, which name them on purpose."""
    if isinstance(value, str):
        return secrets.hide(value)
    if isinstance(value, list):
        return [_hidden(child, secrets) for child in value]
    if isinstance(value, dict):
        return {secrets.hide(str(key)): _hidden(child, secrets) for key, child in value.items()}
    return value
