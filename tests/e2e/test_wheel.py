"""The wheel, installed into a fresh environment: its content, its extras, and its use outside the checkout."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chat_contract import __version__
from testbed import image
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

PACKAGES = (
    "chat_contract",
    "mock_server",
    "chat_mock",
    "chat_verifier",
    "chat_load",
    "spec_gate",
    "kit_http",
    "kit_options",
    "kit_reports",
    "kit_cli",
)
SECONDS = 300


def run(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=SECONDS, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution, and the wheel from it alone."""
    folder = tmp_path_factory.mktemp("built")
    built = run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, cwd=ROOT)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [path] = built.glob("*.whl")
    return path


class Environment:
    """A fresh virtual environment and an empty working directory."""

    def __init__(self, folder: Path) -> None:
        self.elsewhere = folder / "elsewhere"
        self.elsewhere.mkdir()
        venv.create(folder / "venv", symlinks=True)
        self.bin = folder / "venv" / "bin"

    def install(self, requirement: str) -> None:
        # The pip of this environment: to install another one takes as long as most packages together.
        pip = (sys.executable, "-m", "pip", "--python", self.bin / "python", "install")
        options = ("--quiet", "--no-compile", "--disable-pip-version-check", "--constraint", ROOT / "constraints.txt")
        done = run(*pip, *options, requirement, cwd=self.elsewhere)
        assert done.returncode == 0, done.stderr

    def python(self, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        return run(self.bin / "python", *arguments, cwd=cwd or self.elsewhere)

    def call(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return run(self.bin / "chat-contract", *arguments, cwd=self.elsewhere)

    @contextmanager
    def mock(self) -> Iterator[str]:
        command = [str(self.bin / "chat-contract"), "mock", "--port", "0"]
        with subprocess.Popen(command, cwd=self.elsewhere, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                yield re.search(r"http://\S+/v1(?=/chat)", process.stdout.readline())[0]
            finally:
                process.terminate()
                process.wait(timeout=PATIENCE)


@pytest.fixture(scope="module")
def base(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the base install: mock server and core."""
    environment = Environment(tmp_path_factory.mktemp("installed"))
    environment.install(str(wheel))
    return environment


@pytest.fixture(scope="module")
def suite(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return an environment with the extra ``suite``."""
    environment = Environment(tmp_path_factory.mktemp("suite"))
    environment.install(f"{wheel}[suite]")
    return environment


def test_wheel_contains_the_packages_and_no_generic_top_level_name(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    metadata = f"chat_contract-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PACKAGES, metadata}
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert f"{metadata}/licenses/LICENSE" in names
    for folder in ("openapi", "fixtures"):
        files = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file()}
        assert files
        assert {f"chat_contract/shipped/{name}" for name in files} <= set(names)


def test_wheel_contains_every_file_of_its_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    files = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files <= names


def test_distributions_pass_the_checks_of_an_index(built: Path, wheel: Path) -> None:
    twine = run(sys.executable, "-m", "twine", "check", "--strict", *built.iterdir(), cwd=ROOT)
    assert twine.returncode == 0, twine.stdout
    contents = run(Path(sys.executable).with_name("check-wheel-contents"), wheel, cwd=ROOT)
    assert contents.returncode == 0, contents.stdout


def test_source_distribution_contains_what_the_wheel_is_built_from_and_no_tests(built: Path) -> None:
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.split("/")[1] for name in archive.getnames()}
    documents = {"CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "SECURITY.md", "pyproject.toml", ".gitignore"}
    assert names == {*PACKAGES, "openapi", "fixtures", *documents}


def test_base_install_serves_the_mock_and_names_the_extra_of_other_commands(base: Environment, wheel: Path) -> None:
    version = base.call("--version")
    assert (version.returncode, version.stdout) == (0, f"chat-contract, version {__version__}\n")
    assert base.call("--help").returncode == 0
    assert base.call("mock", "--help").returncode == 0
    for command, extra in (("verify", "suite"), ("parity", "suite"), ("diff", "gate")):
        missing = base.call(command, *["http://127.0.0.1:1/v1"] * (1 if command == "verify" else 2))
        assert missing.returncode == 2
        assert f"pip install '{wheel}[{extra}]'" in missing.stderr
        assert "Traceback" not in missing.stderr
    with base.mock() as url:
        assert url.startswith("http://127.0.0.1:")


def test_doctor_finds_no_problem_in_a_fresh_install(base: Environment, wheel: Path) -> None:
    examined = base.call("doctor", "--report", "json", "--port", "0")
    report = json.loads(examined.stdout)
    assert (examined.returncode, report["status"]) == (0, "ok"), examined.stdout
    texts = [finding["text"] for finding in report["findings"]]
    assert f"chat-contract {__version__}, from {wheel}" in texts
    missing = "suite (verify, judge, parity, report and schema) is not installed."
    assert any(text.startswith(missing) and f"'{wheel}[suite]'" in text for text in texts)


def test_mock_of_the_image_passes_its_health_check_and_writes_nothing(base: Environment, tmp_path: Path) -> None:
    image.serve(base.bin.parent, tmp_path)


def test_image_whose_mock_does_not_start_is_reported(
    base: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Dockerfile", "compose.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    file = tmp_path / "Dockerfile"
    file.write_text(file.read_text("utf-8").replace('"--host"', '"--no-such-option"'), "utf-8")
    monkeypatch.setattr(image, "ROOT", tmp_path)
    (tmp_path / "root").mkdir()
    with pytest.raises(RuntimeError, match="the health check fails"):
        image.serve(base.bin.parent, tmp_path / "root")


def test_suite_verifies_the_installed_mock(suite: Environment) -> None:
    with suite.mock() as url:
        verified = suite.call("verify", url, "--quick", "--report", "json=report.json")
        created = {path.name for path in suite.elsewhere.iterdir()}
        few = ("-k", "limit.asked or reply.message")
        pytest_options = ("-q", "-p", "no:cacheprovider", "--rootdir", ROOT / "contract_tests", "-c", "/dev/null", *few)
        tested = suite.python("-m", "pytest", *pytest_options, ROOT / "contract_tests", "--base-url", url)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    report = json.loads((suite.elsewhere / "report.json").read_text("utf-8"))
    assert (report["verdict"], report["base_url"]) == ("conforms", url)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "3 passed" in tested.stdout
    assert created == {"report.json"}


def test_project_with_its_own_contract_tests_folder_imports_its_own(suite: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "contract_tests"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "helper.py").write_text("OWN = True\n")
    (folder / "test_own.py").write_text(
        "from contract_tests.helper import OWN\n\n\ndef test_own(chat_mock):\n    assert OWN\n"
    )
    pytest_options = ("-q", "-p", "no:cacheprovider", "--import-mode=importlib", "contract_tests")
    tested = suite.python("-m", "pytest", *pytest_options, cwd=tmp_path)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "1 passed" in tested.stdout
