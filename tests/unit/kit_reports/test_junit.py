"""JUnit XML is valid whatever text it contains, and fits Jenkins' schema."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from kit_reports.junit import Case, junit_xml


def test_report_has_the_verdict_of_each_case_and_escapes_hostile_text() -> None:
    hostile = 'a\0b<x>&"\ud800\x1b]]>'
    cases = [
        Case("good", "request"),
        Case("bad", "reply", "failed", hostile, hostile),
        Case("left", "http", "skipped", "not tested"),
        Case("warned", "http", output=hostile),
    ]
    root = ET.fromstring(junit_xml("run", cases, seconds=1.5, properties={"url": hostile}))
    assert root.attrib == {"name": "run", "tests": "4", "failures": "1", "errors": "0", "time": "1.500"}
    assert root[0].attrib == {**root.attrib, "skipped": "1"}
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.text == 'a\\u0000b<x>&"\\ud800\\u001b]]>'
    assert [case.get("name") for case in root.iter("testcase")] == ["good", "bad", "left", "warned"]


# Jenkins' schema junit-10: the required attributes, optional attributes and children of each element.
JENKINS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "testsuites": (set(), {"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors"},
        {"time", "skipped", "timestamp", "hostname", "id", "package", "file", "log", "url", "group"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "properties": (set(), set(), {"property"}),
    "property": ({"name", "value"}, set(), set()),
    "testcase": ({"name"}, {"time", "classname", "group"}, {"skipped", "error", "failure", "system-out", "system-err"}),
    "failure": (set(), {"type", "message"}, set()),
    "skipped": (set(), {"type", "message"}, set()),
    "system-out": (set(), set(), set()),
}


def test_report_fits_the_jenkins_schema() -> None:
    cases = [
        Case("a", "g"),
        Case("b", "g", "failed", "m", "t"),
        Case("c", "g", "skipped", "m"),
        Case("d", "g", output="o"),
    ]
    root = ET.fromstring(junit_xml("run", cases, seconds=1234.5, properties={"seed": "0"}))
    assert {element.tag for element in root.iter()} == set(JENKINS)
    for element in root.iter():
        must, may, children = JENKINS[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert {child.tag for child in element} <= children, element.tag
