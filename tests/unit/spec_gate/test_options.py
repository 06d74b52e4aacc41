"""The options of ``diff``: waivers, levels, overlays, references to other files, explanations, versions, outputs."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from kit_reports.codec import decode
from spec_gate.report.model import ChangeSize, DiffReport, Outcome, VersionRemarkKind
from spec_gate.rules.registry import RULES, explained
from tests.unit.spec_gate.changing import CONTRACT, body, changed, diff, report_of, written

REQUIRED = ("required: [message]", "required: [message, user_id]")
DEFAULT = ("          default: 4", "          default: 6")
OPTIONAL = ("        session_id:\n", "        locale:\n          type: string\n        session_id:\n")
PRICE = ("        price:\n          type: [string, 'null']", "        price:\n          type: number")
WAIVER = {
    "rule": "request-property-became-required",
    "operation": "POST /chat",
    "pointer": "/components/schemas/ChatRequest/required",
    "reason": "both clients send it",
    "owner": "team-search",
    "expires": "2999-12-31",
}

OAUTH_DOCUMENT = """
openapi: 3.1.0
info: {title: A, version: 1.0.0}
paths:
  /a:
    get:
      security: [{oauth: []}]
      responses: {'200': {description: A response.}}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: TOKEN_URL, scopes: {}}}}
"""


def waivers(folder: Path, *entries: dict[str, str]) -> Path:
    return written(folder, "waivers.yaml", yaml.safe_dump({"waivers": list(entries)}))


# Waivers --------------------------------------------------------------------------------------------------------------


def test_waived_finding_passes_and_is_reported_with_its_reason(tmp_path: Path) -> None:
    result = diff(CONTRACT, changed(tmp_path, REQUIRED), "--waivers", waivers(tmp_path, WAIVER))
    assert result.exit_code == 0
    assert "until 2999-12-31 by team-search: both clients send it" in result.stdout


def test_finding_without_waiver_still_fails(tmp_path: Path) -> None:
    report = report_of(CONTRACT, changed(tmp_path, REQUIRED, PRICE), "--waivers", waivers(tmp_path, WAIVER))
    assert (report.verdict, report.counts.waived, report.counts.breaking) == (Outcome.BREAKING, 1, 1)


@pytest.mark.parametrize(
    "change",
    [
        {"expires": "2020-01-01"},
        {"expires": "soon"},
        {"rule": "no-such-rule"},
        {"rule": "*"},
        {"operation": "*"},
        {"pointer": None},
        {"operation": None},
        {"owner": None},
        {"reason": ""},
        {"message": "user_id"},
    ],
)
def test_invalid_waiver_exits_2_before_anything_is_compared(tmp_path: Path, change: dict[str, str | None]) -> None:
    entry = {key: value for key, value in {**WAIVER, **change}.items() if value is not None}
    result = diff(CONTRACT, changed(tmp_path, REQUIRED), "--waivers", waivers(tmp_path, entry))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "waivers.yaml:" in result.stderr
    assert "/waivers/0" in result.stderr
    assert "hint:" in result.stderr


def test_waiver_of_an_unknown_rule_is_named(tmp_path: Path) -> None:
    entry = {**WAIVER, "rule": "no-such-rule"}
    result = diff(CONTRACT, changed(tmp_path, REQUIRED), "--waivers", waivers(tmp_path, entry))
    assert 'unknown rule "no-such-rule"' in result.stderr


@pytest.mark.parametrize(
    "change",
    [
        {"operation": "POST /other"},
        {"operation": ""},
        {"pointer": "/components/schemas"},
        {"rule": "request-type-changed"},
    ],
)
def test_unused_waiver_is_reported_and_exits_2(tmp_path: Path, change: dict[str, str]) -> None:
    revision, file = changed(tmp_path, REQUIRED), tmp_path / "report.json"
    unused = waivers(tmp_path, WAIVER, {**WAIVER, **change})
    result = diff(CONTRACT, revision, "--waivers", unused, "--report", f"json={file}")
    assert result.exit_code == 2
    assert "unused waiver: no finding matches it" in result.stderr
    assert "/waivers/1" in result.stderr
    [one] = decode(DiffReport, file.read_text("utf-8")).unused_waivers
    assert {"rule": one.rule, "operation": one.operation, "pointer": one.pointer}.items() >= change.items()
    assert "Unused waivers" in result.stdout


def test_waiver_of_a_compatible_change_is_unused(tmp_path: Path) -> None:
    entry = {**WAIVER, "rule": "request-property-added", "pointer": "/components/schemas/ChatRequest/properties/locale"}
    result = diff(CONTRACT, changed(tmp_path, OPTIONAL), "--waivers", waivers(tmp_path, entry))
    assert result.exit_code == 2
    assert "unused waiver: no finding matches it" in result.stderr


def test_draft_waivers_apply_once_they_are_completed(tmp_path: Path) -> None:
    revision, draft = changed(tmp_path, REQUIRED, DEFAULT), tmp_path / "draft.yaml"
    assert diff(CONTRACT, revision, "--write-waivers", draft).exit_code == 1
    assert diff(CONTRACT, revision, "--waivers", draft).exit_code == 2
    entries = yaml.safe_load(draft.read_text("utf-8"))["waivers"]
    assert {one["rule"] for one in entries} == {"request-property-became-required", "request-default-changed"}
    completed = waivers(tmp_path, *({**one, "reason": "agreed", "owner": "me"} for one in entries))
    assert diff(CONTRACT, revision, "--waivers", completed, "--fail-on", "warning").exit_code == 0


def test_draft_waiver_of_a_finding_without_operation_applies(tmp_path: Path) -> None:
    base, revision = (
        written(tmp_path, f"{name}.yaml", OAUTH_DOCUMENT.replace("TOKEN_URL", f"https://a.test/{name}"))
        for name in ("old", "new")
    )
    draft = tmp_path / "draft.yaml"
    diff(base, revision, "--write-waivers", draft)
    (entry,) = yaml.safe_load(draft.read_text("utf-8"))["waivers"]
    assert (entry["rule"], entry["operation"]) == ("credentials-flow-changed", "")
    completed = waivers(tmp_path, {**entry, "reason": "agreed", "owner": "me"})
    assert diff(base, revision, "--waivers", completed, "--fail-on", "warning").exit_code == 0


# Levels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replacement", "level", "code"),
    [
        (REQUIRED, "breaking", 1), (REQUIRED, "warning", 1), (REQUIRED, "never", 0),
        (DEFAULT, "breaking", 0), (DEFAULT, "warning", 1), (DEFAULT, "never", 0),
        (OPTIONAL, "breaking", 0), (OPTIONAL, "warning", 0), (OPTIONAL, "never", 0),
    ],
)  # fmt: skip
def test_exit_code_is_1_from_the_level_of_fail_on(
    tmp_path: Path, replacement: tuple[str, str], level: str, code: int
) -> None:
    assert diff(CONTRACT, changed(tmp_path, replacement), "--fail-on", level).exit_code == code


def test_missing_document_exits_2_with_fail_on_never(tmp_path: Path) -> None:
    assert diff(CONTRACT, tmp_path / "nowhere.yaml", "--fail-on", "never").exit_code == 2


def test_unproved_change_is_a_warning_and_with_strict_breaking(tmp_path: Path) -> None:
    base = written(tmp_path, "base.yaml", body("{type: string, pattern: '^(?!b)a$'}"))
    revision = written(tmp_path, "revision.yaml", body("{type: string, pattern: '^(?!c)a$'}"))
    report = report_of(base, revision)
    assert [one.rule for one in report.findings] == ["not-proved"]
    assert (report.verdict, report.counts.not_proved) == (Outcome.WARNING, 1)
    assert diff(base, revision).exit_code == 0
    assert diff(base, revision, "--strict").exit_code == 1
    assert report_of(base, revision, "--strict").verdict is Outcome.BREAKING


# Overlays and references ----------------------------------------------------------------------------------------------


def test_overlay_applies_to_both_documents_or_to_one(tmp_path: Path) -> None:
    narrow = written(
        tmp_path,
        "narrow.yaml",
        "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.ChatRequest.required\n    update: [user_id]\n",
    )
    rules = {
        option: [one.rule for one in report_of(CONTRACT, CONTRACT, option, narrow).findings]
        for option in ("--overlay", "--base-overlay", "--revision-overlay")
    }
    assert rules == {
        "--overlay": [],
        "--base-overlay": ["request-property-became-optional"],
        "--revision-overlay": ["request-property-became-required"],
    }


@pytest.mark.parametrize("option", ["--overlay", "--base-overlay", "--revision-overlay"])
def test_overlay_without_a_match_exits_2(tmp_path: Path, option: str) -> None:
    lost = written(tmp_path, "o.yaml", "overlay: 1.1.0\nactions: [{target: $.nowhere, update: {a: 1}}]\n")
    result = diff(CONTRACT, CONTRACT, option, lost)
    assert result.exit_code == 2
    assert "o.yaml:2" in result.stderr


def test_change_in_a_referenced_file_is_located_there(tmp_path: Path) -> None:
    documents = []
    for name, required in (("old", "[a]"), ("new", "[a, b]")):
        folder = tmp_path / name
        folder.mkdir()
        documents.append(written(folder, "api.yaml", body('{$ref: "parts/names.yaml#/Name"}')))
        (folder / "parts").mkdir()
        written(folder / "parts", "names.yaml", f"# The second file.\nName:\n  required: {required}\n")
    [finding] = report_of(*documents).findings
    assert finding.rule == "request-property-became-required"
    for location, folder_name in ((finding.base, "old"), (finding.revision, "new")):
        assert location is not None
        assert location.file.endswith(f"{folder_name}/parts/names.yaml")
        assert (location.line, location.pointer) == (3, "/Name/required")


# Explanations ---------------------------------------------------------------------------------------------------------


def test_explain_prints_title_reason_and_hint_of_a_rule() -> None:
    result = diff("--explain", "request-property-became-required")
    rule = RULES["request-property-became-required"]
    assert result.exit_code == 0
    assert result.stdout == explained(rule)
    assert all(part in result.stdout for part in (rule.title, rule.why, rule.hint))


def test_explain_all_lists_every_rule() -> None:
    assert [line.split()[0] for line in diff("--explain", "all").stdout.splitlines()] == sorted(RULES)


def test_explain_suggests_similar_rules_for_an_unknown_one() -> None:
    result = diff("--explain", "request-property-became-require")
    assert result.exit_code == 2
    assert "request-property-became-required" in result.stderr


# Versions -------------------------------------------------------------------------------------------------------------

SCHEMAS = {
    "none": ("{type: string}", "{type: string}"),
    "minor": ("{type: string}", "{type: [string, integer]}"),
    "major": ("{type: string}", "{type: integer}"),
}


@pytest.mark.parametrize(
    ("change", "before", "after", "following", "agrees"),
    [
        ("none", "1.2.3", "1.2.3", "1.2.3", True),
        ("minor", "1.2.3", "1.3.0", "1.3.0", True),
        ("minor", "1.2.3", "1.2.4", "1.3.0", False),
        ("minor", "0.2.3", "0.2.4", "0.2.4", True),
        ("major", "1.2.3", "2.0.0", "2.0.0", True),
        ("major", "1.2.3", "3.0.0", "2.0.0", True),
        ("major", "1.2.3", "1.3.0", "2.0.0", False),
        ("major", "0.2.3", "0.3.0", "0.3.0", True),
        ("major", "2025-01", "2025-02", None, True),
    ],
)
def test_next_version_follows_semantic_versioning(
    tmp_path: Path, change: str, before: str, after: str, following: str | None, *, agrees: bool
) -> None:
    old, new = SCHEMAS[change]
    files = [
        written(tmp_path, f"{name}.yaml", body(schema, version=version))
        for name, schema, version in (("base", old, before), ("revision", new, after))
    ]
    versions = report_of(*files).versions
    assert (versions.step, versions.next) == (ChangeSize(change), following)
    assert (versions.remarks == ()) == agrees


@pytest.mark.parametrize(("server", "remarks"), [("/v1", 1), ("/v2", 0)])
def test_breaking_change_needs_a_new_version_in_the_path(tmp_path: Path, server: str, remarks: int) -> None:
    base = written(tmp_path, "base.yaml", "servers: [{url: /v1}]\n" + body("{type: string}"))
    new = body("{type: integer}", version="2.0.0")
    revision = written(tmp_path, "revision.yaml", f"servers: [{{url: {server}}}]\n{new}")
    found = report_of(base, revision).versions.remarks
    assert len(found) == remarks
    assert all((one.kind, one.expected) == (VersionRemarkKind.PATH_VERSION, "2") for one in found)


# Input and output -----------------------------------------------------------------------------------------------------


def test_only_one_document_can_be_standard_input() -> None:
    result = diff("-", "-")
    assert result.exit_code == 2
    assert "Only one of BASE and REVISION can be standard input." in result.stderr


def test_json_report_in_a_file_equals_the_one_on_standard_output(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert diff(CONTRACT, CONTRACT, "--report", f"json={file}").exit_code == 0
    assert decode(DiffReport, file.read_text("utf-8")) == report_of(CONTRACT, CONTRACT)


def test_reports_are_written_although_another_one_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_for_html(path: Path, text: str) -> None:
        if path.suffix == ".html":
            raise OSError(28, "No space left on device")
        path.write_text(text, "utf-8")

    monkeypatch.setattr("kit_cli.outputs.write_whole", fail_for_html)
    files = {name: tmp_path / f"report.{name}" for name in ("html", "markdown", "junit", "sarif")}
    reports = [part for name, file in files.items() for part in ("--report", f"{name}={file}")]
    result = diff(CONTRACT, CONTRACT, *reports, "--write-waivers", tmp_path / "draft.yaml")
    assert result.exit_code == 2
    assert f"cannot write {files['html']}: No space left on device" in result.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "draft.yaml", "report.junit", "report.markdown", "report.sarif",
    ]  # fmt: skip
