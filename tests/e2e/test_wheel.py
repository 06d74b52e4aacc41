"""The wheel works where there is no checkout: built, installed into a fresh environment, used from elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat_contract import __version__
from tests.support.paths import ROOT

PACKAGES = (
    "chat_contract",
    "reporting",
    "mock_server",
    "chat_mock",
    "contract_tests",
    "spec_gate",
    "recorder",
    "kit_cli",
)
SECONDS = 300


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    built = run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    [path] = folder.iterdir()
    return path


class Environment:
    """A fresh virtual environment, and a folder to work in that holds nothing of ours."""

    def __init__(self, folder: Path) -> None:
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        venv.create(folder / "venv", with_pip=True, symlinks=True)
        self.bin = folder / "venv" / "bin"

    def install(self, requirement: str) -> None:
        pip = (self.bin / "python", "-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check")
        done = run(*pip, "--constraint", ROOT / "constraints.txt", requirement, cwd=self.elsewhere)
        assert done.returncode == 0, done.stderr

    def call(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run(self.bin / "chat-contract", *arguments, cwd=self.elsewhere)

    @contextmanager
    def mock(self) -> Iterator[str]:
        command = [str(self.bin / "chat-contract"), "mock", "--port", "0"]
        with subprocess.Popen(command, cwd=self.elsewhere, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield re.search(r"http://\S+/v1(?=/chat)", process.stdout.readline())[0]
            finally:
                process.terminate()
                process.wait(timeout=10)


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The base install: the mock and the core."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(str(wheel))
    return environment


def test_it_holds_our_packages_and_no_other_top_level_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    metadata = f"chat_contract-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PACKAGES, metadata}
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert f"{metadata}/licenses/LICENSE" in names
    for folder in ("openapi", "fixtures"):
        there = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert there
        assert {f"chat_contract/shipped/{name}" for name in there} <= set(names)


def test_the_base_install_serves_the_mock_and_says_what_else_there_is(base: Environment) -> None:
    said = base.call("--version")
    assert (said.returncode, said.stdout) == (0, f"chat-contract, version {__version__}\n")
    assert base.call("--help").returncode == 0
    assert base.call("mock", "--help").returncode == 0
    lacking = base.call("verify", "http://127.0.0.1:1/v1")
    assert lacking.returncode == 2
    assert "pip install 'chat-contract[suite]'" in lacking.stderr
    assert "Traceback" not in lacking.stderr
    with base.mock() as url:
        assert url.startswith("http://127.0.0.1:")


def test_with_the_suite_it_judges_its_own_mock(base: Environment, wheel: Path) -> None:
    base.install(f"{wheel}[suite]")
    with base.mock() as url:
        judged = base.call("verify", url, "--report", "json=report.json")
        [suite] = base.bin.parent.glob("lib/python*/site-packages/contract_tests")
        by_pytest = run(
            base.bin / "pytest", "-q", "-p", "no:cacheprovider", suite, "--base-url", url, cwd=base.elsewhere
        )
    assert judged.returncode == 0, judged.stdout + judged.stderr
    report = json.loads((base.elsewhere / "report.json").read_text("utf-8"))
    assert (report["verdict"], report["base_url"]) == ("conforms", url)
    assert by_pytest.returncode == 0, by_pytest.stdout + by_pytest.stderr


def test_nothing_is_written_where_it_runs(base: Environment) -> None:
    """Runs after the others: they leave the report that was asked for."""
    assert {path.name for path in base.elsewhere.iterdir()} <= {"report.json", ".hypothesis"}
