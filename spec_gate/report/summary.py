"""What several reports say alike: the verdict in words, a finding's change and place on one line."""

from __future__ import annotations

import json
from typing import Any

from chat_contract.errors import shorten
from spec_gate.report.escape import one_line
from spec_gate.report.evidence import Evidence

WORDS = {
    "breaking": "breaks clients",
    "warning": "breaks no client that could be thought of, but may surprise some",
    "compatible": "breaks no client",
}
MARKS = {"breaking": "✗", "warning": "!", "info": "·"}

_LONGEST_VALUE = 400


def counted(document: Evidence) -> str:
    """Return the numbers of findings."""
    counts = document["counts"]
    told = [f"{counts[level]} {level}" for level in ("breaking", "warning", "info")]
    if counts["waived"]:
        told.append(f"{counts['waived']} waived")
    if counts["not_proved"]:
        told.append(f"{counts['not_proved']} not proved")
    return ", ".join(told)


def where(finding: Evidence) -> str:
    """Say which operation, which part of it, and which value in it a finding is about."""
    operations = finding["operations"]
    more = f" and {len(operations) - 1} more" if len(operations) > 1 else ""
    told = [operations[0] + more if operations else "", finding["place"], finding["path"]]
    return " · ".join(part for part in told if part)


def place(spot: Evidence | None) -> str:
    """Return FILE:LINE with the pointer."""
    if spot is None:
        return ""
    pointer = f" ({spot['pointer']})" if spot["pointer"] else ""
    return f"{spot['file']}:{spot['line']}{pointer}"


def change(finding: Evidence) -> str:
    """Say what was there and what is there now, where that can be said shortly."""
    before, after = finding["before"], finding["after"]
    if before is None and after is None:
        return str(finding["name"])
    name = f"{finding['name']}: " if finding["name"] else ""
    return f"{name}{value(before, 100)} → {value(after, 100)}"


HIT_SHOWN = 8
"""How many of one kind that is hit a report names; the JSON report names them all."""

_KINDS = {"consumer": "consumers", "fixture": "fixtures", "example": "examples", "clause": "clauses"}


def hit_lines(document: Evidence) -> list[tuple[str, list[str]]]:
    """Return who is hit, a heading with its lines a kind; what is too much is counted."""
    told: list[tuple[str, list[str]]] = []
    for kind, heading in _KINDS.items():
        some = [one for one in document["hit"] if one["kind"] == kind]
        lines = [f"{one['name']} ({one['file']}:{one['line']}): {shorten_text(one['why'])}" for one in some[:HIT_SHOWN]]
        if len(some) > HIT_SHOWN:
            lines.append(f"… and {len(some) - HIT_SHOWN} more")
        if some:
            told.append((f"{heading} ({len(some)})", lines))
    return told


def shorten_text(text: str) -> str:
    """Cut a text that is too long for a line."""
    return text if len(text) <= 200 else f"{text[:199]}…"


def value(one: Any, limit: int = _LONGEST_VALUE) -> str:
    """Show a value on one line; a schema's references without their side."""
    if one is None:
        return "nothing"
    return str(shorten(one, limit)).replace("#/$defs/base.", "").replace("#/$defs/revision.", "")


def witness_lines(witness: Evidence) -> list[str]:
    """Return a witness as a request or a reply is written, long texts cut."""
    lines = [one_line(witness["line"]), *(one_line(f"{name}: {said}") for name, said in witness["headers"].items())]
    if "body" in witness:
        lines += ["", *(one_line(line) for line in shown(witness["body"]).split("\n"))]
    return [line if len(line) <= 2_000 else f"{line[:2_000]}… ({len(line)} characters)" for line in lines]


def shown(body: Any) -> str:
    """Write a body as JSON on one line where it is short, on several where it is not."""
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= 100 else json.dumps(body, ensure_ascii=False, indent=2)
