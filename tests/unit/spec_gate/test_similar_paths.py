"""Paths that differ only in the name of a variable are two operations."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spec_gate.report.model import DiffReport
from tests.unit.spec_gate.changing import report_of, written


def document(*paths: str) -> str:
    items = ", ".join(
        f'"{path}": {{get: {{parameters: [{{in: path, name: {path[4:-1]}, required: true, schema: {{type: string}}}}], '
        f'responses: {{"200": {{description: ok}}}}}}}}'
        for path in paths
    )
    return f"openapi: 3.1.0\ninfo: {{title: t, version: 1.0.0}}\npaths: {{{items}}}\n"


def test_removed_path_beside_one_with_another_variable_is_found(tmp_path: Path) -> None:
    base = written(tmp_path, "base.yaml", document("/a/{one}", "/a/{two}"))
    then = written(tmp_path, "then.yaml", document("/a/{one}"))
    [finding] = report_of(base, then).findings
    assert (finding.level, finding.operations) == ("breaking", ("GET /a/{two}",))
    assert not report_of(base, base).findings


def test_renamed_variable_is_the_same_operation(tmp_path: Path) -> None:
    base = written(tmp_path, "base.yaml", document("/a/{one}"))
    assert report_of(base, written(tmp_path, "then.yaml", document("/a/{two}"))).counts.breaking == 0


# Paths that take requests of a path with variables --------------------------------------------------------------------


def operations(paths: dict[str, dict[str, Any]], limit: int = 10) -> dict[str, Any]:
    """Return a document; each path has the schemas of its variables."""
    found: dict[str, Any] = {"openapi": "3.1.0", "info": {"title": "t", "version": "1.0.0"}, "paths": {}}
    for path, variables in paths.items():
        schema = {"type": "object", "properties": {"text": {"type": "string", "maxLength": limit}}}
        body = {"required": True, "content": {"application/json": {"schema": schema}}}
        parameters = [{"in": "path", "name": name, "required": True, "schema": one} for name, one in variables.items()]
        operation = {"parameters": parameters, "requestBody": body, "responses": {"200": {"description": "Fine."}}}
        found["paths"][path] = {"post": operation}
    return found


def compared(folder: Path, base: dict[str, Any], then: dict[str, Any]) -> DiffReport:
    files = [written(folder, f"{name}.json", json.dumps(one)) for name, one in (("base", base), ("then", then))]
    return report_of(*files)


TEXT: dict[str, Any] = {"type": "string"}
MODES: dict[str, Any] = {"type": "string", "enum": ["fast", "slow"]}


@pytest.mark.parametrize(
    ("template", "variables", "path", "more"),
    [
        ("/chat/{mode}", {"mode": TEXT}, "/chat/fast", {}),
        ("/chat/{mode}", {"mode": MODES}, "/chat/fast", {}),
        ("/{a}/x/{b}", {"a": TEXT, "b": {"type": "integer"}}, "/{a}/x/1", {"a": TEXT}),
        ("/files/{name}.json", {"name": TEXT}, "/files/all.json", {}),
    ],
)
def test_new_path_that_takes_requests_of_a_path_with_variables_is_a_warning(
    template: str, variables: dict[str, Any], path: str, more: dict[str, Any], tmp_path: Path
) -> None:
    base = operations({template: variables})
    then = {**base, "paths": {**base["paths"], **operations({path: more})["paths"]}}
    [finding] = compared(tmp_path, base, then).findings
    assert (finding.rule, finding.level) == ("operation-takes-requests", "warning")
    assert finding.title == f"New operation `POST {path}` takes requests of `POST {template}`"


@pytest.mark.parametrize(
    ("variables", "path"),
    [
        ({"mode": {"type": "integer"}}, "/chat/fast"),
        ({"mode": {"enum": ["slow"]}}, "/chat/fast"),
        ({"mode": {"type": "string", "maxLength": 3}}, "/chat/fast"),
        ({"mode": TEXT}, "/chat/fast/more"),
        ({"mode": TEXT}, "/talk/fast"),
    ],
)
def test_new_path_with_values_that_clients_cannot_send_is_compatible(
    variables: dict[str, Any], path: str, tmp_path: Path
) -> None:
    base = operations({"/chat/{mode}": variables})
    then = {**base, "paths": {**base["paths"], **operations({path: {}}, limit=5)["paths"]}}
    assert [one.rule for one in compared(tmp_path, base, then).findings] == ["operation-added"]


def test_new_path_for_a_listed_value_is_compared_with_the_path_that_it_replaces(tmp_path: Path) -> None:
    base = operations({"/chat/{mode}": {"mode": MODES}})
    then = {**base, "paths": {**base["paths"], **operations({"/chat/fast": {}}, limit=5)["paths"]}}
    report = compared(tmp_path, base, then)
    assert [one.rule for one in report.findings] == ["request-max-length-decreased", "operation-takes-requests"]
    broken = report.findings[0]
    assert (broken.level, broken.operations) == ("breaking", ("POST /chat/fast",))
    assert broken.witness is not None
    assert broken.witness.line == "POST /chat/fast"


def test_path_that_gives_its_requests_to_one_with_variables_stays_removed(tmp_path: Path) -> None:
    then = operations({"/chat/{mode}": {"mode": TEXT}})
    base = {**then, "paths": {**then["paths"], **operations({"/chat/fast": {}})["paths"]}}
    assert [one.rule for one in compared(tmp_path, base, then).findings] == ["operation-removed"]
