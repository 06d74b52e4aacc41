"""What the options of the command promise: waivers, levels, overlays, explanations, references, versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from spec_gate.rules.registry import RULES, explained
from testbed.gate_quality.cases import FOLDER
from tests.unit.spec_gate.changing import CONTRACT, body, changed, diff, found, written

REQUIRED = ("required: [message]", "required: [message, user_id]")
DEFAULT = ("          default: 4", "          default: 6")
OPTIONAL = ("        session_id:\n", "        locale:\n          type: string\n        session_id:\n")
WAIVER = {
    "rule": "request-property-became-required",
    "operation": "POST /chat",
    "pointer": "/components/schemas/ChatRequest/required",
    "reason": "both clients send it",
    "owner": "team-search",
    "expires": "2999-12-31",
}


def waivers(folder: Path, *entries: dict[str, str]) -> Path:
    return written(folder, "waivers.yaml", yaml.safe_dump({"waivers": list(entries)}))


# Waivers --------------------------------------------------------------------------------------------------------------


def test_what_is_waived_fails_nothing_and_is_told_with_its_reason(tmp_path: Path) -> None:
    result = diff(CONTRACT, changed(tmp_path, REQUIRED), "--waivers", waivers(tmp_path, WAIVER))
    assert result.exit_code == 0
    assert "waived until 2999-12-31 by team-search: both clients send it" in result.stdout


def test_what_is_not_waived_fails_still(tmp_path: Path) -> None:
    price = ("        price:\n          type: [string, 'null']", "        price:\n          type: number")
    document = found(CONTRACT, changed(tmp_path, REQUIRED, price), "--waivers", waivers(tmp_path, WAIVER))
    assert (document["verdict"], document["counts"]["waived"], document["counts"]["breaking"]) == ("breaking", 1, 1)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"expires": "2020-01-01"}, "has expired on 2020-01-01"),
        ({"expires": "soon"}, "is no day"),
        ({"rule": "no-such-rule"}, "there is no rule no-such-rule"),
        ({"rule": "*"}, "stands for anything"),
        ({"operation": "*"}, "stands for anything"),
        ({"operation": ""}, "is empty"),
        ({"pointer": None}, "has no pointer, so it covers more than one finding"),
        ({"operation": None}, "has no operation, so it covers more than one finding"),
        ({"owner": None}, "has no owner, so it is not accounted for"),
        ({"reason": ""}, "is empty"),
        ({"message": "user_id"}, "a waiver has no 'message'"),
        ({"operation": "POST /other"}, "waives nothing that was found"),
        ({"pointer": "/components/schemas"}, "waives nothing that was found"),
        ({"rule": "request-type-changed"}, "waives nothing that was found"),
    ],
)
def test_a_waiver_that_is_expired_unused_or_too_broad_cannot_be_judged_by(
    tmp_path: Path, change: dict[str, str | None], said: str
) -> None:
    entry = {key: value for key, value in {**WAIVER, **change}.items() if value is not None}
    result = diff(CONTRACT, changed(tmp_path, REQUIRED), "--waivers", waivers(tmp_path, entry))
    assert result.exit_code == 2
    assert said in result.stderr
    assert "waivers.yaml:" in result.stderr
    assert "/waivers/0" in result.stderr
    assert "hint:" in result.stderr


def test_a_waiver_of_what_is_harmless_waives_nothing(tmp_path: Path) -> None:
    entry = {**WAIVER, "rule": "request-property-added", "pointer": "/components/schemas/ChatRequest/properties/locale"}
    result = diff(CONTRACT, changed(tmp_path, OPTIONAL), "--waivers", waivers(tmp_path, entry))
    assert result.exit_code == 2
    assert "waives nothing that was found" in result.stderr


def test_a_draft_of_waivers_counts_once_it_is_completed(tmp_path: Path) -> None:
    revision, draft = changed(tmp_path, REQUIRED, DEFAULT), tmp_path / "draft.yaml"
    assert diff(CONTRACT, revision, "--write-waivers", draft).exit_code == 1
    assert diff(CONTRACT, revision, "--waivers", draft).exit_code == 2
    entries = yaml.safe_load(draft.read_text("utf-8"))["waivers"]
    assert {one["rule"] for one in entries} == {"request-property-became-required", "request-default-changed"}
    completed = waivers(tmp_path, *({**one, "reason": "agreed", "owner": "me"} for one in entries))
    assert diff(CONTRACT, revision, "--waivers", completed, "--fail-on", "warning").exit_code == 0


# Levels ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replaced", "level", "code"),
    [
        (REQUIRED, "breaking", 1), (REQUIRED, "warning", 1), (REQUIRED, "never", 0),
        (DEFAULT, "breaking", 0), (DEFAULT, "warning", 1), (DEFAULT, "never", 0),
        (OPTIONAL, "breaking", 0), (OPTIONAL, "warning", 0), (OPTIONAL, "never", 0),
    ],
)  # fmt: skip
def test_fail_on_says_from_which_level_the_code_is_1(
    tmp_path: Path, replaced: tuple[str, str], level: str, code: int
) -> None:
    assert diff(CONTRACT, changed(tmp_path, replaced), "--fail-on", level).exit_code == code


def test_what_cannot_be_judged_is_2_even_if_nothing_fails(tmp_path: Path) -> None:
    assert diff(CONTRACT, tmp_path / "nowhere.yaml", "--fail-on", "never").exit_code == 2


def test_what_is_not_proved_warns_and_breaks_under_strict() -> None:
    case = FOLDER / "request-pattern-moot"
    base, revision = case / "base.yaml", case / "revision.yaml"
    document = found(base, revision)
    assert [one["rule"] for one in document["findings"]] == ["not-proved"]
    assert (document["verdict"], document["counts"]["not_proved"]) == ("warning", 1)
    assert diff(base, revision).exit_code == 0
    assert diff(base, revision, "--strict").exit_code == 1
    assert found(base, revision, "--strict")["verdict"] == "breaking"


# Overlays and references ----------------------------------------------------------------------------------------------


def test_an_overlay_goes_on_both_or_on_one(tmp_path: Path) -> None:
    narrow = written(
        tmp_path,
        "narrow.yaml",
        "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n"
        "  - target: $.components.schemas.ChatRequest.required\n    update: [user_id]\n",
    )
    rules = {
        option: [one["rule"] for one in found(CONTRACT, CONTRACT, option, narrow)["findings"]]
        for option in ("--overlay", "--base-overlay", "--revision-overlay")
    }
    assert rules == {
        "--overlay": [],
        "--base-overlay": ["request-property-became-optional"],
        "--revision-overlay": ["request-property-became-required"],
    }


@pytest.mark.parametrize("option", ["--overlay", "--base-overlay", "--revision-overlay"])
def test_an_overlay_that_hits_nothing_cannot_be_judged_by(tmp_path: Path, option: str) -> None:
    lost = written(tmp_path, "o.yaml", "overlay: 1.1.0\nactions: [{target: $.nowhere, update: {a: 1}}]\n")
    result = diff(CONTRACT, CONTRACT, option, lost)
    assert result.exit_code == 2
    assert "matches nothing in the document" in result.stderr
    assert "o.yaml:2" in result.stderr


def test_a_change_in_a_second_file_is_found_there(tmp_path: Path) -> None:
    documents = []
    for name, required in (("old", "[a]"), ("new", "[a, b]")):
        folder = tmp_path / name
        folder.mkdir()
        documents.append(written(folder, "api.yaml", body('{$ref: "parts/names.yaml#/Name"}')))
        (folder / "parts").mkdir()
        written(folder / "parts", "names.yaml", f"# The second file.\nName:\n  required: {required}\n")
    [finding] = found(*documents)["findings"]
    assert finding["rule"] == "request-property-became-required"
    for side, folder in (("base", "old"), ("revision", "new")):
        assert finding[side]["file"].endswith(f"{folder}/parts/names.yaml")
        assert (finding[side]["line"], finding[side]["pointer"]) == (3, "/Name/required")


# Explanations ---------------------------------------------------------------------------------------------------------


def test_every_rule_says_what_it_is_why_and_the_mend() -> None:
    for rule in RULES.values():
        head, *lines = explained(rule).splitlines()
        assert head == f"{rule.id} ({rule.level})"
        assert [line.split(":")[0].strip() for line in lines] == ["what", "why", "hint"]
        assert all(line.partition(":")[2].strip() for line in lines), rule.id


def test_a_rule_is_explained_instead_of_comparing_anything() -> None:
    result = diff("--explain", "request-property-became-required")
    assert result.exit_code == 0
    assert result.stdout == explained(RULES["request-property-became-required"])


def test_all_lists_every_rule() -> None:
    assert [line.split()[0] for line in diff("--explain", "all").stdout.splitlines()] == sorted(RULES)


def test_unknown_rule_is_an_error_with_similar_rules() -> None:
    result = diff("--explain", "request-property-became-require")
    assert result.exit_code == 2
    assert "Did you mean request-property-became-required" in result.stderr


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
def test_the_next_version_follows_from_the_change(
    tmp_path: Path, change: str, before: str, after: str, following: str | None, *, agrees: bool
) -> None:
    old, new = SCHEMAS[change]
    files = [
        written(tmp_path, f"{name}.yaml", body(schema, version=version))
        for name, schema, version in (("base", old, before), ("revision", new, after))
    ]
    told = found(*files)["versions"]
    assert (told["step"], told["next"]) == (change, following)
    assert (told["remarks"] == []) == agrees
    assert ("[next]" if following is None else f"[{following}]") in told["changelog"]


@pytest.mark.parametrize(("server", "remarks"), [("/v1", 1), ("/v2", 0)])
def test_the_version_in_the_path_goes_up_with_what_breaks(tmp_path: Path, server: str, remarks: int) -> None:
    base = written(tmp_path, "base.yaml", "servers: [{url: /v1}]\n" + body("{type: string}"))
    new = body("{type: integer}", version="2.0.0")
    revision = written(tmp_path, "revision.yaml", f"servers: [{{url: {server}}}]\n{new}")
    told = found(base, revision)["versions"]["remarks"]
    assert len(told) == remarks
    assert all("it needs /v2" in one for one in told)


def test_only_one_side_can_come_from_the_standard_input() -> None:
    result = diff("-", "-")
    assert result.exit_code == 2
    assert "only one of BASE and REVISION" in result.stderr


def test_the_json_report_is_the_evidence(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    assert diff(CONTRACT, CONTRACT, "--report", f"json={file}").exit_code == 0
    assert json.loads(file.read_text("utf-8")) == found(CONTRACT, CONTRACT)
