"""Every report can be read by what reads such files, and no text of a document or a file becomes markup in it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from fluidattacks_core.sarif import SarifLog

from spec_gate.impact.consumers import read_consumers
from spec_gate.impact.find import ImpactInput, find_impact
from spec_gate.report import RENDERERS
from spec_gate.report.evidence import Evidence, evidence
from spec_gate.report.markdown import LONGEST
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case, all_cases
from tests.unit.kit_reports.test_junit import TAKEN
from tests.unit.spec_gate.changing import CONTRACT, changed, written

HOSTILE = (
    '<script>alert(1)</script></pre>"><img src=x onerror=alert(2)> `|` ```\n::error::boom\r\n## %0A::warning::b '
    "[a](https://example.com) \x1b[31m \x85 \u2028 ]]> {{ 7*7 }} @everyone"
)
CASES = all_cases()


def document_of(base: Path, revision: Path, consumers: tuple[Path, ...] = ()) -> Evidence:
    verdict = judge(read_document(FileOrigin(base)), read_document(FileOrigin(revision)))
    return evidence(verdict, find_impact(verdict, ImpactInput(read_consumers(consumers))))


def hostile_api(*, tight: bool) -> dict[str, Any]:
    schema = {
        "type": "object",
        "description": HOSTILE,
        "required": [HOSTILE] if tight else [],
        "properties": {HOSTILE: {"enum": [HOSTILE, "other"] if not tight else ["other"]}},
    }
    content = {"application/json": {"schema": schema, "examples": {HOSTILE: {"value": {HOSTILE: HOSTILE}}}}}
    reply = {"type": "object", "properties": {HOSTILE: {"type": "integer" if tight else "string"}}}
    replies = {"200": {"description": HOSTILE, "content": {"application/json": {"schema": reply}}}}
    operation = {"operationId": HOSTILE + str(tight), "requestBody": {"content": content}, "responses": replies}
    if not tight:
        operation["parameters"] = [{"name": HOSTILE, "in": "query", "schema": {"type": "string"}}]
    return {
        "openapi": "3.1.0",
        "info": {"title": HOSTILE, "version": HOSTILE + str(tight)},
        "servers": [{"url": f"https://example.com/v1/{HOSTILE}{tight}"}],
        "paths": {f"/{HOSTILE}": {"post": operation}},
    }


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("hostile") / "a,b::error title=x::%0A <b>`"
    folder.mkdir()
    files = [written(folder, f"{tight}.yaml", yaml.safe_dump(hostile_api(tight=tight))) for tight in (False, True)]
    read = {"operation": f"POST /{HOSTILE}", "status": "200", "fields": [f"/{HOSTILE.replace('/', '~1')}"]}
    consumer = written(folder, "web.yaml", yaml.safe_dump({"consumer": HOSTILE, "reads": [read]}))
    document = document_of(files[0], files[1], (consumer,))
    assert {"consumer", "example"} <= {one["kind"] for one in document["hit"]}
    assert document["counts"]["breaking"] >= 4
    return document


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    folder = tmp_path_factory.mktemp("plain")
    return document_of(CONTRACT, changed(folder, ("required: [message]", "required: [message, user_id]")))


def check_sarif(text: str) -> Any:
    log = json.loads(text)
    SarifLog.model_validate(log)
    return log["runs"][0]


def check_junit(text: str) -> None:
    for element in ET.fromstring(text).iter():
        must, may, children = TAKEN[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert {child.tag for child in element} <= children, element.tag


@pytest.mark.parametrize("case", CASES[::10], ids=lambda case: case.name)
def test_sarif_and_junit_are_as_their_schemas_say(case: Case) -> None:
    document = document_of(case.base, case.revision)
    run = check_sarif(RENDERERS["sarif"](document))
    assert len(run["results"]) == len(document["findings"])
    check_junit(RENDERERS["junit"](document))


def test_a_log_that_is_no_sarif_is_refused(plain: Evidence) -> None:
    log = json.loads(RENDERERS["sarif"](plain))
    for broken in ({**log, "version": "2.2.0"}, {**log, "more": 1}, {"version": "2.1.0"}):
        with pytest.raises(ValueError, match="validation error"):
            SarifLog.model_validate(broken)
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValueError, match="validation error"):
        SarifLog.model_validate(log)


def test_sarif_holds_hostile_text_as_text(hostile: Evidence) -> None:
    run = check_sarif(RENDERERS["sarif"](hostile))
    for result in run["results"]:
        for location in result["locations"]:
            assert re.fullmatch(r"[-A-Za-z0-9._~%/:]+", location["physicalLocation"]["artifactLocation"]["uri"])
            assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_junit_holds_hostile_text_as_text(hostile: Evidence) -> None:
    check_junit(RENDERERS["junit"](hostile))


def test_the_page_holds_hostile_text_as_text(hostile: Evidence) -> None:
    page = RENDERERS["html"](hostile)
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page
    assert not re.search(r"(?:src|href)\s*=\s*['\"]?(?:https?:)?//", page)


def test_markdown_holds_hostile_text_as_code(hostile: Evidence) -> None:
    text = RENDERERS["markdown"](hostile)
    prose = re.sub(r"^(`{3,})http\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    for sign in ("<script", "<img", "::error", "@everyone", "](https", "7*7"):
        assert sign not in prose
    assert len(text) <= LONGEST + 100


def test_annotations_are_one_a_finding_and_nothing_else(hostile: Evidence) -> None:
    lines = re.split(r"[\r\n]", RENDERERS["github"](hostile).rstrip("\n"))
    consumers = [one for one in hostile["hit"] if one["kind"] == "consumer"]
    assert len(lines) == len(hostile["findings"]) + len(consumers)
    assert all(re.match(r"::(?:error|warning|notice) file=[^,:\s]*(?:%3A|%2C|[^,:])*,line=\d+,", one) for one in lines)


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_nothing_in_a_document_begins_a_line_or_steers_the_terminal(name: str, hostile: Evidence) -> None:
    text = RENDERERS[name](hostile)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
    assert not re.search(r"^\s*(?:::|## %)", text, re.MULTILINE)


@pytest.mark.parametrize("name", RENDERERS)
def test_a_lone_surrogate_ends_no_report(name: str, plain: Evidence) -> None:
    finding = {**plain["findings"][0], "name": "\ud800", "after": "\udfff"}
    RENDERERS[name]({**plain, "findings": [finding]}).encode("utf-8", "strict" if name != "json" else "surrogatepass")


def test_a_comment_that_is_too_long_is_cut_between_findings(plain: Evidence) -> None:
    long = {**plain["findings"][0], "hint": "m" * 3_000}
    text = RENDERERS["markdown"]({**plain, "findings": [long] * 100})
    assert len(text) <= LONGEST + 100
    assert "the rest is in the other reports" in text
    assert text.count("```") % 2 == 0
