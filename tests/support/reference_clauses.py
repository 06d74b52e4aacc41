"""The reference of the clauses: what each requires, an exchange that violates it, and how to fix a server."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import groupby

from chat_contract.contract import Clause
from chat_contract.explanations import Explanation, load_explanations
from chat_contract.loading import load_clauses
from kit_cli.screen.explanation import exchange_lines

_HEAD = """\
# Clauses

This page lists the clauses of the contract, against which the verifier checks each exchange with a server.
[Levels and verdicts](verdicts.md) says what a violation of each level means.
[Request classes](../explanation/request-classes.md) defines must-accept and documented requests, and open questions.
`chat-contract explain limit.asked` prints the entry of one clause.

This page is generated from `openapi/clauses.yaml` and `openapi/explanations.yaml`.
A test checks that every exchange on this page violates its clause.
"""
_TITLES = {
    "request": "Requests that a server accepts",
    "rejection": "Requests that a server rejects",
    "error": "Validation errors (422)",
    "reply": "Replies",
    "limit": "Number of items",
    "conversation": "Conversations",
    "http": "HTTP",
    "robustness": "Robustness",
    "latitude": "Unspecified behaviour",
    "credentials": "Credentials",
}


def clauses_page() -> str:
    """Return the page of all clauses."""
    return "\n".join([_HEAD, *_sections(load_clauses(), load_explanations())])


def _sections(clauses: Mapping[str, Clause], explanations: Mapping[str, Explanation]) -> Iterator[str]:
    for group, members in groupby(clauses.values(), key=lambda clause: clause.id.partition(".")[0]):
        listed = list(members)
        advice = [_advice(explanations[clause.id]) for clause in listed]
        shared = [max(parts, key=parts.count) for parts in zip(*advice, strict=True)]
        yield from (f"## {_TITLES[group]}", "", *_lines(shared))
        for clause, parts in zip(listed, advice, strict=True):
            own = [part for part in parts if part not in shared]
            yield from _clause(clause, explanations[clause.id], own)


def _advice(explanation: Explanation) -> tuple[str, str, str]:
    """Return the reason and the fixes."""
    fix, fastapi = ("\n  ".join(sentences(text)) for text in (explanation.fix, explanation.fastapi))
    return explanation.why, f"- **Fix**: {fix}", f"- **FastAPI**: {fastapi}"


def _lines(advice: list[str]) -> Iterator[str]:
    """Yield the reason, one sentence per line, then the fixes as a list."""
    for part in advice:
        if part.startswith("- "):
            yield part
        else:
            yield from (*sentences(part), "")
    if advice and advice[-1].startswith("- "):
        yield ""


def _clause(clause: Clause, explanation: Explanation, own: list[str]) -> Iterator[str]:
    """Yield the section of a clause, with the advice that its group does not share."""
    yield from (f"### {clause.id}", "", f"**{clause.level.upper()}**: {clause.requirement}", "", *_lines(own))
    yield "```text"
    for number, exchange in enumerate((*explanation.before, explanation.exchange)):
        yield from ([""] if number else [])
        yield from exchange_lines(exchange)
    yield from ("```", "")


def sentences(text: str) -> list[str]:
    """Split a text into its sentences."""
    return re.split(r"(?<=[.:]) (?=[A-Z]|--[a-z])(?=[^`]*(?:`[^`]*`[^`]*)*$)", text)
