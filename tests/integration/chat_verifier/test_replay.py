"""``verify --replay``: only the violations of a report are sent again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from kit_cli.main import cli
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve

FAULT = BY_NAME["limit-ignored-later"]


def verify(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli, ["verify", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The JSON report of a run on a faulty server."""
    file = tmp_path_factory.mktemp("replay") / "r.json"
    with serve(FAULT) as url:
        assert verify(url, "--report", f"json={file}").exit_code == 1
    return file


def test_violations_that_remain_exit_with_one(report: Path) -> None:
    before = json.loads(report.read_text())
    with serve(FAULT) as url:
        result = verify(url, "--replay", report, "--report", "json")
    again = json.loads(result.stdout)
    assert result.exit_code == 1
    assert set(again["reason"]["clauses"]) <= set(before["reason"]["clauses"])
    assert again["requests"] < before["requests"] / 4


def test_fixed_server_exits_with_zero_and_lists_what_was_not_exercised(report: Path) -> None:
    with serve(FAULT.style) as url:
        result = verify(url, "--replay", report)
        complete = verify(url, "--replay", report, "--require-complete")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("NO VIOLATION SEEN  ")
    assert "These clauses were not exercised: " in result.stdout
    assert complete.exit_code == 2


def test_report_without_violations_exits_with_two(report: Path, tmp_path: Path) -> None:
    value = json.loads(report.read_text())
    clean = tmp_path / "clean.json"
    clean.write_text(json.dumps({**value, "clauses": [one for one in value["clauses"] if not one["violations"]]}))
    result = verify("http://127.0.0.1:1/v1", "--replay", clean)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cannot verify: --replay: the report has no violation that can be sent again." in result.stderr
