"""The report for a terminal: the verdict first, then what is wrong, then warnings, then the latitude."""

from __future__ import annotations

from collections.abc import Iterator

from chat_contract.errors import shorten
from chat_verifier.report.evidence import Document
from chat_verifier.report.summary import figures, left_out, often, with_verdict

_SHOWN_WARNINGS = 12
_LONGEST_COMMAND = 3000


def as_text(document: Document) -> str:
    """Return the report."""
    text = "\n".join(_lines(document)) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


def _lines(document: Document) -> Iterator[str]:
    because = f": {document['reason']}" if document["reason"] else ""
    yield f"{document['verdict'].upper()}  {document['base_url']}{because}"
    yield figures(document)
    if document["left_out"]:
        yield f"left out, to keep to the bounds of the run: {left_out(document)}"
    for clause in with_verdict(document, "fail"):
        yield from _failure(clause)
    warnings = list(with_verdict(document, "warn"))
    if warnings:
        yield ""
        yield "Warnings (they fail the run only under --strict; intermittent ones never do):"
        for clause in warnings[:_SHOWN_WARNINGS]:
            for violation in clause["violations"]:
                yield f"  {violation['message']}" + (f" [{often(violation)}]" if violation["intermittent"] else "")
                yield f"    {_brief(violation['curl'])}"
    waived = [violation for clause in document["clauses"] for violation in clause["violations"] if violation["waived"]]
    if waived:
        yield ""
        yield "Waived:"
        for violation in waived:
            waiver = violation["waived"]
            yield f"  {violation['message']}"
            yield f"    until {waiver['expires']}, {waiver['owner']}: {waiver['reason']}"
    if document["latitude_changes"]:
        yield ""
        yield "What this server does otherwise than before, where the documents leave it open:"
        for name, before, now in document["latitude_changes"]:
            yield f"  {name}: {before} before, {now} now"
    if document["latitude"]:
        yield ""
        yield "What the documents leave open, and what this server does:"
        width = max(map(len, document["latitude"]))
        for name, answer in document["latitude"].items():
            yield f"  {name:<{width}}  {answer}"


def _failure(clause: Document) -> Iterator[str]:
    yield ""
    yield f"✗ {clause['id']} ({clause['level'].upper()}): {clause['says']}"
    for violation in clause["violations"]:
        if violation["waived"]:
            continue
        where = f" at {violation['pointer']}" if violation["pointer"] else ""
        yield f"    {violation['request']} ({often(violation)})"
        yield f"      expected{where}: {violation['expected']}"
        yield f"      got:      {shorten(violation['got'], 300)}"
        if violation["beyond_waiver"]:
            yield f"      its waiver does not list: {shorten(violation['beyond_waiver'], 300)}"
        for line in _brief(violation["curl"]).splitlines():
            yield f"      {line}"


def _brief(command: str) -> str:
    """Keep a terminal readable; the other reports have the command whole."""
    if len(command) <= _LONGEST_COMMAND:
        return command
    return command[:600] + f" … ({len(command)} characters; whole in --report json)"
