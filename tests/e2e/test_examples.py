"""The examples run against the mock with generated clients, and the container files pass their linters."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REQUIRE_ALL, RequireProgram
from tests.support.mock import Running, start
from tests.support.paths import ROOT

FRONTEND = ROOT / "examples" / "frontend"
CLIENT = ROOT / "examples" / "python-client"
BIN = Path(sys.executable).parent
SECONDS = 120


@pytest.fixture
def mock() -> Iterator[Running]:
    running = start("--seed", "5")
    yield running
    running.stop()
    running.process.stdout.close()


@pytest.fixture
def npx(require_program: RequireProgram) -> str:
    program = require_program("npx", "npm")
    if not (FRONTEND / "node_modules").is_dir():
        give_up = pytest.fail if os.environ.get(REQUIRE_ALL) == "1" else pytest.skip
        give_up("needs npm ci --prefix examples/frontend")
    return program


def succeeds(*command: str | Path, cwd: Path, **variables: str) -> str:
    """Return the output of the command; a failure shows all of it."""
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables}
    ended = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def test_frontend_example_passes_its_own_tests(npx: str, mock: Running) -> None:
    succeeds(npx, "--no-install", "tsc", cwd=FRONTEND)
    told = succeeds(npx, "--no-install", "vitest", "run", cwd=FRONTEND, CHAT_MOCK=mock.url.removesuffix("/v1/chat"))
    assert "13 passed" in told


def test_frontend_example_passes_three_times_with_four_workers(npx: str) -> None:
    told = succeeds(sys.executable, "-m", "testbed.soak", "--runs", "3", "--workers", "4", cwd=ROOT)
    assert "3 runs with 4 workers" in told


def test_frontend_types_are_generated_from_the_contract(npx: str, tmp_path: Path) -> None:
    written = tmp_path / "chat.d.ts"
    succeeds(
        *(npx, "--no-install", "openapi-typescript", "../../openapi/chat.yaml"),
        *("--default-non-nullable=false", "--output", written),
        cwd=FRONTEND,
    )
    assert written.read_text() == (FRONTEND / "src" / "chat.d.ts").read_text(), "npm run types writes them anew"


def test_generated_python_client_works_with_the_mock(tmp_path: Path) -> None:
    for file in CLIENT.glob("*.py"):
        shutil.copy(file, tmp_path)
    succeeds(
        *(BIN / "openapi-python-client", "generate", "--path", ROOT / "openapi" / "chat.yaml"),
        *("--output-path", tmp_path / "chat_client", "--meta", "none"),
        cwd=tmp_path,
    )
    told = succeeds(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=tmp_path)
    assert "3 passed" in told


def test_dockerfile_passes_hadolint() -> None:
    succeeds(BIN / "hadolint", "Dockerfile", cwd=ROOT)


def test_hadolint_reports_a_bad_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /x && sudo ls\n")
    ended = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, "DL3004" in ended.stdout) == (1, True)


def test_compose_file_matches_its_schema() -> None:
    succeeds(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml", cwd=ROOT)


def test_image_contains_every_package_and_runs_as_a_user() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert packages <= kept
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text()
