"""Paths that differ only in the name of a variable are two operations."""

from __future__ import annotations

from pathlib import Path

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
