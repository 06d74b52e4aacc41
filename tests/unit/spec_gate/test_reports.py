"""Reports in every format: valid for their readers, safe with hostile text, and independent of wording."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from fluidattacks_core.sarif import SarifLog
from jsonschema import Draft202012Validator

from kit_reports.codec import decode, encode
from spec_gate.impact.consumers import read_consumers
from spec_gate.impact.find import ImpactInput, find_impact
from spec_gate.report.build import build_report
from spec_gate.report.formats import FORMATS
from spec_gate.report.markdown import LONGEST
from spec_gate.report.model import SCHEMA_FILE, ChangeKind, DiffReport, Impact, Level
from spec_gate.report.render import render
from spec_gate.report.texts import TEXTS
from spec_gate.rules.registry import RULES
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from testbed.gate_quality.cases import Case, all_cases
from tests.unit.kit_reports.test_junit import JENKINS
from tests.unit.spec_gate.changing import CONTRACT, changed, diff, report_of, written

HOSTILE = (
    '<script>alert(1)</script></pre>"><img src=x onerror=alert(2)> `|` ```\n::error::boom\r\n## %0A::warning::b '
    "[a](https://example.com) \x1b[31m \x85 \u2028 ]]> {{ 7*7 }} @everyone"
)
CASES = all_cases()


REQUIRED = ("required: [message]", "required: [message, user_id]")
DEFAULT = ("          default: 4", "          default: 6")
PRICE = ("        price:\n          type: [string, 'null']", "        price:\n          type: number")


def compared(base: Path, revision: Path, consumers: tuple[Path, ...] = ()) -> DiffReport:
    verdict = judge(read_document(FileOrigin(base)), read_document(FileOrigin(revision)))
    return build_report(verdict, find_impact(verdict, ImpactInput(read_consumers(consumers))))


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
def hostile(tmp_path_factory: pytest.TempPathFactory) -> DiffReport:
    folder = tmp_path_factory.mktemp("hostile") / "a,b::error title=x::%0A <b>`"
    folder.mkdir()
    files = [written(folder, f"{tight}.yaml", yaml.safe_dump(hostile_api(tight=tight))) for tight in (False, True)]
    read = {"operation": f"POST /{HOSTILE}", "status": "200", "fields": [f"/{HOSTILE.replace('/', '~1')}"]}
    consumer = written(folder, "web.yaml", yaml.safe_dump({"consumer": HOSTILE, "reads": [read]}))
    report = compared(files[0], files[1], (consumer,))
    assert report.impact.reads
    assert report.impact.examples
    assert report.counts.breaking >= 4
    return report


@pytest.fixture(scope="module")
def simple(tmp_path_factory: pytest.TempPathFactory) -> DiffReport:
    return compared(CONTRACT, changed(tmp_path_factory.mktemp("simple"), REQUIRED))


# The model ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES[::25], ids=lambda case: case.name)
def test_json_report_matches_the_schema_and_is_read_back(case: Case) -> None:
    report = compared(case.base, case.revision)
    Draft202012Validator(json.loads(SCHEMA_FILE.read_text("utf-8"))).validate(json.loads(encode(report)))
    assert decode(DiffReport, encode(report)) == report


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("verdict",), "fine"),
        (("format",), "other"),
        (("format_version",), 2),
        (("findings", 0, "level"), "fatal"),
        (("findings", 0, "proof"), "guess"),
        (("findings", 0, "revision", "line"), "one"),
        (("counts",), {}),
        (("impact",), None),
    ],
)
def test_altered_json_report_does_not_match_the_schema(
    simple: DiffReport, path: tuple[str | int, ...], value: object
) -> None:
    altered: Any = json.loads(encode(simple))
    holder = altered
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    assert not Draft202012Validator(json.loads(SCHEMA_FILE.read_text("utf-8"))).is_valid(altered)
    with pytest.raises(ValueError, match="validation error"):
        decode(DiffReport, json.dumps(altered))


# Wording --------------------------------------------------------------------------------------------------------------


def test_every_kind_of_change_has_a_subject() -> None:
    assert {f"subject-{kind}" for kind in ChangeKind} <= TEXTS.keys()


@pytest.fixture
def ids_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace every sentence of the renderers and rules with its id."""
    for name in TEXTS:
        monkeypatch.setitem(TEXTS, name, name)
    for name, rule in RULES.items():
        monkeypatch.setitem(RULES, name, replace(rule, title=name, why=name, hint=name))


@pytest.mark.usefixtures("ids_only")
@pytest.mark.parametrize("name", FORMATS)
def test_reports_render_with_ids_for_sentences(name: str, hostile: DiffReport) -> None:
    assert render(hostile, name)


def test_verdicts_exit_codes_and_waivers_do_not_depend_on_sentences(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    revision = changed(tmp_path, REQUIRED, DEFAULT, PRICE)
    waiver = {"rule": "request-property-became-required", "operation": "POST /chat",
              "pointer": "/components/schemas/ChatRequest/required", "reason": "agreed", "owner": "a",
              "expires": "2999-12-31"}  # fmt: skip
    waivers = written(tmp_path, "waivers.yaml", yaml.safe_dump({"waivers": [waiver]}))
    runs = [(), ("--fail-on", "warning"), ("--fail-on", "never"), ("--waivers", waivers), ("--strict",)]

    def results() -> list[tuple[int, DiffReport]]:
        return [(diff(CONTRACT, revision, *run).exit_code, report_of(CONTRACT, revision, *run)) for run in runs]

    before = results()
    request.getfixturevalue("ids_only")
    assert results() == before
    assert [code for code, _ in before] == [1, 1, 0, 1, 1]


# Readers --------------------------------------------------------------------------------------------------------------


def check_sarif(text: str) -> Any:
    log = json.loads(text)
    SarifLog.model_validate(log)
    return log["runs"][0]


def check_junit(text: str) -> None:
    for element in ET.fromstring(text).iter():
        must, may, children = JENKINS[element.tag]
        assert must <= set(element.attrib) <= must | may, element.tag
        assert {child.tag for child in element} <= children, element.tag


@pytest.mark.parametrize("case", CASES[::10], ids=lambda case: case.name)
def test_sarif_and_junit_match_their_schemas(case: Case) -> None:
    report = compared(case.base, case.revision)
    run = check_sarif(render(report, "sarif"))
    assert len(run["results"]) == len(report.findings)
    check_junit(render(report, "junit"))


def test_sarif_checker_rejects_invalid_logs(simple: DiffReport) -> None:
    log = json.loads(render(simple, "sarif"))
    for broken in ({**log, "version": "2.2.0"}, {**log, "more": 1}, {"version": "2.1.0"}):
        with pytest.raises(ValueError, match="validation error"):
            SarifLog.model_validate(broken)
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(ValueError, match="validation error"):
        SarifLog.model_validate(log)


# Hostile text ---------------------------------------------------------------------------------------------------------


def test_sarif_encodes_hostile_file_names(hostile: DiffReport) -> None:
    run = check_sarif(render(hostile, "sarif"))
    for result in run["results"]:
        for location in result["locations"]:
            assert re.fullmatch(r"[-A-Za-z0-9._~%/:]+", location["physicalLocation"]["artifactLocation"]["uri"])
            assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_junit_escapes_hostile_text(hostile: DiffReport) -> None:
    check_junit(render(hostile, "junit"))


def test_html_escapes_hostile_text(hostile: DiffReport) -> None:
    page = render(hostile, "html")
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;" in page
    assert "{{ 7*7 }}" in page
    assert not re.search(r"(?:src|href)\s*=\s*['\"]?(?:https?:)?//", page)


def test_markdown_shows_hostile_text_as_code(hostile: DiffReport) -> None:
    text = render(hostile, "markdown")
    prose = re.sub(r"^(`{3,})(?:http|markdown|diff)\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE)
    prose = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", prose)
    for sign in ("<script", "<img", "::error", "@everyone", "](https", "7*7"):
        assert sign not in prose
    assert len(text) <= LONGEST + 100


def test_github_report_is_one_command_for_each_breaking_change_and_warning(hostile: DiffReport) -> None:
    compatible = replace(hostile.findings[0], level=Level.INFO)
    report = replace(hostile, findings=(*hostile.findings, compatible))
    lines = re.split(r"[\r\n]", render(report, "github").rstrip("\n"))
    assert len(lines) == len(hostile.findings)
    assert all(re.match(r"::(?:error|warning) file=[^,:\s]*(?:%3A|%2C|[^,:])*,line=\d+,", one) for one in lines)


@pytest.mark.parametrize("name", ["text", "markdown"])
def test_hostile_text_starts_no_line_and_contains_no_control_character(name: str, hostile: DiffReport) -> None:
    text = render(hostile, name)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]", text)
    assert not re.search(r"^\s*(?:::|## %)", text, re.MULTILINE)


@pytest.mark.parametrize("name", FORMATS)
def test_lone_surrogate_can_be_written_as_utf_8(name: str, simple: DiffReport) -> None:
    finding = replace(simple.findings[0], name="\ud800", after="\udfff")
    assert render(replace(simple, findings=(finding,)), name).encode("utf-8")


def test_own_text_of_the_text_report_is_ascii(simple: DiffReport) -> None:
    report = replace(simple, impact=Impact((), (), (), (), ()))
    assert render(report, "text").isascii()


def test_long_comment_is_cut_between_findings(simple: DiffReport) -> None:
    long = replace(simple.findings[0], path="/x" * 3_000)
    text = render(replace(simple, findings=(long,) * 100), "markdown")
    assert len(text) <= LONGEST + 100
    assert TEXTS["cut"] in text
    assert text.count("```") % 2 == 0
