"""Helpers: write pairs of documents and run ``chat-contract diff`` on them."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner, Result

from kit_cli.main import cli
from kit_reports.codec import decode
from spec_gate.report.model import DiffReport, Outcome
from tests.support.paths import ROOT

CONTRACT = ROOT / "openapi/chat.yaml"


def changed(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Write the contract with some of its text replaced."""
    text = CONTRACT.read_text("utf-8")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new, 1)
    return written(folder, "revision.yaml", text)


def written(folder: Path, name: str, text: str) -> Path:
    """Write a file and return its path."""
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def diff(*arguments: object) -> Result:
    """Run ``chat-contract diff``."""
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)])


def report_of(*arguments: object) -> DiffReport:
    """Run ``chat-contract diff`` and return its JSON report."""
    result = diff(*arguments, "--report", "json")
    report = decode(DiffReport, result.stdout) if result.exit_code in {0, 1, 2} and result.stdout else None
    assert report is not None, result.output
    assert result.exit_code in {0, 1} or report.verdict is Outcome.INCONCLUSIVE
    return report


def body(schema: str, *, title: str = "t", version: str = "1.0.0") -> str:
    """Return a document with one operation whose request body has this schema, written as flow YAML."""
    content = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    operation = f'{{requestBody: {content}, responses: {{"200": {{description: ok}}}}}}'
    return f'openapi: 3.1.0\ninfo: {{title: "{title}", version: "{version}"}}\npaths: {{/a: {{post: {operation}}}}}\n'
