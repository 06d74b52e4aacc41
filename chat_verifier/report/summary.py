"""What several reports say of a run in the same words."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from chat_verifier.report.evidence import Document

VERDICTS = ("pass", "fail", "warn", "waived", "observed", "skipped")

WORDS = {
    "conforms": "keeps the contract",
    "violates": "breaks the contract",
    "inconclusive": "could not be judged to the end",
}


@dataclass(frozen=True)
class Latency:
    """Percentiles of the time an answer took, in seconds."""

    answers: int
    p50: float
    p90: float
    p99: float
    most: float


def tally(document: Document) -> str:
    """Count the clauses by verdict."""
    counts = {verdict: sum(clause["verdict"] == verdict for clause in document["clauses"]) for verdict in VERDICTS}
    return ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)


def figures(document: Document) -> str:
    """Say what the run cost and how it went, on one line."""
    shard = f", shard {document['shard']}" if document["shard"] else ""
    return (
        f"{document['requests']} requests in {document['seconds']:.1f} s, seed {document['seed']}{shard}; "
        f"clauses: {tally(document)}"
    )


def left_out(document: Document) -> str:
    """Say what was not sent, or nothing."""
    return ", ".join(f"{count} of {group}" for group, count in document["left_out"].items())


def with_verdict(document: Document, *verdicts: str) -> Iterator[Document]:
    return (clause for clause in document["clauses"] if clause["verdict"] in verdicts)


def often(violation: Document) -> str:
    """Say how often a violation was seen."""
    if violation["intermittent"] and violation["sent"] == 1:
        return "seen once, not sent again"
    if violation["intermittent"]:
        return f"intermittent, {violation['seen']} of {violation['sent']}"
    return "seen once" if violation["seen"] == 1 else f"seen {violation['seen']} times"


def latency(document: Document) -> Latency | None:
    """Return the percentiles of all answers that came; None where none did."""
    times = sorted(one["seconds"] for one in document["exchanges"] if one["response"] is not None)
    if not times:
        return None

    def at(share: float) -> float:
        return float(times[max(0, math.ceil(share * len(times)) - 1)])

    return Latency(len(times), at(0.5), at(0.9), at(0.99), float(times[-1]))
