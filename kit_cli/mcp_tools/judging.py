"""Verification, comparison and explanation for ``chat-contract mcp``, over the functions of the commands."""

from __future__ import annotations

import datetime as dt
import io
import json

from chat_contract import UsageError, load_contract
from chat_contract.explanations import load_explanations
from chat_verifier.findings.cause import Confirmation
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.options import Environment, Options
from chat_verifier.planning.tiers import Tier
from chat_verifier.report.build import build_report
from chat_verifier.report.model import ClauseReport, VerifyReport, ViolationReport
from chat_verifier.report.reproduce import Access
from chat_verifier.run.stop import Stop
from chat_verifier.verify import run
from kit_cli.mcp_tools.bounds import Bounds, shortened
from kit_cli.mcp_tools.results import ChangeFinding, ClauseFinding, Comparison, Explanation, Proof, Verification
from kit_cli.screen.explanation import render_explanation
from kit_http.redaction.secrets import secrets_of
from kit_http.urls import check_base_url
from spec_gate.compare import Options as CompareOptions
from spec_gate.compare import compare
from spec_gate.report.model import Location, ReportedFinding
from spec_gate.report.model import Witness as ReportedWitness
from spec_gate.rules.registry import RULES, explained

MOST_FINDINGS = 50
MOST_REQUESTS = 1_000
MOST_SECONDS = 600.0
MOST_PROOF_SECONDS = 60.0


def verify(base_url: str, *, quick: bool, seed: int, max_requests: int, bounds: Bounds, stop: Stop) -> Verification:
    """Verify a server on this machine, or on an allowed host."""
    contract = load_contract()
    url = check_base_url(base_url).rstrip("/").removesuffix(contract.operation.path)
    bounds.check_host(url)
    options = Options(
        base_url=url,
        seed=seed,
        tier=Tier.QUICK if quick else Tier.DEFAULT,
        max_requests=min(max(max_requests, 1), MOST_REQUESTS),
        max_time=MOST_SECONDS,
    )
    result = run(contract, options, Environment(stop=stop))
    report = build_report(result, Access(result.base_url, (), secrets_of(()), options.transport), ())
    return _verification(report)


def _verification(report: VerifyReport) -> Verification:
    found = [_violation(clause, one) for clause in report.clauses for one in clause.violations]
    return Verification(
        verdict=report.verdict.value,
        reason="" if report.reason is None else report.reason.id.value,
        requests=report.requests,
        accepted=report.accepted,
        violations=found[:MOST_FINDINGS],
        omitted=max(0, len(found) - MOST_FINDINGS),
        not_exercised=[clause.id for clause in report.clauses if clause.verdict is ClauseVerdict.SKIPPED],
        profile=dict(report.profile),
    )


def _violation(clause: ClauseReport, violation: ViolationReport) -> ClauseFinding:
    return ClauseFinding(
        clause=clause.id,
        level=clause.level.value,
        requirement=clause.requirement,
        pointer=violation.pointer,
        expected=violation.expected,
        got=_short(violation.got),
        certain=violation.confirmation is Confirmation.CONFIRMED,
        command=shortened(violation.command),
    )


def compare_documents(base: str, revision: str, *, strict: bool, bounds: Bounds) -> Comparison:
    """Compare two OpenAPI documents: files, git revisions, or URLs on this machine or an allowed host."""
    for origin in (base, revision):
        bounds.check_document(origin)
    today = dt.datetime.now(dt.UTC).date()
    options = CompareOptions(
        base=base, revision=revision, strict=strict, max_time=MOST_PROOF_SECONDS, within=bounds.folder
    )
    report = compare(options, io.BytesIO(), today).report
    findings = [_change(finding) for finding in report.findings]
    return Comparison(
        verdict=report.verdict.value,
        findings=findings[:MOST_FINDINGS],
        omitted=max(0, len(findings) - MOST_FINDINGS),
        next_version=report.versions.next or "",
    )


def _change(finding: ReportedFinding) -> ChangeFinding:
    return ChangeFinding(
        rule=finding.rule,
        level=finding.level.value,
        title=finding.title,
        operations=list(finding.operations),
        base=_place(finding.base),
        revision=_place(finding.revision),
        hint=RULES[finding.rule].hint,
        proof=_proof(finding.witness),
    )


def _place(location: Location | None) -> str:
    return "" if location is None else f"{location.file}:{location.line} ({location.pointer})"


def _proof(witness: ReportedWitness | None) -> Proof | None:
    if witness is None:
        return None
    value = witness.body or witness.value
    body = "" if value is None else _short(value.value)
    return Proof(witness.allowed_by.value, witness.line, body, witness.rejection.detail)


def explain(name: str) -> Explanation:
    """Explain a clause or a rule; raises :class:`UsageError` for an unknown id."""
    clauses = load_contract().clauses
    if name in clauses:
        return Explanation(name, render_explanation(clauses[name], load_explanations()[name]))
    if name in RULES:
        return Explanation(name, explained(RULES[name]))
    raise UsageError(f'unknown clause or rule "{shortened(name)}". A report of verify or diff names the ids.')


def _short(value: object) -> str:
    return shortened(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str))
