"""Which findings a team has accepted: a waiver names one rule, one operation and one place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

from kit_reports.waivers import Waiver, check_used, draft, read_waivers
from spec_gate.report.evidence import Evidence, settled
from spec_gate.rules.registry import RULES

KEYS: dict[str, type] = {"rule": str, "operation": str, "pointer": str}

DAYS = 30
"""For how long a draft suggests to accept a finding."""


def load_waivers(path: Path, today: dt.date) -> tuple[Waiver, ...]:
    """Read the waivers; raises :class:`DocumentError` for what is none, and for a rule that there is not."""
    waivers = read_waivers(path, KEYS, today)
    for waiver in waivers:
        if waiver.match["rule"] not in RULES:
            raise waiver.error(f"there is no rule {waiver.match['rule']}", "take the id from a report")
    return waivers


def with_waivers(document: Evidence, waivers: Sequence[Waiver]) -> Evidence:
    """Return the evidence with what is waived marked; raises :class:`DocumentError` for a waiver that waives nothing.

    A finding that concerns several operations is waived once every one of them has a waiver.
    """
    used: list[Waiver] = []
    findings = []
    for finding in document["findings"]:
        matching = [waiver for waiver in waivers if _matches(finding, waiver)] if finding["level"] != "info" else []
        used += matching
        operations = set(finding["operations"]) or {""}
        covered = operations <= {waiver.match["operation"] for waiver in matching}
        findings.append({**finding, "waived": _said(matching[0]) if matching and covered else None})
    check_used(waivers, used)
    return settled({**document, "findings": findings})


def _matches(finding: Evidence, waiver: Waiver) -> bool:
    pointers = {finding[side]["pointer"] for side in ("base", "revision") if finding[side]}
    operations = finding["operations"] or [""]
    return (
        waiver.match["rule"] == finding["rule"]
        and waiver.match["operation"] in operations
        and waiver.match["pointer"] in pointers
    )


def _said(waiver: Waiver) -> dict[str, str]:
    return {"reason": waiver.reason, "owner": waiver.owner, "expires": waiver.expires.isoformat()}


def drafted(document: Evidence, today: dt.date) -> str:
    """Return a file of waivers for all that breaks or warns."""
    entries = [
        {
            "rule": finding["rule"],
            "operation": operation,
            "pointer": (finding["revision"] or finding["base"])["pointer"],
        }
        for finding in document["findings"]
        if finding["level"] != "info" and not finding["waived"]
        for operation in finding["operations"] or [""]
    ]
    unique = {tuple(entry.items()): entry for entry in entries}
    return draft(list(unique.values()), today + dt.timedelta(days=DAYS))
