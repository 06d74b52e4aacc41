"""An edit that is written in each operation is one finding with all its operations and places."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec_gate.report.formats import FORMATS
from spec_gate.report.model import DiffReport, ReportedFinding
from spec_gate.report.render import render
from tests.unit.spec_gate.changing import diff, report_of, written

COUNT = 24
Edit = Callable[[dict[str, Any]], None]


def document(edit: Edit | None = None) -> str:
    """Return a document of 24 operations with nothing shared, each with the edit."""
    paths = {f"/things{index:02}": {"post": operation(index, edit)} for index in range(COUNT)}
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "login": {"type": "http", "scheme": "basic"}}
    whole = {"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": paths,
             "components": {"securitySchemes": schemes}}  # fmt: skip
    return yaml.safe_dump(json.loads(json.dumps(whole)), sort_keys=False)


def operation(index: int, edit: Edit | None = None) -> dict[str, Any]:
    thing = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 100}}}
    error = {
        "type": "object",
        "description": f"Error of {index}",
        "required": ["detail"],
        "properties": {"detail": {"type": "string", "maxLength": 99}},
    }
    value: dict[str, Any] = {
        "tags": ["odd" if index % 2 else "even"],
        "security": [{"key": []}],
        "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}],
        "requestBody": {"content": {"application/json": {"schema": {**thing, "minProperties": index}}}},
        "responses": {
            "200": {"description": "ok", "headers": {"X-Id": {"schema": {"type": "string"}}},
                    "content": {"application/json": {"schema": thing}}},
            "404": {"description": "none", "content": {"application/json": {"schema": error}}},
        },
    }  # fmt: skip
    if edit is not None:
        edit(value)
    return value


def new_security(one: dict[str, Any]) -> None:
    one["security"] = [{"login": []}]


def more_security(one: dict[str, Any]) -> None:
    one["security"] = [{"key": []}, {"login": []}]


def new_header(one: dict[str, Any]) -> None:
    one["parameters"].append({"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}})


def no_parameter(one: dict[str, Any]) -> None:
    one["parameters"] = []


def lower_limit(one: dict[str, Any]) -> None:
    one["parameters"][0]["schema"]["maximum"] = 50


def new_status(one: dict[str, Any]) -> None:
    one["responses"]["401"] = {"description": "no key"}


def other_media(one: dict[str, Any]) -> None:
    for response in one["responses"].values():
        response["content"]["application/hal+json"] = response["content"].pop("application/json")


def other_request_media(one: dict[str, Any]) -> None:
    one["requestBody"]["content"] = {"text/plain": {"schema": {"type": "string"}}}


def no_response_header(one: dict[str, Any]) -> None:
    del one["responses"]["200"]["headers"]


def optional_detail(one: dict[str, Any]) -> None:
    one["responses"]["404"]["content"]["application/json"]["schema"]["required"] = []


def deprecated(one: dict[str, Any]) -> None:
    one["deprecated"] = True


EDITS: list[tuple[Edit, str, str]] = [
    (new_security, "API key in header `X-Key` no longer accepted; HTTP `basic` required", "breaking"),
    (more_security, "HTTP `basic` also accepted", "info"),
    (new_header, "New required header parameter `X-Tenant`", "breaking"),
    (no_parameter, "Query parameter `limit` removed", "warning"),
    (lower_limit, "Maximum of query parameter `limit` lowered from `100` to `50`", "breaking"),
    (new_status, "New response status `401`", "info"),
    (other_media, "Media type `application/json` of responses `200` and `404` replaced by `application/hal+json`",
     "breaking"),
    (other_request_media, "Request media type `application/json` replaced by `text/plain`", "breaking"),
    (no_response_header, "Response header `X-Id` removed", "warning"),
    (optional_detail, "Property `detail` became optional", "breaking"),
    (deprecated, "24 operations deprecated", "info"),
]  # fmt: skip


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("repeats"), "base.yaml", document())


def revised(folder: Path, edit: Edit) -> Path:
    return written(folder, "revision.yaml", document(edit))


@pytest.mark.parametrize(("edit", "title", "level"), EDITS, ids=lambda one: getattr(one, "__name__", ""))
def test_edit_of_each_operation_is_one_finding(tmp_path: Path, base: Path, edit: Edit, title: str, level: str) -> None:
    report = report_of(base, revised(tmp_path, edit))
    assert [(one.title, one.level, len(one.operations)) for one in report.findings] == [(title, level, COUNT)]
    assert getattr(report.counts, level) == 1
    assert {label for one in report.findings[0].occurrences for label in one.operations} == set(
        report.findings[0].operations
    )


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, base: Path) -> DiffReport:
    return report_of(base, revised(tmp_path_factory.mktemp("security"), new_security))


@pytest.mark.parametrize("name", FORMATS)
def test_each_report_lists_the_operations_or_their_number(report: DiffReport, name: str) -> None:
    page = render(report, name)
    listed = sum(f"things{index:02}" in page for index in range(COUNT))
    assert listed == (COUNT if name in {"json", "html", "markdown", "sarif"} else 1)


def test_text_names_the_first_operation_and_place(report: DiffReport) -> None:
    text = render(report, "text")
    assert "POST /things00 and 23 more operations" in text
    assert "(/paths/~1things00/post/security) and 23 more places" in text


def test_where_names_all_responses(tmp_path: Path, base: Path) -> None:
    text = render(report_of(base, revised(tmp_path, other_media)), "text")
    assert "POST /things00 and 23 more operations, response 200 and 404, application/json" in text
    assert "and 47 more places" in text


# What stays apart -----------------------------------------------------------------------------------------------------


def of_level(report: DiffReport, level: str) -> ReportedFinding:
    [finding] = [one for one in report.findings if one.level == level]
    return finding


@pytest.mark.parametrize("entry", [{"tag": "odd"}, {"path": "/things?[13579]"}])
def test_operations_with_another_level_are_another_finding(tmp_path: Path, base: Path, entry: dict[str, str]) -> None:
    policy = written(tmp_path, "severity.yaml", yaml.safe_dump({"levels": [{**entry, "level": "warning"}]}))
    report = report_of(base, revised(tmp_path, new_security), "--severity", policy)
    odd, even = of_level(report, "warning"), of_level(report, "breaking")
    assert (len(odd.operations), len(even.operations)) == (COUNT // 2, COUNT // 2)
    assert all(int(one[-1]) % 2 for one in odd.operations)
    assert even.witness is not None
    assert even.witness.line.startswith("POST /things00")
    assert odd.witness is not None
    assert odd.witness.line.startswith("POST /things01")
    assert (report.counts.breaking, report.counts.warning) == (1, 1)


def test_waived_operations_are_another_finding(tmp_path: Path, base: Path) -> None:
    then = revised(tmp_path, new_security)
    drafted = tmp_path / "waivers.yaml"
    diff(base, then, "--write-waivers", drafted)
    waivers = yaml.safe_load(drafted.read_text("utf-8"))
    assert len({(one["operation"], one["pointer"]) for one in waivers["waivers"]}) == COUNT
    for one in waivers["waivers"]:
        one |= {"reason": "agreed", "owner": "team"}
    drafted.write_text(yaml.safe_dump(waivers), "utf-8")
    assert diff(base, then, "--waivers", drafted).exit_code == 0
    del waivers["waivers"][0]
    drafted.write_text(yaml.safe_dump(waivers), "utf-8")
    report = report_of(base, then, "--waivers", drafted)
    assert [(len(one.operations), one.waiver is None) for one in report.findings] == [(1, True), (COUNT - 1, False)]


def test_equal_edits_of_different_bodies_stay_apart(tmp_path: Path, base: Path) -> None:
    """The field has the same name and the same bounds, but the schemas around it differ."""

    def longer(one: dict[str, Any]) -> None:
        schema = one["requestBody"]["content"]["application/json"]["schema"]
        schema["required"] = ["name"]

    report = report_of(base, revised(tmp_path, longer))
    assert [len(one.operations) for one in report.findings] == [1] * COUNT


def test_different_edits_of_a_parameter_stay_apart(tmp_path: Path, base: Path) -> None:
    maxima = iter([50] * 12 + [60] * 12)

    def lower(one: dict[str, Any]) -> None:
        one["parameters"][0]["schema"]["maximum"] = next(maxima)

    report = report_of(base, revised(tmp_path, lower))
    assert [(one.after["maximum"], len(one.operations)) for one in report.findings] == [(50, 12), (60, 12)]
