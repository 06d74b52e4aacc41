"""The report for a terminal: the verdict first, then each finding with its place, its witness and its mend."""

from __future__ import annotations

from collections.abc import Iterator

from spec_gate.report.escape import one_line
from spec_gate.report.evidence import Evidence
from spec_gate.report.summary import MARKS, WORDS, change, counted, hit_lines, place, where, witness_lines


def as_text(document: Evidence) -> str:
    """Return the report."""
    return "".join(f"{one_line(line)}\n" for line in _lines(document))


def _lines(document: Evidence) -> Iterator[str]:
    word, base, revision = document["verdict"], document["base"]["name"], document["revision"]["name"]
    yield f"{word.upper()}  {revision} {WORDS[word]} of {base}"
    yield f"{counted(document)}; {document['operations']} operations in both"
    for finding in document["findings"]:
        yield ""
        yield from _finding(finding)
    yield from _hit(document)
    yield from _versions(document["versions"])


def _hit(document: Evidence) -> Iterator[str]:
    if document["hit"]:
        yield ""
        yield "who is hit"
    for heading, lines in hit_lines(document):
        yield f"  {heading}"
        yield from (f"    {line}" for line in lines)


def _versions(versions: Evidence) -> Iterator[str]:
    if versions["step"] != "none":
        yield ""
        yield f"next version: {versions['next'] or 'cannot be told'} ({versions['step']})"
        yield from (f"    {remark}" for remark in versions["remarks"])


def _finding(finding: Evidence) -> Iterator[str]:
    mark = "~" if finding["waived"] else MARKS[finding["level"]]
    yield f"{mark} {finding['rule']} ({finding['level']}): {finding['title']}"
    yield f"    {where(finding)}"
    if said := change(finding):
        yield f"      {said}"
    for side in ("base", "revision"):
        if finding[side]:
            yield f"      {side:<9} {place(finding[side])}"
    yield f"      {finding['proved']}" + (f"; {finding['note']}" if finding["note"] else "")
    if finding["witness"]:
        witness = finding["witness"]
        sides = f"the {witness['allowed_by']} allows this {witness['kind']}, the {witness['refused_by']} does not"
        yield f"      {sides}: {witness['why']}"
        for line in "\n".join(witness_lines(witness)).split("\n"):
            yield f"        {line}".rstrip()
    if finding["waived"]:
        waived = finding["waived"]
        yield f"      waived until {waived['expires']} by {waived['owner']}: {waived['reason']}"
    elif finding["level"] != "info":
        yield f"      hint: {finding['hint']}"
