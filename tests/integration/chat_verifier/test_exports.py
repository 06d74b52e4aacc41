"""Exports of violations: SARIF is valid, and scripts, .http files and tests show the violations again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from fluidattacks_core.sarif import SarifLog

from kit_cli.main import cli
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from tests.support.pasting import paste
from tests.support.waiting import PATIENCE

FORMATS = ("json", "sarif", "sh", "http", "pytest")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return the URL of a server that is served meanwhile, and the folder with its reports."""
    folder = tmp_path_factory.mktemp("exports")
    options = [part for name in FORMATS for part in ("--report", f"{name}={folder / 'out' / name}")]
    with serve(BY_NAME["limit-ignored-later"]) as url:
        result = CliRunner().invoke(cli, ["verify", url, *options])
        assert result.exit_code == 1, result.output
        yield url, folder / "out"


def test_sarif_is_valid_and_names_the_violated_clauses(exported: tuple[str, Path]) -> None:
    log = json.loads((exported[1] / "sarif").read_text())
    SarifLog.model_validate(log)
    (run,) = log["runs"]
    errors = {result["ruleId"] for result in run["results"] if result["level"] == "error"}
    assert "limit.asked" in errors
    assert all(run["tool"]["driver"]["rules"][one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])


def test_script_shows_the_violation(exported: tuple[str, Path], tmp_path: Path) -> None:
    script = (exported[1] / "sh").read_text()
    assert script.startswith("#!/bin/sh\n\n# limit.")
    assert any(response.status == 200 for response in paste(script, tmp_path))


def test_http_file_continues_the_conversation_of_the_first_turn(exported: tuple[str, Path]) -> None:
    text = (exported[1] / "http").read_text()
    assert "# @name turn1\n" in text
    assert "{{turn1.response.body.$.conversation_id}}" in text
    assert f"POST {exported[0]}/chat\n" in text


def _tested(file: Path, url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull, str(file)]
    return subprocess.run(
        command, env={**os.environ, "CHAT_BASE_URL": url}, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_exported_tests_fail_until_the_server_is_fixed(exported: tuple[str, Path], tmp_path: Path) -> None:
    url, folder = exported
    file = tmp_path / "test_findings.py"
    file.write_text((folder / "pytest").read_text())
    failed = _tested(file, url)
    assert failed.returncode == 1, failed.stdout
    assert "limit.asked: expected at most" in failed.stdout
    with serve(BY_NAME["limit-ignored-later"].style) as fixed:
        passed = _tested(file, fixed)
    assert passed.returncode == 0, passed.stdout
