"""``chat-contract doctor``: each thing that is broken on purpose is found, and its fix is named."""

from __future__ import annotations

import json
import os
import sys
from importlib import metadata
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from chat_contract import __version__
from kit_cli import main
from kit_cli.actions.schema import schema_of
from kit_cli.doctor import machine
from kit_cli.doctor.model import Check, Finding, Status
from kit_cli.installation import installation
from kit_cli.main import cli
from kit_cli.requirements import EXTRAS
from testbed.ports import free_port
from tests.support.mock import start as start_mock
from tests.support.packages import Packages
from tests.support.small_servers import answering
from tests.support.waiting import PATIENCE

FREE_PORTS = {"CHAT_CONTRACT_MOCK_PORT": "0", "CHAT_CONTRACT_RECORD_PORT": "0"}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: object, **env: str) -> Result:
    result = CliRunner().invoke(
        cli, ["doctor", *map(str, arguments)], env={**FREE_PORTS, **env}, prog_name="chat-contract"
    )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def findings(*arguments: object, **env: str) -> tuple[int, list[Finding]]:
    result = run("--report", "json", *arguments, **env)
    report = json.loads(result.stdout)
    Draft202012Validator(schema_of("report-doctor")).validate(report)
    return result.exit_code, [
        Finding(Check(each["check"]), Status(each["status"]), each["text"], each["fix"]) for each in report["findings"]
    ]


def worst(check: Check, *arguments: object, **env: str) -> tuple[int, Finding]:
    """Return the exit code, and the only finding of a check that is not ok."""
    code, found = findings(*arguments, **env)
    [wrong] = [each for each in found if each.check is check and each.status is not Status.OK]
    return code, wrong


def test_every_check_is_listed_and_none_is_a_problem_here() -> None:
    code, found = findings()
    assert [each for each in found if each.status is Status.PROBLEM] == []
    assert code == 0
    assert {each.check for each in found} == set(Check)
    assert all(bool(each.fix) is (each.status is not Status.OK) for each in found)


def test_text_shows_each_finding_and_the_fixes() -> None:
    result = run("--fixtures", "nowhere")
    assert result.exit_code == 1
    first, _, *lines = result.stdout.splitlines()
    assert first == "PROBLEM  Some commands of the kit fail on this machine."
    assert "✗ Fixtures       nowhere: not a folder of fixtures" in lines
    assert any(line.startswith("                 Fix: Name a folder that contains catalogue.yaml;") for line in lines)
    assert lines[-1].startswith("1 problem, ")


def test_report_goes_to_a_file_too(folder: Path) -> None:
    result = run("--report", "json=doctor.json")
    assert result.stdout.startswith("OK")
    assert json.loads((folder / "doctor.json").read_text("utf-8"))["format"] == "chat-contract-doctor"


# Broken on purpose ----------------------------------------------------------------------------------------------------


def test_python_that_is_too_old() -> None:
    found = machine.check_python((3, 10), ((3, 11), (3, 14)))
    assert (found.status, found.fix) == (Status.PROBLEM, "Install Python 3.11 to 3.14, and the kit into it.")
    assert machine.check_python((3, 15), ((3, 11), (3, 14))).status is Status.WARNING
    assert machine.check_python((3, 12), ((3, 11), (3, 12), (3, 14))).status is Status.OK
    assert machine.supported_versions()[0] == (3, 11)


def test_package_of_the_base_install_that_is_too_old(packages: Packages) -> None:
    packages.add("flask", "0.1")
    code, found = worst(Check.PACKAGES)
    assert code == 1
    assert found.text.startswith("flask 0.1 does not satisfy >=")
    assert found.fix == f"Install the kit again: {installation().command()}"


def test_package_of_the_base_install_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    present = metadata.distribution

    def distribution(name: str) -> metadata.Distribution:
        if name == "cachetools":
            raise metadata.PackageNotFoundError(name)
        return present(name)

    def all_commands() -> dict[str, object]:
        raise ModuleNotFoundError("No module named 'cachetools'", name="cachetools")

    monkeypatch.setattr(metadata, "distribution", distribution)
    monkeypatch.setattr("kit_cli.actions.doctor.all_commands", all_commands)
    code, found = findings()
    wrong = [each for each in found if each.status is Status.PROBLEM]
    assert (code, {each.check for each in wrong}) == (1, {Check.PACKAGES})
    assert [each.text for each in wrong] == [
        "cachetools is not installed",
        "the mock cannot start: No module named 'cachetools'",
    ]


def test_outdated_package_of_an_extra_is_a_problem(packages: Packages) -> None:
    packages.add("hypothesis", "1.0")
    code, every = findings()
    # The extra mcp needs the same packages.
    [found] = [each for each in every if each.status is Status.PROBLEM and each.text.startswith("suite ")]
    assert code == 1
    assert "hypothesis 1.0 does not satisfy" in found.text
    assert installation().command("suite") in found.fix


def test_extra_that_is_not_installed_is_reported_as_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    present = metadata.distribution

    def distribution(name: str) -> metadata.Distribution:
        if name == "locust":
            raise metadata.PackageNotFoundError(name)
        return present(name)

    monkeypatch.setattr(metadata, "distribution", distribution)
    code, found = findings()
    [load] = [each for each in found if each.check is Check.EXTRAS and each.text.startswith("load ")]
    assert (code, load.status) == (0, Status.OK)
    assert load.text.startswith("load (load) is not installed. Install the kit again with the extra load: ")


def test_installed_version_that_differs_from_the_code_is_a_problem(packages: Packages) -> None:
    packages.add("chat-contract", "0.0.9")
    code, found = worst(Check.KIT)
    assert code == 1
    assert f"the code is version {__version__}" in found.text
    assert "version 0.0.9 is installed" in found.text
    assert found.fix.startswith("Install the kit again: ")


def test_command_of_another_environment_is_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = folder / "bin" / "chat-contract"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    code, found = worst(Check.KIT)
    assert code == 0
    assert f"a shell runs {other}" in found.text
    assert found.fix.startswith("Activate the environment")


def test_missing_programs_and_browser_are_warnings(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("BROWSER", raising=False)
    code, found = findings()
    wrong = [(each.check, each.fix) for each in found if each.status is Status.WARNING]
    assert code == 0
    assert [check for check, _ in wrong] == [Check.PROGRAMS, Check.PROGRAMS, Check.BROWSER]
    assert wrong[0][1] == "Install curl, or add its folder to PATH."
    assert "chromium" in wrong[2][1]


def test_cache_folder_that_cannot_be_written_is_a_warning(folder: Path) -> None:
    (folder / "file").touch()
    code, found = worst(Check.CACHE, XDG_CACHE_HOME=str(folder / "file"))
    assert (code, found.fix) == (0, "Set XDG_CACHE_HOME to a folder that you can write to.")


def test_proxy_for_requests_to_this_machine_is_a_warning_without_its_password() -> None:
    proxy = {"http_proxy": "http://user:secret@proxy.example:3128"}
    code, found = worst(Check.PROXY, **proxy)
    assert (code, found.fix) == (0, "Add 127.0.0.1 and localhost to NO_PROXY.")
    assert "proxy.example" in found.text
    assert "secret" not in run(**proxy).output
    assert [each.status for each in findings(**proxy, NO_PROXY="127.0.0.1")[1] if each.check is Check.PROXY] == ["ok"]


@pytest.mark.parametrize(
    ("text", "problem", "fix"),
    [
        ("[mock", "not TOML", "Correct the syntax."),
        ("[mock]\nprot = 8080\n", 'unknown key "prot"', "Did you mean port or proxy?"),
        ("[mock]\nport = 'x'\n", "", "Correct the value."),
    ],
)
def test_error_in_the_configuration_file_is_a_problem(text: str, problem: str, fix: str, folder: Path) -> None:
    (folder / ".chat-contract.toml").write_text(text)
    code, found = worst(Check.CONFIGURATION)
    assert (code, found.fix) == (1, fix)
    assert problem in found.text
    assert ".chat-contract.toml:" in found.text


def test_missing_configuration_file_is_a_problem() -> None:
    result = CliRunner().invoke(cli, ["--config", "none.toml", "doctor"], env=FREE_PORTS)
    assert result.exit_code == 1
    assert "none.toml: cannot read the file" in result.stdout


def test_invalid_value_of_a_variable_is_a_problem() -> None:
    code, found = worst(Check.CONFIGURATION, CHAT_CONTRACT_MOCK_PORT="many")
    assert code == 1
    assert "mock: Invalid value for '--port'" in found.text
    assert found.fix == "Correct the value; chat-contract config mock shows it."


def test_invalid_rate_limit_is_a_problem() -> None:
    code, found = worst(Check.CONFIGURATION, CHAT_CONTRACT_MOCK_RATE_LIMIT="10")
    assert code == 1
    assert found.text.startswith('Invalid rate "10" for --rate-limit')
    assert "10/s" in found.fix


def test_variable_that_sets_no_option_is_a_warning() -> None:
    code, found = worst(Check.ENVIRONMENT, CHAT_CONTRACT_VERIFY_SEDE="1")
    assert (code, found.fix) == (0, "Did you mean CHAT_CONTRACT_VERIFY_SEED?")


def test_unreadable_contract_is_a_problem(folder: Path) -> None:
    (folder / "api.yaml").write_text("openapi: 3.1.0\npaths: [\n")
    code, found = worst(Check.CONTRACT, "--spec", "api.yaml")
    assert code == 1
    assert "api.yaml:" in found.text
    assert found.fix


def test_missing_overlay_is_a_problem() -> None:
    code, found = worst(Check.CONTRACT, "--overlay", "none.yaml")
    assert code == 1
    assert "none.yaml" in found.text


def test_each_error_in_fixtures_is_a_finding(folder: Path) -> None:
    fixtures = folder / "fixtures"
    (fixtures / "conversations").mkdir(parents=True)
    (fixtures / "catalogue.yaml").write_text("items:\n- {item_id: 5}\n- {item_id: A, title: 3}\n")
    code, found = findings("--fixtures", fixtures)
    wrong = [each for each in found if each.status is Status.PROBLEM]
    assert code == 1
    assert len(wrong) > 1
    assert all(each.check is Check.FIXTURES and "catalogue.yaml" in each.text and each.fix for each in wrong)


def test_port_in_use_by_another_server_is_a_problem() -> None:
    with answering(lambda _: (404, {}, b"")) as server:
        code, found = worst(Check.PORTS, "--port", server.port)
    assert code == 1
    assert found.text == f"mock: cannot listen on 127.0.0.1:{server.port}: address already in use"
    assert "choose another port" in found.fix


def test_port_in_use_by_a_mock_is_reported_as_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kit_cli.doctor.setup._SECONDS", PATIENCE)
    mock = start_mock()
    try:
        port = mock.url.split(":")[2].split("/")[0]
        code, found = findings("--port", port)
    finally:
        mock.stop()
        mock.process.stdout.close()
    assert code == 0, found
    assert f"mock: 127.0.0.1:{port} is in use by a mock" in [each.text for each in found]


def test_unreachable_store_is_a_problem() -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    code, found = worst(Check.STORE, "--store", url)
    assert code == 1
    assert "Redis at 127.0.0.1:" in found.text
    assert "Start Redis" in found.fix
    assert "secret" not in run("--store", url).output


def test_invalid_address_of_the_store_is_a_problem() -> None:
    code, found = worst(Check.CONFIGURATION, "--store", "http://127.0.0.1")
    assert code == 1
    assert found.text.startswith("Invalid URL for --store")


def test_missing_package_of_the_store_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mock_server.store.redis", None)
    code, found = worst(Check.STORE, "--store", "redis://127.0.0.1:1/0")
    assert code == 1
    assert found.fix == installation().advice("redis")


# Tables ---------------------------------------------------------------------------------------------------------------


def test_every_extra_of_a_command_is_checked() -> None:
    extras = {entry.extra for entry in main._COMMANDS.values() if entry.extra is not None}
    assert extras <= EXTRAS.keys()


def test_options_are_checked_as_the_mock_reads_them(folder: Path) -> None:
    (folder / ".chat-contract.toml").write_text("[mock]\nlatitude = 'nonsense'\n")
    code, found = findings()
    wrong = [each for each in found if each.status is Status.PROBLEM]
    assert code == 1
    assert "nonsense" in wrong[0].text
