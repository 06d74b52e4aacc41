"""All that a comparison found, as one document: every report is a function of it, and the JSON report is it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

from chat_contract.errors import render_pointer
from chat_contract.version import __version__
from spec_gate.differ.changes import Part, PartKind
from spec_gate.findings import Finding, Verdict
from spec_gate.impact.find import Hit
from spec_gate.prove.witnesses import Witness
from spec_gate.report.versioning import versions
from spec_gate.source.documents import Document, Place

Evidence = dict[str, Any]
FailOn = Literal["breaking", "warning", "never"]

_PROOFS = {
    "witness": "proved by a witness",
    "inclusion": "proved to be included",
    "decision": "decided, without a witness",
    "rule": "by rule",
    "none": "not proved",
}


def evidence(
    verdict: Verdict, hit: Sequence[Hit] = (), *, strict: bool = False, fail_on: FailOn = "breaking"
) -> Evidence:
    """Return the document; ``strict`` counts what is not proved as breaking."""
    base, revision = verdict.comparison.base, verdict.comparison.revision
    findings = [_finding(finding, base.document, revision.document, strict=strict) for finding in verdict.findings]
    return settled({
        "tool": f"chat-contract {__version__}",
        "base": {"name": base.document.name, "openapi": base.document.version, "version": base.version},
        "revision": {"name": revision.document.name, "openapi": revision.document.version, "version": revision.version},
        "strict": strict,
        "fail_on": fail_on,
        "operations": len(verdict.comparison.pairings),
        "findings": findings,
        "hit": [{**vars(one), "pointer": render_pointer(one.pointer)} for one in hit],
        "versions": versions(base, revision, findings),
    })  # fmt: skip


def settled(document: Evidence) -> Evidence:
    """Return the document with its verdict and its counts, by the findings that are not waived."""
    counted = Counter(finding["level"] for finding in document["findings"] if not finding["waived"])
    counts = {
        "breaking": counted["breaking"],
        "warning": counted["warning"],
        "info": counted["info"],
        "waived": sum(bool(finding["waived"]) for finding in document["findings"]),
        "not_proved": sum(finding["proof"] == "none" for finding in document["findings"]),
        "witnesses": sum(finding["witness"] is not None for finding in document["findings"]),
    }
    word = "breaking" if counts["breaking"] else "warning" if counts["warning"] else "compatible"
    failing = {"breaking": ("breaking",), "warning": ("breaking", "warning"), "never": ()}[document["fail_on"]]
    return {**document, "verdict": word, "counts": counts, "fails": any(counts[level] for level in failing)}


def _finding(finding: Finding, base: Document, revision: Document, *, strict: bool) -> Evidence:
    level = "breaking" if strict and finding.proof == "none" else finding.level
    return {
        "rule": finding.rule.id,
        "level": level,
        "title": finding.rule.title,
        "operations": list(finding.operations),
        "place": _part(finding.part),
        "name": finding.name,
        "path": render_pointer(finding.path),
        "before": finding.before,
        "after": finding.after,
        "base": _place(base, finding.base),
        "revision": _place(revision, finding.revision),
        "why": finding.rule.why,
        "hint": finding.rule.hint,
        "proof": finding.proof,
        "proved": _PROOFS[finding.proof],
        "witness": _witness(finding.witness) if finding.witness else None,
        "note": f"{finding.note.kind}: {finding.note.subject}".rstrip(": ") if finding.note else "",
        "waived": None,
    }


def _place(document: Document, place: Place | None) -> Evidence | None:
    if place is None:
        return None
    return {"file": place.file, "line": document.line(place), "pointer": render_pointer(place.pointer)}


def _part(part: Part | None) -> str:
    if part is None:
        return ""
    if part.kind is PartKind.PARAMETER:
        return f"{part.location} parameter {part.name}"
    if part.kind is PartKind.RESPONSE_HEADER:
        return f"header {part.name} of {part.status}"
    return f"response {part.status}" if part.status else "request body"


def _witness(witness: Witness) -> Evidence:
    written: Evidence = {
        "kind": witness.kind.value,
        "allowed_by": witness.allowed_by.value,
        "refused_by": witness.rejected_by.value,
        "why": witness.why,
        "line": witness.line,
        "headers": dict(witness.headers),
    }
    if witness.has_body:
        written["body"] = witness.body
    if witness.has_value:
        written["value"] = witness.value
    return written
