"""``pytest contract_tests`` in a user's project: import modes, and folders that have the names of ours."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from tests.support.nested_pytest import pytest_in
from tests.support.paths import ROOT

SUITE = ROOT / "contract_tests"
IMPORT_MODES = ("prepend", "append", "importlib")


def run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run pytest in the folder without the configuration of this repository."""
    (folder / "none.ini").write_text("[pytest]\n")
    return pytest_in(folder, "-c", "none.ini", "--rootdir", folder, *arguments)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that has its own ``contract_tests`` package and ``mock_server`` folder."""
    own = tmp_path / "contract_tests"
    own.mkdir()
    (own / "__init__.py").write_text("")
    (own / "conftest.py").write_text("import pytest\n\n@pytest.fixture\ndef theirs():\n    return 1\n")
    (own / "test_own.py").write_text("def test_own(theirs):\n    assert theirs == 1\n")
    mock = tmp_path / "mock_server"
    mock.mkdir()
    (mock / "__init__.py").write_text("")
    (mock / "__main__.py").write_text("raise SystemExit('this is the mock_server of the project')\n")
    return tmp_path


@pytest.mark.parametrize("mode", IMPORT_MODES)
def test_suite_runs_in_a_project_with_its_own_contract_tests_package(mode: str, project: Path) -> None:
    with serve(BY_NAME["limit-ignored"]) as url:
        ran = run(project, SUITE, f"--import-mode={mode}", "--base-url", url, "-k", "limit.asked or reply.message")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "limit.asked: expected" in ran.stdout
    assert "curl" in ran.stdout


@pytest.mark.parametrize("mode", IMPORT_MODES)
def test_project_runs_its_own_contract_tests_package(mode: str, project: Path) -> None:
    ran = run(project, "contract_tests", f"--import-mode={mode}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed" in ran.stdout


def test_suite_starts_the_mock_of_the_kit_and_not_that_of_the_project(project: Path) -> None:
    ran = run(project, SUITE, "-k", "limit.asked")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_suite_exits_with_two_if_the_server_cannot_be_verified(project: Path) -> None:
    ran = run(project, SUITE, "--base-url", "nowhere", "-k", "limit.asked")
    assert ran.returncode == 2, ran.stdout + ran.stderr
    assert "cannot verify: " in ran.stdout + ran.stderr


def test_wheel_installs_no_contract_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "contract_tests" not in project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
