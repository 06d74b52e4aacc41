"""JUnit's XML, as CI systems read it: one suite, one case for each thing that was judged."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as ET

# XML 1.0 has no way to write these at all: https://www.w3.org/TR/xml/#charsets
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Case:
    """One thing that was judged. ``message`` is a line, ``text`` may be long; ``output`` is kept where it passed."""

    name: str
    group: str
    verdict: Literal["passed", "failed", "skipped"] = "passed"
    message: str = ""
    text: str = ""
    output: str = ""


def junit_xml(name: str, cases: Sequence[Case], *, seconds: float = 0.0, properties: Mapping[str, str]) -> str:
    """Return the document; characters that XML cannot carry are written as escapes."""
    counts = {
        "tests": len(cases),
        "failures": sum(case.verdict == "failed" for case in cases),
        "errors": 0,
        "skipped": sum(case.verdict == "skipped" for case in cases),
    }
    attributes = {"name": name, **{key: str(count) for key, count in counts.items()}, "time": f"{seconds:.3f}"}
    # Jenkins' schema knows the number of skipped ones of a suite only.
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
    return _NO_XML.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
