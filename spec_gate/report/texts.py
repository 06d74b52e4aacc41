"""The sentences of all renderers by id. Nothing else in the gate's reports decides on them.

The sentences of a rule are in the table of rules; :func:`text` fills in the values of the others.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # Verdict
    "verdict-breaking": "Clients that work with {base} can fail with {revision}.",
    "verdict-warning": "No breaking change found; review the warnings.",
    "verdict-compatible": "No breaking change found.",
    "compared": "{base} compared with {revision}",
    "no-findings": "No change affects clients.",
    "operations": "{count} operations compared",
    "operations-one": "1 operation compared",
    "strict": "strict: unproved changes count as breaking",
    # Levels and counts
    "level-breaking": "breaking",
    "level-warning": "warning",
    "level-info": "compatible",
    "count-breaking": "{count} breaking",
    "count-warning": "{count} warnings",
    "count-warning-one": "1 warning",
    "count-info": "{count} compatible",
    "count-waived": "{count} waived",
    "count-not-proved": "{count} not proved",
    "figure-warning": "warnings",
    "figure-warning-one": "warning",
    "figure-witnesses": "with a witness",
    "figure-not-proved": "not proved",
    "figure-waived": "waived",
    "heading-breaking": "Breaking changes",
    "heading-warning": "Warnings",
    "heading-info": "Compatible changes",
    "more": "{count} more; the JSON report lists all",
    "cut": "The comment is too long for GitHub; see the other reports for the rest.",
    # Facts of a finding
    "label-where": "Where",
    "label-base": "Base",
    "label-revision": "Revision",
    "label-before": "Before",
    "label-after": "After",
    "label-proof": "Proof",
    "label-note": "Note",
    "label-why": "Why",
    "label-hint": "Hint",
    "label-waived": "Waived",
    "label-witness": "Witness",
    "absent": "(none)",
    "and-more-operations": "{operation} and {count} more",
    "part-request-body": "request body",
    "part-response-body": "response {status}",
    "part-parameter": "{location} parameter {name}",
    "part-response-header": "header {name} of response {status}",
    "waived": "until {expires} by {owner}: {reason}",
    # Proofs and notes
    "proof-witness": "the witness below",
    "proof-inclusion": "by schema comparison: no client can break",
    "proof-decision": "by schema comparison: some clients can break",
    "proof-rule": "by rule",
    "proof-none": "none",
    "note-harmless-here": "This kind of change can break clients, but it does not here.",
    "note-not-separate": "Judged together with the other changes at this place.",
    "note-no-witness": "No witness was found.",
    "note-not-proved": "This is {subject}. The gate found neither a witness nor a proof of compatibility.",
    "note-requested-example": "Used by {subject}.",
    # Witness
    "witness-request": "The {allowed} allows this request; the {rejected} rejects it",
    "witness-response": "The {allowed} allows this response; the {rejected} does not",
    "witness-call-to-client": "The {allowed} allows this request to the client; the {rejected} does not",
    "example-request": "The {rejected} rejects a request that the {allowed} allows: {rejection}",
    "example-response": "The {allowed} allows a response that the {rejected} does not: {rejection}",
    "example-call-to-client": "The {allowed} allows a request to the client that the {rejected} does not: {rejection}",
    "characters": "{start}... ({count} characters)",
    # Impact
    "heading-impact": "Impact",
    "impact-reads": "Affected consumers ({count})",
    "impact-fixtures": "Affected fixtures ({count})",
    "impact-examples": "Affected examples ({count})",
    "impact-clauses": "Affected clauses ({count})",
    "consumer-reads": "{consumer} reads {field} in response {status} of {operation}",
    "consumer-requests": "{consumer} requests the example {example}",
    "affected-by": "affected by {findings}",
    "reference": "{rule} ({place})",
    "example-missing": "missing from the revision",
    "fixture-item": "item {item}",
    "fixture-turn": "conversation {conversation}, turn {turn}",
    "example": "{example} of {operation}, {part}",
    "clause": "{clause}, {level}",
    "sign-accepts-request": "The revision accepts {body}",
    "sign-rejects-request": "The revision rejects {body}",
    "sign-returns-body": "The revision allows the response {body}",
    "sign-returns-status": "The revision allows status {detail}",
    "sign-returns-media-type": "The revision allows {detail}",
    "sign-has-operation": "The revision has {detail}",
    "sign-needs-no-key": "The revision allows requests without a key",
    "sign-changes-default": "The revision has the default limit {detail}",
    "consumer-title": "affected consumer",
    # Waivers
    "heading-unused-waivers": "Unused waivers",
    "unused-waiver": "{location}: {rule}, {operation}, {pointer}",
    # Versions
    "next-version": "Next version: {version} ({step})",
    "next-unknown": "unknown",
    "step-major": "breaking change",
    "step-minor": "compatible change",
    "step-patch": "patch",
    "step-none": "no change",
    "remark-document-version": "info.version is {actual}; this change needs {expected} or later.",
    "remark-path-version": "The URL contains /v{actual}; a breaking change needs /v{expected}.",
    "heading-changelog": "Draft of the changelog",
    "changelog-next": "next",
    "changelog-breaking": "Breaking",
    "changelog-warning": "Changed",
    "changelog-info": "Compatible",
    "whole-change": "all changes",
}


def text(name: str, /, **values: object) -> str:
    """Return a sentence with its values filled in."""
    return TEXTS[name].format(**values)


def counted(name: str, count: int) -> str:
    """Return a sentence about a number, in the singular where the table has one."""
    return text(f"{name}-one" if count == 1 and f"{name}-one" in TEXTS else name, count=count)
