"""The report as JUnit's XML: one case a finding, so that CI shows each by name."""

from __future__ import annotations

from kit_reports.junit import Case, junit_xml
from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import change, hit_lines, place, where, witness_lines


def as_junit(document: Evidence) -> str:
    """Return the document; what is at the level that fails is a failure."""
    properties = {"base": document["base"]["name"], "revision": document["revision"]["name"], "tool": document["tool"],
                  "verdict": document["verdict"]}  # fmt: skip
    cases = [_case(finding, document["fail_on"]) for finding in document["findings"]]
    cases += [
        Case(f"hit: {heading}", "hit", output="\n".join(lines)) for heading, lines in hit_lines(document)
    ]  # fmt: skip
    whole = Case("the change as a whole", "diff", output=document["verdict"])
    return junit_xml("chat-contract diff", cases or [whole], properties=properties)


def _case(finding: Evidence, fail_on: str) -> Case:
    failing = {"breaking": {"breaking"}, "warning": {"breaking", "warning"}, "never": set()}[fail_on]
    name = f"{finding['rule']} {where(finding)}"
    lines = [finding["title"], change(finding), place(finding["base"]), place(finding["revision"]), finding["proved"]]
    if finding["witness"]:
        lines += [finding["witness"]["why"], *witness_lines(finding["witness"])]
    text = "\n".join(line for line in lines if line)
    if finding["waived"]:
        waived = finding["waived"]
        return Case(name, finding["rule"], "skipped", f"waived until {waived['expires']} by {waived['owner']}")
    if finding["level"] in failing:
        return Case(name, finding["rule"], "failed", finding["title"], f"{text}\nmend: {finding['hint']}")
    return Case(name, finding["rule"], output=text)
