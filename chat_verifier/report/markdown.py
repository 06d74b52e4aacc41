"""The report as a comment on a pull request: short, the verdict first, what does not fit is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from chat_contract.errors import shorten
from chat_verifier.report.evidence import Document
from chat_verifier.report.summary import WORDS, figures, left_out, often, with_verdict

LONGEST = 60_000
"""How many characters a comment may have; GitHub takes 65,536."""

_SHOWN_CAUSES = 20
_LONGEST_COMMAND = 1500
_MARKS = {"conforms": "✅", "violates": "❌", "inconclusive": "⚠️"}


def as_markdown(document: Document) -> str:
    """Return the report; what a server said stands in it as code, never as markup."""
    text = "\n".join(_lines(document)) + "\n"
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n")[0] + "\n\n… the rest is in the other reports.\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _lines(document: Document) -> Iterator[str]:
    yield f"### {_MARKS[document['verdict']]} {_code(document['base_url'])} {WORDS[document['verdict']]}"
    yield ""
    yield figures(document) + (f"; left out: {left_out(document)}" if document["left_out"] else "")
    if document["reason"]:
        yield ""
        yield f"{document['reason']}."
    failed = [
        (clause, violation)
        for clause in with_verdict(document, "fail")
        for violation in clause["violations"]
        if not violation["waived"]
    ]
    for clause, violation in failed[:_SHOWN_CAUSES]:
        yield from _cause(clause, violation)
    if len(failed) > _SHOWN_CAUSES:
        yield ""
        yield f"… and {len(failed) - _SHOWN_CAUSES} more."
    yield from _others(document)


def _cause(clause: Document, violation: Document) -> Iterator[str]:
    yield ""
    yield f"**{clause['id']}** ({clause['level'].upper()}): {clause['says']}"
    yield ""
    where = f" at {_code(violation['pointer'])}" if violation["pointer"] else ""
    yield f"| {_cell(violation['request'])} | {often(violation)} |"
    yield "| --- | --- |"
    yield f"| expected{where} | {_code(shorten(violation['expected'], 300))} |"
    yield f"| got | {_code(shorten(violation['got'], 300))} |"
    if len(violation["curl"]) <= _LONGEST_COMMAND:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", violation["curl"])), default=0))
        yield ""
        yield "<details><summary>Show it again</summary>"
        yield ""
        yield f"{fence}sh"
        yield violation["curl"]
        yield fence
        yield ""
        yield "</details>"


def _others(document: Document) -> Iterator[str]:
    warned = [clause["id"] for clause in with_verdict(document, "warn")]
    if warned:
        yield ""
        yield f"Warnings: {', '.join(warned)}"
    if document["latitude_changes"]:
        yield ""
        yield "Changed where the documents leave it open:"
        for name, before, now in document["latitude_changes"]:
            yield f"- {name}: {before} before, {now} now"
    waived = [
        (clause["id"], violation["waived"])
        for clause in document["clauses"]
        for violation in clause["violations"]
        if violation["waived"]
    ]
    if waived:
        yield ""
        listed = (f"{name} until {waiver['expires']} ({_cell(waiver['owner'])})" for name, waiver in waived)
        yield f"Waived: {', '.join(listed)}"


def _code(text: str) -> str:
    """Write a text as code, whatever it holds."""
    flat = re.sub(r"\s+", " ", text).replace("|", "\\|") or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def _cell(text: str) -> str:
    """Write a text of ours or of a user into a cell: nothing in it is markup."""
    return re.sub(r"([\\`*_{}\[\]<>|#@])", r"\\\1", re.sub(r"\s+", " ", text))
