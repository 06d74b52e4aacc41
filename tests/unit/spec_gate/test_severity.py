"""Levels: presets, severity files, marks in the documents, and the selection of operations."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from chat_contract.document.source import read_source
from spec_gate.report.model import DiffReport, Level
from spec_gate.report.render import render
from spec_gate.rules.registry import RULES
from spec_gate.severity.policy import ADDITIONS_TO_REPLIES
from spec_gate.severity.read import policy_of
from testbed.gate_quality.real_size import write_release
from tests.support.paths import ROOT
from tests.unit.spec_gate.changing import diff, report_of, written
from tests.unit.spec_gate.orders import BASE, EDITS, revision

SCHEMA = json.loads((ROOT / "spec_gate/severity/severity.schema.json").read_text("utf-8"))
GROWN = "Enum value `returned` added"
REMOVED = "Enum value `basic` removed"
MOVED = "Operation `GET /reports/sales` moved to `GET /reports/revenue`"


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("orders"), "revision.yaml", revision(*EDITS))


def policy(folder: Path, **content: Any) -> Path:
    return written(
        folder, "severity.yaml", yaml.safe_dump({key.replace("_", "-"): one for key, one in content.items()})
    )


def levels(report: DiffReport) -> dict[str, str]:
    return {one.title: one.level for one in report.findings}


def changes(strict: DiffReport, other: DiffReport) -> dict[str, str]:
    usual = levels(strict)
    return {title: level for title, level in levels(other).items() if level != usual[title]}


@pytest.fixture(scope="module")
def strict(edited: Path) -> DiffReport:
    return report_of(BASE, edited)


def test_tolerant_takes_additions_to_replies_as_compatible(edited: Path, strict: DiffReport) -> None:
    tolerant = report_of(BASE, edited, "--severity", "tolerant")
    assert changes(strict, tolerant) == {GROWN: "info"}
    assert (strict.severity, tolerant.severity) == ("strict", "tolerant")
    [finding] = [one for one in tolerant.findings if one.title == GROWN]
    assert (finding.usual_level, finding.level_set_by) == (Level.BREAKING, "preset tolerant")
    assert "set by preset tolerant; otherwise breaking" in render(tolerant, "text")


def test_level_decides_the_exit_code(tmp_path: Path) -> None:
    [edit] = [one for one in EDITS if one.title == GROWN]
    then = written(tmp_path, "revision.yaml", revision(edit))
    assert diff(BASE, then).exit_code == 1
    assert diff(BASE, then, "--severity", "tolerant").exit_code == 0


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"rule": "request-enum-value-removed", "level": "warning"}, {REMOVED: "warning"}),
        ({"rule": "*-enum-value-*", "level": "info"}, {REMOVED: "info", GROWN: "info"}),
        ({"kind": "operation", "level": "warning"}, {MOVED: "warning"}),
        ({"kind": "operation-id", "level": "breaking"},
         {"operationId `getCustomer` changed to `fetchCustomer`": "breaking"}),
        ({"path": "/orders/*/notes", "level": "info"},
         {"Maximum length of `text` lowered from `4000` to `2000`": "info"}),
        ({"path": "PATCH /orders/*", "level": "info"}, {"Additional properties of `OrderPatch` forbidden": "info"}),
        ({"tag": "reports", "level": "warning"}, {MOVED: "warning"}),
        ({"internal": True, "level": "info"}, {MOVED: "info"}),
        ({"tag": "customers", "rule": "request-property-became-required", "level": "warning"},
         {"New required property `region`": "warning"}),
        ({"rule": "response-property-added", "level": "warning"}, {"New optional property `code`": "warning"}),
        ({"rule": "response-*", "level": "breaking"}, {"Property `tracking_url` removed": "breaking"}),
    ],
)  # fmt: skip
def test_entry_sets_the_level_of_what_it_selects(
    tmp_path: Path, edited: Path, strict: DiffReport, entry: dict[str, Any], expected: dict[str, str]
) -> None:
    file = policy(tmp_path, levels=[entry])
    assert Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(file.read_text("utf-8")))
    report = report_of(BASE, edited, "--severity", file)
    assert changes(strict, report) == expected
    sources = {one.level_set_by for one in report.findings if one.level_set_by}
    assert sources == {f"{file}:2"}


def test_later_entry_wins(tmp_path: Path, edited: Path, strict: DiffReport) -> None:
    entries = [
        {"rule": "*", "path": "/orders*", "level": "info"},
        {"rule": "*", "path": "POST /orders*", "level": "breaking"},
    ]
    report = report_of(BASE, edited, "--severity", policy(tmp_path, levels=entries))
    assert "Maximum of `quantity` lowered from `999` to `99`" not in changes(strict, report)


def test_finding_of_several_operations_keeps_the_highest_level_of_them(
    tmp_path: Path, edited: Path, strict: DiffReport
) -> None:
    """The enum of the status is used in operations with and without the tag."""
    report = report_of(BASE, edited, "--severity", policy(tmp_path, levels=[{"path": "GET /orders", "level": "info"}]))
    assert GROWN not in changes(strict, report)


def test_closed_enums_stay_breaking_with_the_tolerant_preset(tmp_path: Path, edited: Path, strict: DiffReport) -> None:
    file = policy(tmp_path, preset="tolerant", enums_in_replies="closed")
    assert changes(strict, report_of(BASE, edited, "--severity", file)) == {}


def test_open_enums_in_replies_may_grow(tmp_path: Path, edited: Path, strict: DiffReport) -> None:
    file = policy(tmp_path, enums_in_replies="open")
    assert changes(strict, report_of(BASE, edited, "--severity", file)) == {GROWN: "info"}


ADDED_TO_REPLIES = {
    "response-enum-value-added": ("{type: string, enum: [a]}", "{type: string, enum: [a, b]}"),
    "response-property-added": (
        "{type: object, additionalProperties: false}",
        "{type: object, additionalProperties: false, properties: {n: {type: string}}}",
    ),
    "response-additional-properties-opened": ("{type: object, additionalProperties: false}", "{type: object}"),
    "response-any-of-branch-added": (
        "{anyOf: [{type: object, required: [a]}, {type: object, required: [b]}]}",
        "{anyOf: [{type: object, required: [a]}, {type: object, required: [b]}, {type: object, required: [c]}]}",
    ),
}


def reply(schema: str, mark: str = "") -> str:
    content = f"content: {{application/json: {{schema: {schema}}}}}"
    operation = f'{{{mark}responses: {{"200": {{description: ok, {content}}}}}}}'
    return f'openapi: 3.1.0\ninfo: {{title: t, version: "1"}}\npaths: {{/a: {{get: {operation}}}}}\n'


def compared(folder: Path, base: str, then: str, *options: object) -> DiffReport:
    return report_of(written(folder, "base.yaml", base), written(folder, "revision.yaml", then), *options)


@pytest.mark.parametrize("rule", ADDED_TO_REPLIES)
def test_each_addition_to_a_reply_is_breaking_or_compatible(tmp_path: Path, rule: str) -> None:
    base, then = map(reply, ADDED_TO_REPLIES[rule])
    for preset, level in (("strict", Level.BREAKING), ("tolerant", Level.INFO)):
        [finding] = compared(tmp_path, base, then, "--severity", preset).findings
        assert (finding.rule, finding.level) == (rule, level)


@pytest.mark.parametrize(
    ("base", "then"),
    [
        ("{type: string}", "{type: [string, 'null']}"),
        ("{type: string, maxLength: 3}", "{type: string}"),
        ("{type: object, required: [a]}", "{type: object}"),
    ],
)
def test_other_changes_to_replies_stay_breaking_with_the_tolerant_preset(tmp_path: Path, base: str, then: str) -> None:
    assert compared(tmp_path, reply(base), reply(then), "--severity", "tolerant").counts.breaking == 1


def test_rules_of_the_tolerant_preset_exist() -> None:
    assert set(ADDITIONS_TO_REPLIES) <= set(RULES)


# Marks in the documents -----------------------------------------------------------------------------------------------


def test_enum_that_is_marked_as_extensible_may_grow_in_replies(tmp_path: Path) -> None:
    base, then = (f"{{type: string, enum: {values}, x-extensible-enum: true}}" for values in ("[a]", "[a, b]"))
    [finding] = compared(tmp_path, reply(base), reply(then)).findings
    assert (finding.level, finding.level_set_by) == (Level.INFO, "x-extensible-enum")


def test_mark_that_only_the_revision_has_promised_nothing_to_clients(tmp_path: Path) -> None:
    base, then = "{type: string, enum: [a]}", "{type: string, enum: [a, b], x-extensible-enum: true}"
    assert compared(tmp_path, reply(base), reply(then)).counts.breaking == 1


@pytest.mark.parametrize(("before", "after", "title"), [
    ("[a]", "[a, b]", "Enum value `b` added"), ("[a, b]", "[a]", "Enum value `b` removed"),
])  # fmt: skip
def test_values_of_x_extensible_enum_are_compatible_in_replies(
    tmp_path: Path, before: str, after: str, title: str
) -> None:
    base, then = (f"{{type: string, x-extensible-enum: {values}}}" for values in (before, after))
    [finding] = compared(tmp_path, reply(base), reply(then)).findings
    assert (finding.title, finding.level) == (title, Level.INFO)


@pytest.mark.parametrize(
    ("stability", "level"),
    [("draft", "info"), ("experimental", "info"), ("alpha", "info"), ("beta", "warning"), ("stable", "breaking")],
)
def test_stability_of_the_base_limits_the_level(tmp_path: Path, stability: str, level: str) -> None:
    mark = f"x-stability: {stability}, "
    report = compared(tmp_path, reply("{type: string}", mark), reply("{type: integer}", mark))
    assert [one.level for one in report.findings] == [level]


def test_lowered_stability_is_a_warning_and_protects_nothing_yet(tmp_path: Path) -> None:
    report = compared(tmp_path, reply("{type: string}"), reply("{type: integer}", "x-stability: alpha, "))
    assert {one.rule: one.level for one in report.findings} == {
        "response-type-changed": "breaking",
        "operation-stability-lowered": "warning",
    }


def test_raised_stability_causes_no_finding(tmp_path: Path) -> None:
    mark = "x-stability: {}, "
    report = compared(tmp_path, reply("{}", mark.format("alpha")), reply("{}", mark.format("stable")))
    assert report.findings == ()


# Selection ------------------------------------------------------------------------------------------------------------


def test_include_and_exclude_select_operations(edited: Path) -> None:
    only = report_of(BASE, edited, "--include", "/customers*", "--exclude", "GET *")
    assert {label for one in only.findings for label in one.operations} == {"POST /customers"}
    assert only.operations == 1


@pytest.mark.parametrize("option", ["--include", "--exclude"])
def test_pattern_without_a_match_exits_2(edited: Path, option: str) -> None:
    result = diff(BASE, edited, option, "/nowhere*")
    assert result.exit_code == 2
    assert f'{option} "/nowhere*" matches no operation' in result.stderr


# Files ----------------------------------------------------------------------------------------------------------------

INVALID: list[Any] = [
    {"preset": "lax"},
    {"enums-in-replies": "ajar"},
    {"unknown": 1},
    {"levels": {"rule": "x"}},
    {"levels": [{"rule": "request-enum-value-removed"}]},
    {"levels": [{"level": "info"}]},
    {"levels": [{"rule": "no-such-rule", "level": "info"}]},
    {"levels": [{"rule": "", "level": "info"}]},
    {"levels": [{"kind": "colour", "level": "info"}]},
    {"levels": [{"internal": "yes", "level": "info"}]},
    {"levels": [{"tag": 5, "level": "info"}]},
    {"levels": [{"path": "/a", "level": "fatal"}]},
    ["strict"],
]


@pytest.mark.parametrize("content", INVALID, ids=str)
def test_invalid_file_exits_2_with_its_line_and_a_hint(tmp_path: Path, content: Any) -> None:
    file = written(tmp_path, "severity.yaml", yaml.safe_dump(content))
    result = diff(BASE, BASE, "--severity", file)
    assert result.exit_code == 2
    assert f"{file}:" in result.stderr
    assert "hint:" in result.stderr
    assert not Draft202012Validator(SCHEMA).is_valid(content)


def test_unknown_preset_exits_2_with_the_presets(tmp_path: Path) -> None:
    result = diff(BASE, BASE, "--severity", "lax")
    assert result.exit_code == 2
    assert 'Unknown severity "lax". Expected strict, tolerant, or a file such as ./severity.yaml.' in result.stderr


def test_policy_is_read_from_a_section_of_a_file(tmp_path: Path) -> None:
    file = written(
        tmp_path, "kit.yaml", "diff:\n  severity:\n    preset: tolerant\n    levels: [{tag: a, level: info}]\n"
    )
    found = policy_of(read_source(file), ("diff", "severity"))
    assert (found.preset, [one.tag for one in found.entries]) == ("tolerant", ["a"])


def test_severity_file_of_the_documentation_is_valid(tmp_path: Path) -> None:
    page = (ROOT / "docs/how-to/severity.md").read_text("utf-8")
    [block] = re.findall(r"^```yaml\n(preset:.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert Draft202012Validator(SCHEMA).is_valid(yaml.safe_load(block))
    assert len(policy_of(read_source(written(tmp_path, "severity.yaml", block)), ()).entries) == 4


def test_release_of_a_synthetic_document_has_a_finding_for_each_edit(tmp_path: Path) -> None:
    """The last of eight kinds of edits changes descriptions only."""
    base, then = write_release(tmp_path, 6, 8)
    report = report_of(base, then)
    assert len(report.findings) == 7
    assert report.counts.not_proved == 0
