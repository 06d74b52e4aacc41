"""Makes pairs of documents in one line, and runs the command on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from kit_cli.main import cli
from tests.support.paths import ROOT

CONTRACT = ROOT / "openapi/chat.yaml"


def changed(folder: Path, *replaced: tuple[str, str]) -> Path:
    """Write the contract with some of its text replaced."""
    text = CONTRACT.read_text("utf-8")
    for old, new in replaced:
        assert old in text
        text = text.replace(old, new, 1)
    file = folder / "revision.yaml"
    file.write_text(text, "utf-8")
    return file


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def diff(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["diff", *map(str, arguments)])


def found(*arguments: object) -> dict[str, Any]:
    """The evidence of a comparison that could be made."""
    result = diff(*arguments, "--report", "json")
    assert result.exit_code in {0, 1}, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def body(schema: str, *, title: str = "t", version: str = "1.0.0") -> str:
    """A description of one operation whose request has this schema, written as YAML in one line."""
    content = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    operation = f'{{requestBody: {content}, responses: {{"200": {{description: ok}}}}}}'
    return f'openapi: 3.1.0\ninfo: {{title: "{title}", version: "{version}"}}\npaths: {{/a: {{post: {operation}}}}}\n'
