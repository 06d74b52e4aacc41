"""The report as a comment on a pull request: the verdict first, content and all; what does not fit is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spec_gate.report.escape import one_line
from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import WORDS, change, counted, hit_lines, place, where, witness_lines

LONGEST = 60_000
"""How many characters a comment may have; GitHub takes 65,536."""

_MARKS = {"breaking": "❌", "warning": "⚠️", "compatible": "✅", "info": "ℹ️"}
_SHOWN = 40


def as_markdown(document: Evidence) -> str:
    """Return the report; what stands in a document or a witness is code in it, never markup."""
    text = "\n".join(_lines(document)) + "\n"
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition("\n\n")[0] + "\n\n… the rest is in the other reports.\n"
    return text


def _lines(document: Evidence) -> Iterator[str]:
    word = document["verdict"]
    base, revision = code(document["base"]["name"]), code(document["revision"]["name"])
    yield f"### {_MARKS[word]} {revision} {WORDS[word]} of {base}"
    yield ""
    yield f"{counted(document)}."
    felt = [finding for finding in document["findings"] if finding["level"] != "info"]
    for finding in felt[:_SHOWN]:
        yield from _finding(finding)
    if len(felt) > _SHOWN:
        yield ""
        yield f"… and {len(felt) - _SHOWN} more."
    for heading, lines in hit_lines(document):
        yield ""
        yield f"<details><summary>Hit: {heading}</summary>"
        yield ""
        yield from (f"- {code(line)}" for line in lines)
        yield ""
        yield "</details>"
    versions = document["versions"]
    if versions["step"] != "none":
        yield ""
        yield f"**Next version**: {code(versions['next'] or 'cannot be told')} ({versions['step']})."
        yield from (f"- {code(remark)}" for remark in versions["remarks"])
        yield ""
        yield "<details><summary>Changelog draft</summary>"
        yield from fenced(versions["changelog"])
        yield ""
        yield "</details>"
    harmless = [finding for finding in document["findings"] if finding["level"] == "info"]
    if harmless:
        yield ""
        yield f"<details><summary>{len(harmless)} harmless</summary>"
        yield ""
        for finding in harmless[:_SHOWN]:
            yield f"- **{finding['rule']}** {code(where(finding))} {code(change(finding))}"
        yield ""
        yield "</details>"


def _finding(finding: Evidence) -> Iterator[str]:
    mark = "waived" if finding["waived"] else _MARKS[finding["level"]]
    yield ""
    yield f"#### {mark} {finding['rule']}: {finding['title']}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield f"| where | {code(where(finding))} |"
    yield f"| change | {code(change(finding))} |"
    for side in ("base", "revision"):
        if finding[side]:
            yield f"| {side} | {code(place(finding[side]))} |"
    yield f"| proof | {code(finding['proved'])} |"
    yield f"| mend | {finding['hint']} |"
    if finding["witness"]:
        witness = finding["witness"]
        yield ""
        yield f"The {witness['allowed_by']} allows this, the {witness['refused_by']} does not: {code(witness['why'])}"
        yield from fenced("\n".join(witness_lines(witness)))


def code(text: str) -> str:
    """Write a text as code, whatever it holds."""
    flat = one_line(re.sub(r"\s+", " ", text)).replace("|", "\\|") or " "
    ticks = "`" * (1 + max((len(run) for run in re.findall("`+", flat)), default=0))
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def fenced(text: str) -> Iterator[str]:
    """Write lines as a block of code that nothing in them can end."""
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    yield ""
    yield f"{fence}http"
    yield from map(one_line, text.split("\n"))
    yield fence
