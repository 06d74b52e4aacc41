"""The report as JUnit's XML: one case a clause, so that CI shows each by name."""

from __future__ import annotations

from chat_contract.errors import shorten
from chat_verifier.report.evidence import Document
from chat_verifier.report.summary import often
from kit_reports.junit import Case, junit_xml


def as_junit(document: Document) -> str:
    """Return the document."""
    properties = {name: str(document[name]) for name in ("base_url", "verdict", "seed", "requests", "tool")}
    cases = [_case(clause) for clause in document["clauses"]]
    return junit_xml("chat-contract verify", cases, seconds=document["seconds"], properties=properties)


def _case(clause: Document) -> Case:
    said = "\n\n".join(_told(violation) for violation in clause["violations"])
    if clause["verdict"] == "fail":
        first = next(one for one in clause["violations"] if not one["waived"])
        return Case(clause["id"], clause["group"], "failed", first["message"], f"{clause['says']}\n\n{said}")
    if clause["verdict"] == "skipped":
        return Case(clause["id"], clause["group"], "skipped", clause["reason"])
    return Case(clause["id"], clause["group"], output=said)


def _told(violation: Document) -> str:
    where = f" at {violation['pointer']}" if violation["pointer"] else ""
    waiver = violation["waived"]
    return "\n".join(
        [
            f"{violation['request']} ({often(violation)})",
            f"expected{where}: {violation['expected']}",
            f"got: {shorten(violation['got'], 300)}",
            *([f"waived until {waiver['expires']}, {waiver['owner']}: {waiver['reason']}"] if waiver else []),
            violation["curl"],
        ]
    )
