"""Joins the evidence of several runs of one plan, such as the shards of a CI job, into that of one run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import jsonschema

from chat_contract import UsageError
from chat_verifier.findings.verdict import run_verdict
from chat_verifier.report.evidence import FORMAT, VERSION, Document

_SAME = ("format", "version", "tool", "contract", "base_url", "seed", "tier", "strict")
_ORDER = ("fail", "warn", "waived", "pass", "observed", "skipped")

_VIOLATION = {
    "type": "object",
    "required": [
        *("message", "cause", "intermittent", "seen", "sent", "waived"),
        *("beyond_waiver", "requests", "exchanges", "curl"),
    ],
}
_CLAUSE = {
    "type": "object",
    "required": ["id", "level", "verdict", "asked", "exchanges", "reason", "violations"],
    "properties": {"verdict": {"enum": list(_ORDER)}, "violations": {"type": "array", "items": _VIOLATION}},
}
_SHAPE = {
    "type": "object",
    "required": [
        *_SAME,
        *("requests", "seconds", "started", "shard", "left_out", "waivers_in_vain", "clauses", "latitude", "exchanges"),
    ],
    "properties": {
        "format": {"const": FORMAT},
        "version": {"const": VERSION},
        "requests": {"type": "integer"},
        "seconds": {"type": "number"},
        "started": {"type": "string"},
        "left_out": {"type": "object"},
        "waivers_in_vain": {"type": "array", "items": {"type": "string"}},
        "clauses": {"type": "array", "items": _CLAUSE},
        "latitude": {"type": "object"},
        "exchanges": {"type": "array", "items": {"type": "object"}},
    },
}


def read_evidence(path: Path) -> Document:
    """Read a JSON report; raises :class:`UsageError` for a file that is none."""
    hint = "name a file that chat-contract verify --report json=FILE wrote"
    try:
        document = json.loads(path.read_text("utf-8"))
        jsonschema.validate(document, _SHAPE)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}); {hint}") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path}: is no JSON; {hint}") from None
    except jsonschema.ValidationError as error:
        raise UsageError(f"{path}: is no report of a run ({error.json_path}: {error.message[:80]}); {hint}") from None
    return dict(document)


def merge(documents: Sequence[Document], names: Sequence[str]) -> Document:
    """Return the evidence of the whole.

    Raises :class:`UsageError` where the runs are not of one plan, where a shard is missing or comes twice.
    """
    first = documents[0]
    for document, name in zip(documents, names, strict=True):
        for key in _SAME:
            if document[key] != first[key]:
                raise UsageError(f"{name}: is of another run than {names[0]}: {key} is {document[key]!r}")
        if [clause["id"] for clause in document["clauses"]] != [clause["id"] for clause in first["clauses"]]:
            raise UsageError(f"{name}: judges other clauses than {names[0]}; merge reports of one contract")
    whole = _check_shards(documents, names)
    clauses = [_clause(parts) for parts in zip(*(document["clauses"] for document in documents), strict=True)]
    for clause in clauses:
        # What one part left to the others is untried only if all did.
        clause["asked"] = clause["verdict"] != "skipped" or "not asked for" not in clause["reason"]
    unused_waivers = _in_vain(documents, clauses)
    if whole and unused_waivers:
        raise UsageError(
            f"nothing was found for the waiver of {'; '.join(unused_waivers)}; take it out: that is mended"
        )
    verdict, reason = run_verdict(
        ((clause["id"], clause["level"], clause["verdict"], clause["asked"]) for clause in clauses),
        unsure=_unsure(clauses),
    )
    exchanges = [exchange for document in documents for exchange in document["exchanges"]]
    return {
        **{key: first[key] for key in _SAME},
        "verdict": verdict if whole or verdict == "violates" else "inconclusive",
        "reason": reason if whole or verdict == "violates" else "not all shards are there",
        "started": min(document["started"] for document in documents),
        "shard": "",
        "requests": sum(document["requests"] for document in documents),
        "recalled": sum(document.get("recalled", 0) for document in documents),
        "seconds": max(document["seconds"] for document in documents),
        "left_out": dict(sum((Counter(document["left_out"]) for document in documents), Counter())),
        "clauses": clauses,
        "waivers_in_vain": unused_waivers,
        "latitude": _latitude(documents),
        "latitude_changes": [],
        "exchanges": [{**exchange, "number": number} for number, exchange in enumerate(exchanges, 1)],
    }


def _in_vain(documents: Sequence[Document], clauses: Sequence[Document]) -> list[str]:
    """Name the waivers for which no part found anything."""
    found = {
        f"{clause['id']} {one['cause']['pointer']} {one['cause']['got']}"
        for clause in clauses
        for one in clause["violations"]
    }
    return sorted({name for document in documents for name in document["waivers_in_vain"]} - found)


def _check_shards(documents: Sequence[Document], names: Sequence[str]) -> bool:
    """Say whether the parts make a whole."""
    shards = [str(document["shard"]) for document in documents]
    doubled = next((number for number, shard in enumerate(shards) if shard and shard in shards[:number]), None)
    if doubled is not None:
        raise UsageError(f"{names[doubled]}: shard {shards[doubled]} is there already; name each report once")
    counts = {shard.partition("/")[2] for shard in shards}
    if len(counts) > 1:
        raise UsageError(f"the reports are of different splits: {', '.join(sorted(filter(None, shards)))}")
    (count,) = counts
    return not count or len(shards) == int(count)


def _clause(parts: tuple[Document, ...]) -> Document:
    """Join what the parts say of one clause: the worst verdict counts."""
    worst = min(parts, key=lambda part: _ORDER.index(part["verdict"]))
    return {
        **worst,
        "exchanges": sum(part["exchanges"] for part in parts),
        "violations": _causes([violation for part in parts for violation in part["violations"]]),
    }


def _causes(violations: Iterable[Document]) -> list[Document]:
    """Join what several parts saw of one cause: it is shown by the shortest of its exchanges."""
    groups: dict[tuple[str, str], list[Document]] = {}
    for violation in violations:
        groups.setdefault((violation["cause"]["pointer"], violation["cause"]["got"]), []).append(violation)
    return [_cause(group) for group in groups.values()]


def _cause(group: Sequence[Document]) -> Document:
    shown = min(group, key=lambda one: (one["intermittent"], len(one["exchanges"]), len(one["curl"])))
    return {
        **shown,
        "seen": sum(one["seen"] for one in group),
        "sent": sum(one["sent"] for one in group),
        "requests": list(dict.fromkeys(label for one in group for label in one["requests"])),
        "beyond_waiver": list(dict.fromkeys(label for one in group for label in one["beyond_waiver"])),
        # A part that it is not accepted in speaks for the whole.
        "waived": shown["waived"] if all(one["waived"] for one in group) else None,
    }


def _unsure(clauses: Iterable[Document]) -> list[str]:
    return [
        clause["id"]
        for clause in clauses
        if clause["level"] == "must"
        for violation in clause["violations"]
        if violation["intermittent"] and violation["sent"] == 1 and not violation["waived"]
    ]


def _latitude(documents: Sequence[Document]) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for document in documents:
        for name, answer in document["latitude"].items():
            answers.setdefault(name, answer)
    return answers


def causes_said(document: Document) -> list[dict[str, object]]:
    """Say of each cause that counts what a waiver says of it."""
    return [
        {"clause": clause["id"], **one["cause"], "requests": one["requests"]}
        for clause in document["clauses"]
        for one in clause["violations"]
        if clause["level"] != "observed" and not one["intermittent"]
    ]
