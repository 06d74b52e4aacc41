"""Writes JUnit XML for CI systems: one suite with one case for each judged clause or finding."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

# Characters that XML 1.0 cannot contain: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """A judged clause or finding. ``message`` is one line, ``text`` several; ``output`` is shown if it passed."""

    name: str
    group: str
    verdict: Literal["passed", "failed", "skipped"] = "passed"
    message: str = ""
    text: str = ""
    output: str = ""


def junit_xml(name: str, cases: Sequence[Case], *, seconds: float = 0.0, properties: Mapping[str, str]) -> str:
    """Return the JUnit document. Characters that XML cannot contain are written as escapes."""
    counts = {
        "tests": len(cases),
        "failures": sum(case.verdict == "failed" for case in cases),
        "errors": 0,
        "skipped": sum(case.verdict == "skipped" for case in cases),
    }
    attributes = {"name": name, **{key: str(count) for key, count in counts.items()}, "time": f"{seconds:.3f}"}
    # Jenkins' schema allows the attribute skipped in testsuite only.
    root = ET.Element("testsuites", {key: value for key, value in attributes.items() if key != "skipped"})
    suite = ET.SubElement(root, "testsuite", attributes)
    if properties:
        listed = ET.SubElement(suite, "properties")
        for key, value in properties.items():
            ET.SubElement(listed, "property", {"name": _clean(key), "value": _clean(value)})
    for case in cases:
        _add(suite, case)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _add(suite: ET.Element, case: Case) -> None:
    element = ET.SubElement(
        suite, "testcase", {"name": _clean(case.name), "classname": _clean(case.group), "time": "0.000"}
    )
    if case.verdict == "failed":
        failure = ET.SubElement(element, "failure", {"message": _clean(case.message), "type": "violation"})
        failure.text = _clean(case.text)
    elif case.verdict == "skipped":
        ET.SubElement(element, "skipped", {"message": _clean(case.message)})
    if case.output:
        ET.SubElement(element, "system-out").text = _clean(case.output)


def _clean(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
