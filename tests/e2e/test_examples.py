"""The examples run against the mock with generated clients, and the container files pass their linters."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from mock_server.control.description import describe
from testbed import image
from testbed.ports import free_port
from tests.conftest import REQUIRE_ALL, RequireProgram
from tests.support.paths import ROOT

FRONTEND = ROOT / "examples" / "frontend"
PACKAGE = ROOT / "packages" / "chat-mock-js"
SERVER = ROOT / "examples" / "fastapi-server"
CLIENT = ROOT / "examples" / "python-client"
BIN = Path(sys.executable).parent
SECONDS = 300


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


def test_frontend_example_passes_its_own_tests(npx: str) -> None:
    succeeds(npx, "--no-install", "tsc", cwd=FRONTEND)
    told = succeeds(npx, "--no-install", "vitest", "run", cwd=FRONTEND)
    assert re.search(r"Tests .*45 passed", told), told


def test_page_on_another_port_passes_its_playwright_tests(npx: str, require_program: RequireProgram) -> None:
    chromium = require_program("chromium", "chromium")
    told = succeeds(
        *(npx, "--no-install", "playwright", "test"), cwd=FRONTEND, PAGE_PORT=str(free_port()), CHROMIUM=chromium
    )
    assert "6 passed" in told


def test_types_of_the_javascript_package_are_generated_from_the_control_api(npx: str, tmp_path: Path) -> None:
    described = tmp_path / "control.json"
    described.write_text(json.dumps(describe()))
    written = tmp_path / "control.d.ts"
    succeeds(
        *(npx, "--no-install", "openapi-typescript", described, "--default-non-nullable=false", "--output", written),
        cwd=FRONTEND,
    )
    hint = "npm run package-types writes them anew"
    assert written.read_text() == (PACKAGE / "types" / "control.d.ts").read_text(), hint
    types = tmp_path / "types"
    succeeds(npx, "--no-install", "tsc", "--project", PACKAGE, "--outDir", types, cwd=FRONTEND)
    shutil.copy(written, types)
    texts = {path.name: path.read_text() for path in types.iterdir()}
    assert texts == {path.name: path.read_text() for path in (PACKAGE / "types").iterdir()}, hint


def test_packed_javascript_package_starts_the_mock_in_another_project(npx: str, tmp_path: Path) -> None:
    npm = Path(npx).with_name("npm")
    succeeds(npm, "pack", PACKAGE, "--silent", cwd=tmp_path)
    [tarball] = tmp_path.glob("*.tgz")
    (tmp_path / "package.json").write_text('{"type": "module"}')
    succeeds(npm, "install", "--offline", "--no-audit", "--no-fund", tarball, cwd=tmp_path)
    (tmp_path / "use.js").write_text(
        'import { startMock } from "@chat-contract/mock";\n'
        "const mock = await startMock();\n"
        "console.log(await mock.requests());\n"
        "await mock.stop();\n"
    )
    assert succeeds("node", "use.js", cwd=tmp_path).strip() == "[]"


def test_frontend_example_passes_twice_with_four_workers(npx: str) -> None:
    told = succeeds(sys.executable, "-m", "testbed.soak", "--runs", "2", "--workers", "4", cwd=ROOT)
    assert "2 runs with 4 workers" in told


def test_frontend_types_are_generated_from_the_contract(npx: str, tmp_path: Path) -> None:
    written = tmp_path / "chat.d.ts"
    succeeds(
        *(npx, "--no-install", "openapi-typescript", "../../openapi/chat.yaml"),
        *("--default-non-nullable=false", "--output", written),
        cwd=FRONTEND,
    )
    assert written.read_text() == (FRONTEND / "src" / "chat.d.ts").read_text(), "npm run types writes them anew"


def test_generated_python_client_works_with_the_mock(tmp_path: Path) -> None:
    for file in ("shop.py", "test_shop.py", "pytest.ini"):
        shutil.copy(CLIENT / file, tmp_path)
    succeeds(
        *(BIN / "openapi-python-client", "generate", "--path", ROOT / "openapi" / "chat.yaml"),
        *("--output-path", tmp_path / "chat_client", "--meta", "none"),
        cwd=tmp_path,
    )
    told = succeeds(BIN / "pytest", "-q", "-p", "no:cacheprovider", ".", cwd=tmp_path)
    assert "3 passed" in told


def test_fastapi_example_is_verified_as_a_unit_test() -> None:
    # An installation from before the plugin existed does not name it.
    named = "chat_contract" in {one.name for one in entry_points(group="pytest11")}
    plugin = () if named else ("-p", "chat_verifier.pytest_plugin")
    told = succeeds(BIN / "pytest", "-q", "-p", "no:cacheprovider", *plugin, cwd=SERVER)
    assert "1 passed" in told


def test_dockerfile_passes_hadolint() -> None:
    succeeds(BIN / "hadolint", "Dockerfile", cwd=ROOT)


def test_hadolint_reports_a_bad_dockerfile(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /x && sudo ls\n")
    ended = subprocess.run([BIN / "hadolint", "Dockerfile"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (ended.returncode, "DL3004" in ended.stdout) == (1, True)


def test_compose_files_match_their_schema() -> None:
    files = ("compose.yaml", "compose.scale.yaml")
    succeeds(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", *files, cwd=ROOT)


def test_image_is_pinned() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=python:3\.12-slim-bookworm@sha256:[0-9a-f]{64}$", text, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]


def test_image_contains_every_package_and_runs_as_a_user() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {path.parent.name for path in ROOT.glob("*/py.typed")}
    assert packages <= kept
    assert kept - {"**/__pycache__"} == set(image.context())
    assert all((ROOT / name).exists() for name in image.context())
    assert "\nUSER 10001\n" in (ROOT / "Dockerfile").read_text()
