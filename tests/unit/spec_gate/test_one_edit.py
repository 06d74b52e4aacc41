"""One edit is one finding: with its own title, all its operations, and a witness that shows nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from spec_gate.budget import Budget, OutOfTimeError
from spec_gate.report.formats import FORMATS
from spec_gate.report.model import DiffReport, ReportedFinding, Witness
from spec_gate.report.phrases import facts
from spec_gate.report.render import render
from tests.unit.spec_gate.changing import diff, report_of, written
from tests.unit.spec_gate.orders import BASE, EDITS, Edit, revision


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> DiffReport:
    """Compare the document with one that has all edits."""
    return report_of(BASE, written(tmp_path_factory.mktemp("orders"), "revision.yaml", revision(*EDITS)))


def described(finding: ReportedFinding) -> tuple[str, str, int]:
    return finding.title, finding.level, len(finding.operations)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.title)
def test_one_edit_is_one_finding(tmp_path: Path, edit: Edit) -> None:
    found = report_of(BASE, written(tmp_path, "revision.yaml", revision(edit))).findings
    assert [described(one) for one in found] == [(edit.title, edit.level, edit.operations)]


def test_all_edits_together_are_one_finding_each(report: DiffReport) -> None:
    assert sorted(one.title for one in report.findings) == sorted(edit.title for edit in EDITS)


@pytest.mark.parametrize("edit", [edit for edit in EDITS if edit.witness], ids=lambda edit: edit.title)
def test_witness_is_rejected_for_its_own_change(report: DiffReport, edit: Edit) -> None:
    [finding] = [one for one in report.findings if one.title == edit.title]
    assert finding.witness is not None
    assert edit.witness in f"{finding.witness.line} {finding.witness.rejection.detail}"


def test_no_report_contains_an_internal_name(report: DiffReport) -> None:
    for name in FORMATS:
        assert not re.search(r"\$defs|(?:base|revision)\.[A-Z]", render(report, name))


@pytest.mark.parametrize("name", ["json", "html", "markdown"])
def test_all_operations_are_listed(report: DiffReport, name: str) -> None:
    [finding] = [one for one in report.findings if "oauth2" in one.title]
    page = render(report, name)
    assert len(finding.operations) == 10
    assert all(operation in page for operation in finding.operations)


# Witnesses ------------------------------------------------------------------------------------------------------------


def witness_of(report: DiffReport, title: str) -> Witness:
    [witness] = [one.witness for one in report.findings if one.title == title]
    assert witness is not None
    return witness


def faults(document: str, schema: str, body: Any) -> list[str]:
    """Return the validation errors of a body, found without code of the gate."""
    components = yaml.safe_load(document)["components"]
    whole = {"components": components, "$ref": f"#/components/schemas/{schema}"}
    checker = Draft202012Validator.FORMAT_CHECKER
    return [one.message for one in Draft202012Validator(whole, format_checker=checker).iter_errors(body)]


@pytest.mark.parametrize(
    ("title", "schema"),
    [
        ("Property `user_id` became required", "NewOrder"),
        ("Maximum of `quantity` lowered from `999` to `99`", "NewOrder"),
        ("New required property `region`", "NewCustomer"),
        ("Enum value `basic` removed", "NewCustomer"),
        ("Additional properties of `OrderPatch` forbidden", "OrderPatch"),
    ],
)
def test_request_witness_has_one_fault_only(report: DiffReport, title: str, schema: str) -> None:
    witness = witness_of(report, title)
    assert witness.body is not None
    assert faults(BASE.read_text("utf-8"), schema, witness.body.value) == []
    assert len(faults(revision(*EDITS), schema, witness.body.value)) == 1


@pytest.mark.parametrize(
    "title", ["Enum value `returned` added", "Type of `amount` changed from `integer` to `number`"]
)
def test_response_witness_has_one_fault_only(report: DiffReport, title: str) -> None:
    witness = witness_of(report, title)
    assert witness.body is not None
    assert faults(revision(*EDITS), "Order", witness.body.value) == []
    assert len(faults(BASE.read_text("utf-8"), "Order", witness.body.value)) == 1


def test_request_witness_has_the_credentials_of_both_documents(report: DiffReport) -> None:
    headers = witness_of(report, "Enum value `basic` removed").headers
    assert {"X-Api-Key", "Authorization"} <= headers.keys()


def test_witness_of_new_credentials_has_only_the_old_ones(report: DiffReport) -> None:
    headers = witness_of(report, EDITS[0].title).headers
    assert "X-Api-Key" in headers
    assert "Authorization" not in headers


def api(operation: str, rest: str = "") -> str:
    return f'openapi: 3.1.0\ninfo: {{title: t, version: "1"}}\npaths:\n  /a/{{id}}:\n    post: {operation}\n{rest}'


PATH = "{name: id, in: path, required: true, schema: {type: string}}"
OK = 'responses: {"200": {description: ok}}'


def body_of(schema: str) -> str:
    return f"requestBody: {{required: true, content: {{application/json: {{schema: {schema}}}}}}}"


def test_request_witness_has_the_other_parameters_that_the_revision_requires(tmp_path: Path) -> None:
    base = api(f"{{parameters: [{PATH}], {body_of('{type: object}')}, {OK}}}")
    new = ", ".join(f"{{name: {name}, in: query, required: true, schema: {{type: integer}}}}" for name in "xy")
    then = api(f"{{parameters: [{PATH}, {new}], {body_of('{type: object, required: [k]}')}, {OK}}}")
    report = report_of(written(tmp_path, "base.yaml", base), written(tmp_path, "revision.yaml", then))
    lines = {one.title: witness_of(report, one.title).line for one in report.findings}
    assert lines == {
        "New required query parameter `x`": "POST /a/a?y=0",
        "New required query parameter `y`": "POST /a/a?x=0",
        "Property `k` became required": "POST /a/a?x=0&y=0",
    }


def test_response_witness_has_the_headers_and_body_that_clients_expect(report: DiffReport) -> None:
    without = witness_of(report, "Response header `X-Request-Id` became optional")
    assert without.body is not None
    assert "X-Request-Id" not in without.headers


def test_long_values_in_witnesses_are_shortened(report: DiffReport) -> None:
    text = render(report, "text")
    assert re.search(r'"text": "a+\.\.\. \([\d,]+ characters\)"', text)
    assert max(map(len, text.splitlines())) < 300


def test_required_header_of_a_witness_is_not_empty(tmp_path: Path) -> None:
    new = "{name: X-Tenant, in: header, required: true, schema: {type: string}}"
    base = api(f"{{parameters: [{PATH}], {body_of('{type: object}')}, {OK}}}")
    then = api(f"{{parameters: [{PATH}, {new}], {body_of('{type: object, required: [k]}')}, {OK}}}")
    report = report_of(written(tmp_path, "base.yaml", base), written(tmp_path, "revision.yaml", then))
    assert witness_of(report, "Property `k` became required").headers["X-Tenant"] == "a"


# What the facts say ---------------------------------------------------------------------------------------------------


def facts_of(report: DiffReport, title: str) -> list[tuple[str, str]]:
    [finding] = [one for one in report.findings if one.title == title]
    return list(facts(finding))


def test_change_names_credentials_as_the_title_does(report: DiffReport) -> None:
    [finding] = [one for one in report.findings if "oauth2" in one.title]
    lines = [fact for label, fact in facts(finding) if label == "Change"]
    assert "- API key in header X-Api-Key" in lines


def test_hint_for_a_required_property_is_to_make_it_optional(report: DiffReport) -> None:
    found = facts_of(report, "Property `user_id` became required")
    assert ("Hint", "Make it optional and document what its absence means.") in found


def test_proof_of_a_new_optional_property_says_that_no_client_can_break(report: DiffReport) -> None:
    found = dict(facts_of(report, "New optional property `code`"))
    assert found["Proof"].startswith("by schema comparison: no client can break")
    assert "Note" not in found


@pytest.mark.parametrize(
    "schema",
    [
        {"const": "a"},
        {"type": "integer", "format": "int32"},
        {"type": ["string", "null"]},
        {"allOf": [{"minLength": 1}]},
    ],
)
@pytest.mark.parametrize("part", ["request", "reply"])
def test_property_is_shown_as_the_document_writes_it(tmp_path: Path, part: str, schema: dict[str, Any]) -> None:
    described = json.dumps({**schema, "description": "New."})
    with_it, without = f"{{properties: {{a: {described}}}}}", "{properties: {}}"
    [added] = findings_of(tmp_path, part, without, with_it)
    [removed] = findings_of(tmp_path, part, with_it, without)
    assert [(one.before, one.after) for one in (added, removed)] == [(None, schema), (schema, None)]


def test_proof_by_a_rule_names_the_witness_as_an_example(report: DiffReport) -> None:
    assert dict(facts_of(report, EDITS[0].title))["Proof"].endswith("the witness below is an example")


# Edits of one schema --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("base", "then", "titles"),
    [
        ("{type: string, enum: [a], default: a}", "{type: array, items: {type: string}}",
         ["Type of `k` changed from `string` to `array`"]),
        ("{type: integer, format: int32}", "{type: integer, format: int64}",
         ["Format of `k` changed from `int32` to `int64`"]),
        ("{type: string}", "{type: [string, 'null']}", ["`k` may be null"]),
        ("{enum: [a, b]}", "{enum: [b, c]}", ["Enum value `a` replaced by `c`"]),
        ("{enum: [a, b, c, d, e]}", "{enum: [e]}", ["Enum values `a`, `b`, `c` and 1 more removed"]),
        ("{type: array, items: {type: string}}", "{type: array, items: {type: string}, uniqueItems: true}",
         ["Items of `k` must be unique"]),
        ("{type: string, minLength: 1}", "{type: string}", ["Minimum length of `k` removed (was `1`)"]),
        ("{type: string, pattern: a}", "{type: string, pattern: b}", ["Pattern of `k` changed"]),
        ("{type: string, default: a}", "{type: string, default: b}", ["Default of `k` changed from `a` to `b`"]),
        ("{type: object}", "{type: object, additionalProperties: false}", ["Additional properties of `k` forbidden"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("part", ["request", "reply"])
def test_title_names_what_changed_on_both_sides(
    tmp_path: Path, base: str, then: str, titles: list[str], part: str
) -> None:
    assert [one.title for one in findings_of(tmp_path, part, base, then)] == titles


def findings_of(folder: Path, part: str, base: str, then: str) -> tuple[ReportedFinding, ...]:
    def document(schema: str) -> str:
        whole = f"{{type: object, properties: {{k: {schema}}}}}"
        if part == "request":
            return api(f"{{parameters: [{PATH}], {body_of(whole)}, {OK}}}")
        content = f"content: {{application/json: {{schema: {whole}}}}}"
        return api(f'{{parameters: [{PATH}], responses: {{"200": {{description: ok, {content}}}}}}}')

    files = [written(folder, f"{name}.yaml", document(one)) for name, one in (("base", base), ("then", then))]
    return report_of(*files).findings


def test_alternatives_are_named_by_their_schema_or_their_tag(tmp_path: Path) -> None:
    def document(names: str) -> str:
        tags = ", ".join(
            f"{name}: {{type: object, required: [kind], properties: {{kind: {{const: {name.lower()}}}}}}}"
            for name in ("Card", "Bank", "Cash")
        )
        refs = ", ".join(f"{{$ref: '#/components/schemas/{name}'}}" for name in names.split())
        schema = f"{{oneOf: [{refs}]}}"
        return api(f"{{parameters: [{PATH}], {body_of(schema)}, {OK}}}", f"components: {{schemas: {{{tags}}}}}\n")

    base, then = (written(tmp_path, f"{len(one)}.yaml", document(one)) for one in ("Card Bank Cash", "Card Bank"))
    [finding] = report_of(base, then).findings
    assert finding.title in {
        "Alternative `Cash` of the request body removed", "Alternative `kind: cash` of the request body removed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("base", "then", "title"),
    [
        ('{default: "true"}', "{default: true}", 'Default of `k` changed from `"true"` to `true`'),
        ('{default: ""}', "{}", 'Default `""` of `k` removed'),
        ('{enum: [a, "1"]}', "{enum: [a]}", 'Enum value `"1"` removed'),
        ("{enum: [a, 1]}", "{enum: [a]}", "Enum value `1` removed"),
    ],
)
def test_title_shows_whether_a_value_is_text(tmp_path: Path, base: str, then: str, title: str) -> None:
    assert [one.title for one in findings_of(tmp_path, "request", base, then)] == [title]


def test_titles_tell_long_paths_apart(tmp_path: Path) -> None:
    start = "/organizations/{organization}/teams/{team}/discussions/{discussion}"
    parameters = ", ".join(
        f"{{name: {name}, in: path, required: true, schema: {{type: string}}}}"
        for name in ("organization", "team", "discussion")
    )
    operation = f"{{get: {{parameters: [{parameters}], {OK}}}}}"
    head = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\npaths:\n  /kept: {}\n"
    more = "".join(f"  {start}/{last}: {operation}\n" for last in ("comments", "reactions"))
    report = report_of(written(tmp_path, "base.yaml", head + more), written(tmp_path, "then.yaml", head))
    assert {one.title for one in report.findings} == {
        f"Operation `GET {start}/{last}` removed" for last in ("comments", "reactions")
    }


def test_path_with_several_operations_is_moved_once(tmp_path: Path) -> None:
    text = BASE.read_text("utf-8")
    then = written(tmp_path, "then.yaml", text.replace("  /customers:\n", "  /clients:\n"))
    [finding] = report_of(BASE, then).findings
    assert finding.title == "Path `/customers` moved to `/clients`"
    assert finding.operations == ("GET /customers", "POST /customers")


# Time -----------------------------------------------------------------------------------------------------------------


def test_what_is_not_decided_in_time_is_named(tmp_path: Path) -> None:
    [edit] = [one for one in EDITS if "basic" in one.title]
    then = written(tmp_path, "then.yaml", revision(edit))
    report = report_of(BASE, then, "--max-time", "0")
    [finding] = report.findings
    assert (finding.rule, finding.title, finding.level) == ("not-proved", "Enum value `basic` removed", "warning")
    assert finding.note is not None
    assert (finding.note.kind, finding.note.reason) == ("not-proved", "time")
    assert "1 not decided within --max-time" in render(report, "text")
    assert 'failures="1"' in render(report, "junit")
    assert diff(BASE, then, "--max-time", "0", "--strict").exit_code == 1
    assert diff(BASE, then, "--max-time", "0", "--fail-on", "never").exit_code == 0
    assert report_of(BASE, then, "--max-time", "600").counts.breaking == 1


def test_run_that_does_not_decide_a_change_in_time_is_inconclusive(tmp_path: Path) -> None:
    [edit] = [one for one in EDITS if "basic" in one.title]
    then = written(tmp_path, "then.yaml", revision(edit))
    drafted = tmp_path / "waivers.yaml"
    found = diff(BASE, then, "--max-time", "0", "--write-waivers", drafted)
    assert (found.exit_code, found.stdout.split()[0]) == (2, "INCONCLUSIVE")
    accepted = re.sub(r'(reason|owner): ""', r'\1: "Reviewed."', drafted.read_text("utf-8"))
    waivers = written(tmp_path, "accepted.yaml", accepted)
    assert diff(BASE, then, "--max-time", "0", "--waivers", waivers).exit_code == 0


def test_budget_is_spent_by_its_clock() -> None:
    now = [10.0]
    budget = Budget(5, lambda: now[0])
    assert not budget.is_spent()
    now[0] = 15
    assert budget.is_spent()
    assert not Budget().is_spent()


def test_share_of_a_budget_ends_what_is_inside_and_leaves_the_rest() -> None:
    now = [10.0]
    budget = Budget(5, lambda: now[0])
    with budget.share(3):
        with budget.share(9):
            budget.check()
        now[0] = 13
        with pytest.raises(OutOfTimeError):
            budget.check()
    assert not budget.is_spent()
    assert budget.left == 2
