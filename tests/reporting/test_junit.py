"""JUnit's XML can carry whatever a server says."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from reporting.junit import Case, junit_xml


def test_each_case_has_its_verdict_and_hostile_text_stays_text() -> None:
    hostile = 'a\0b<x>&"\ud800\x1b]]>'
    cases = [
        Case("good", "request"),
        Case("bad", "reply", "failed", hostile, hostile),
        Case("left", "http", "skipped", "not asked for"),
        Case("warned", "http", output=hostile),
    ]
    root = ET.fromstring(junit_xml("run", cases, seconds=1.5, properties={"url": hostile}))
    assert root.attrib == {"name": "run", "tests": "4", "failures": "1", "errors": "0", "skipped": "1", "time": "1.500"}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text == 'a\\u0000b<x>&"\\ud800\\u001b]]>'
    assert [case.get("name") for case in root.iter("testcase")] == ["good", "bad", "left", "warned"]
