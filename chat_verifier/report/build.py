"""Build the report of a run. Secrets are redacted here, before any renderer sees a text."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Sequence
from typing import Any

from chat_contract.errors import render_pointer
from chat_contract.exchange import Breakdown, Exchange, Headers
from chat_contract.version import __version__
from chat_verifier.findings.cause import Cause, case_id, plan_id
from chat_verifier.findings.coverage import Coverage, contract_coverage
from chat_verifier.findings.profile import ProfileChange
from chat_verifier.findings.verdict import ClauseResult, RunResult
from chat_verifier.findings.waivers import WaiverMatch, cases_outside_waivers, match_of
from chat_verifier.planning.case import CaseSequence
from chat_verifier.report.model import (
    FORMAT,
    VERSION,
    Base64Body,
    Body,
    BreakdownReport,
    ClauseReport,
    ExchangeReport,
    NotSent,
    ObservationReport,
    RequestReport,
    ResponseReport,
    VerifyReport,
    ViolationReport,
    WaiverReport,
)
from chat_verifier.report.reproduce import Access, exchanges_of, reproduce
from chat_verifier.run.observation import Observation
from kit_http.redaction.secrets import Secrets, is_credential
from kit_reports.waivers import Waiver


def build_report(result: RunResult, access: Access, changes: Iterable[ProfileChange] = ()) -> VerifyReport:
    """Return the report; two equal runs differ only in times and in what the server chose.

    ``changes``: the open questions that the server answers differently from an earlier run.
    """
    clean = _Cleaner(access.secrets)
    return VerifyReport(
        format=FORMAT,
        version=VERSION,
        tool=f"chat-contract/{__version__}",
        contract=result.contract_version,
        base_url=clean.text(result.base_url),
        verdict=result.verdict,
        reason=result.reason,
        started=result.started,
        seconds=round(result.seconds, 3),
        requests=result.requests,
        accepted=result.accepted,
        coverage=dict(result.coverage),
        uncovered_pairs=dict(result.uncovered_pairs),
        replayed=result.replayed,
        seed=result.seed,
        tier=result.tier,
        strict=result.strict,
        not_sent=_not_sent(result.left_out),
        clauses=tuple(_clause(clause, access, result.waivers, clean) for clause in result.clauses),
        unused_waivers=tuple(_waiver(waiver, clean) for waiver in result.unused_waivers),
        profile={name: str(answer) for name, answer in result.profile.items()},
        profile_changes=tuple(changes),
        exchanges=tuple(_observation(number, seen, clean) for number, seen in enumerate(result.observations, 1)),
        traffic=result.traffic,
        app=result.app,
        contract_coverage=_contract_coverage(result),
        interrupted=result.interrupted,
        lost=result.lost,
    )


def _contract_coverage(result: RunResult) -> Coverage | None:
    seen = result.observations
    return contract_coverage(seen[0].facts.contract, seen) if seen else None


class _Cleaner:
    """Redacts secrets, and writes what JSON in UTF-8 cannot hold as escapes: lone surrogates, NaN and infinities."""

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets

    def text(self, text: str) -> str:
        return self.secrets.hide(text).encode("utf-8", "backslashreplace").decode("utf-8")

    def value(self, value: Any) -> Any:
        """Clean every text of a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.value(child) for child in value]
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(child) for key, child in value.items()}
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        return value

    def body(self, body: bytes) -> Body:
        try:
            return self.secrets.hide(body.decode("utf-8"))
        except UnicodeDecodeError:
            return Base64Body(base64.b64encode(self.secrets.masked_bytes(body)).decode("ascii"))

    def headers(self, headers: Headers) -> dict[str, str]:
        """Return the headers by name; several values of one name become one, separated by commas."""
        found: dict[str, str] = {}
        for name, value in headers:
            shown = self.text(name)
            found[shown] = f"{found[shown]}, {self.text(value)}" if shown in found else self.text(value)
        return found


def _not_sent(sequences: Iterable[CaseSequence]) -> tuple[NotSent, ...]:
    groups: dict[str, list[str]] = {}
    for sequence in sequences:
        groups.setdefault(sequence.group, []).extend(plan_id(sequence, case) for case in sequence.cases)
    return tuple(NotSent(group, tuple(cases)) for group, cases in sorted(groups.items()))


def _clause(found: ClauseResult, access: Access, waivers: Sequence[Waiver], clean: _Cleaner) -> ClauseReport:
    return ClauseReport(
        id=found.clause.id,
        group=found.clause.group,
        level=found.clause.level,
        requirement=found.clause.requirement,
        source=found.clause.source,
        verdict=found.verdict,
        reason=found.reason,
        exchanges=found.exchanges,
        violations=tuple(_violation(cause, access, waivers, clean) for cause in found.causes),
    )


def _violation(cause: Cause, access: Access, waivers: Sequence[Waiver], clean: _Cleaner) -> ViolationReport:
    violation, case = cause.violation, cause.exhibit.case
    return ViolationReport(
        place=clean.text(render_pointer(cause.key.place)),
        observed=cause.key.observed,
        pointer=clean.text(render_pointer(violation.pointer)),
        in_request=violation.in_request,
        expected=clean.text(violation.expected),
        got=clean.value(violation.got),
        confirmation=cause.confirmation,
        seen=cause.seen,
        sent=cause.sent,
        waiver=None if cause.waiver is None else _waiver(cause.waiver, clean),
        cases_not_waived=cases_outside_waivers(cause, waivers),
        case=case_id(cause.exhibit),
        label=clean.text(case.label),
        cases=cause.cases,
        exchanges=tuple(_exchange(exchange, clean) for exchange in exchanges_of(cause.exhibit)),
        command=clean.text(reproduce(cause.exhibit, access)),
    )


def _waiver(waiver: Waiver, clean: _Cleaner) -> WaiverReport:
    match = match_of(waiver)
    match = WaiverMatch(match.clause, clean.text(match.pointer), clean.text(match.observed), match.cases)
    return WaiverReport(match, clean.text(waiver.reason), clean.text(waiver.owner), waiver.expires.isoformat())


def _observation(number: int, seen: Observation, clean: _Cleaner) -> ObservationReport:
    return ObservationReport(
        number=number,
        group=seen.sequence.group,
        sequence=seen.sequence.id,
        turn=seen.index + 1,
        case=case_id(seen),
        label=clean.text(seen.case.label),
        at=round(seen.at, 3),
        seconds=round(seen.exchange.outcome.elapsed, 4),
        exercised=tuple(sorted(seen.tried)),
        violated=tuple(sorted({violation.clause for violation in seen.violations})),
        exchange=_exchange(seen.exchange, clean),
    )


def _exchange(exchange: Exchange, clean: _Cleaner) -> ExchangeReport:
    request, outcome = exchange.request, exchange.outcome
    headers = tuple((name, value) for name, value in request.headers if not is_credential(name))
    if request.chunked:
        headers = (*headers, ("Transfer-Encoding", "chunked"))
    sent = RequestReport(request.method, request.path, clean.headers(headers), clean.body(request.body))
    if isinstance(outcome, Breakdown):
        return ExchangeReport(sent, None, BreakdownReport(outcome.kind, clean.text(outcome.detail)))
    received = ResponseReport(outcome.status, clean.headers(outcome.headers), clean.body(outcome.body), outcome.omitted)
    return ExchangeReport(sent, received, None)
