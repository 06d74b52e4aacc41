"""``chat-contract report``: one JSON report of verify becomes the other formats."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_verifier.report import RENDERERS
from kit_cli.main import cli
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every report of a short run, each in a file named after its format."""
    folder = tmp_path_factory.mktemp("reports")
    options = [part for name in RENDERERS for part in ("--report", f"{name}={folder / name}")]
    with serve(BY_NAME["limit-ignored"]) as url:
        assert call("verify", url, "--max-requests", "30", *options).exit_code == 1
    return folder


@pytest.mark.parametrize("name", RENDERERS)
def test_converted_report_equals_the_one_of_the_run(name: str, reports: Path, tmp_path: Path) -> None:
    file = tmp_path / name
    result = call("report", reports / "json", "--report", f"{name}={file}")
    assert result.exit_code == 0, result.output
    assert file.read_text("utf-8") == (reports / name).read_text("utf-8")


def test_commands_send_the_key_to_a_server_of_the_user_only(reports: Path, tmp_path: Path) -> None:
    text = (reports / "json").read_text("utf-8")
    base_url = json.loads(text)["base_url"]
    foreign = "https://shop.example/v1"
    key = '-H \\"Authorization: Bearer ${CHAT_API_KEY}\\" '
    written = text.replace(base_url, foreign).replace("-H 'Content-Type", f"{key}-H 'Content-Type")
    (tmp_path / "report.json").write_text(written, "utf-8")
    kept = call("report", tmp_path / "report.json", "--base-url", foreign).stdout
    assert "CHAT_API_KEY" in kept
    assert call("report", tmp_path / "report.json").stdout == kept.replace(key.replace("\\", ""), "")
    proxied = written.replace(f" {foreign}", f" --proxy http://proxy.example {foreign}")
    (tmp_path / "report.json").write_text(proxied, "utf-8")
    shown = call("report", tmp_path / "report.json", "--base-url", foreign).stdout
    assert "--proxy" in shown
    assert "CHAT_API_KEY" not in shown


def test_without_options_the_text_report_is_printed(reports: Path) -> None:
    result = call("report", reports / "json")
    assert (result.exit_code, result.stdout) == (0, (reports / "text").read_text("utf-8"))


@pytest.mark.parametrize("name", ["html", "text", "no-such-file"])
def test_file_that_is_not_a_json_report_exits_with_two_and_one_message(
    name: str, reports: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    result = call("report", reports / name, "--report", f"html={page}")
    assert (result.exit_code, result.stdout, page.exists()) == (2, "", False)
    assert result.stderr.startswith(f"cannot convert: {reports / name}: ")
    assert "verify --report json=FILE" in result.stderr
