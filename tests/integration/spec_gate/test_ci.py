"""What CI runs, run here: the lines of the action, the template and the hook, on a repository with two changes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.paths import ROOT

ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "ci/gitlab/contract-change.yml"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
BREAKING = ("required: [message]", "required: [message, user_id]")
HARMLESS = ("openapi: 3.1", "# Only a remark.\nopenapi: 3.1")


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False,
        env={"PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the contract, its first commit named main."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def change(folder: Path, replaced: tuple[str, str]) -> None:
    document = folder / "openapi/chat.yaml"
    text = document.read_text("utf-8")
    assert replaced[0] in text
    document.write_text(text.replace(*replaced, 1), "utf-8")


def committed(folder: Path, replaced: tuple[str, str]) -> None:
    change(folder, replaced)
    git(folder, "commit", "-q", "-a", "-m", "second")


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def steps_of_the_action() -> list[str]:
    return [step["run"] for step in yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]]


@pytest.mark.parametrize(("replaced", "code"), [(BREAKING, 1), (HARMLESS, 0)])
def test_the_action_judges_the_change_and_says_so(repository: Path, replaced: tuple[str, str], code: int) -> None:
    install, judge, summary, _ = steps_of_the_action()
    assert install.startswith("pip install")
    committed(repository, replaced)
    judged = run(judge, repository, BASE="HEAD^", DOCUMENT="openapi/chat.yaml", ARGUMENTS="")
    assert judged.returncode == code, judged.stderr
    assert ("::error file=openapi/chat.yaml,line=" in judged.stdout) == bool(code)
    page = repository / "summary.md"
    assert run(summary, repository, GITHUB_STEP_SUMMARY=str(page)).returncode == 0
    assert ("request-property-became-required" in page.read_text("utf-8")) == bool(code)
    kept = {file.suffix for file in (repository / "reports").iterdir()}
    assert kept == {".md", ".html", ".sarif", ".xml", ".json"}


def test_the_action_judges_the_mock_afterwards(repository: Path) -> None:
    (repository / "reports").mkdir()
    judge = steps_of_the_action()[-1].replace("4010", free_port())
    judged = run(judge, repository, DOCUMENT="openapi/chat.yaml")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "CONFORMS" in judged.stdout


@pytest.mark.parametrize(("replaced", "code"), [(BREAKING, 1), (HARMLESS, 0)])
def test_the_gitlab_job_does_the_same(repository: Path, replaced: tuple[str, str], code: int) -> None:
    install, *script = yaml.safe_load(TEMPLATE.read_text("utf-8"))["contract-change"]["script"]
    assert install.startswith("pip install")
    base = git(repository, "rev-parse", "HEAD")
    committed(repository, replaced)
    lines = "\n".join(script).replace("4010", free_port())
    names = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "DOCUMENT": "openapi/chat.yaml", "ARGUMENTS": ""}
    judged = run(lines, repository, **names)
    assert judged.returncode == code, judged.stdout + judged.stderr
    assert ("CONFORMS" in judged.stdout) == (code == 0)


@pytest.mark.parametrize(("replaced", "code"), [(BREAKING, 1), (HARMLESS, 0)])
def test_the_hook_judges_what_is_about_to_be_committed(repository: Path, replaced: tuple[str, str], code: int) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    change(repository, replaced)
    assert run(" ".join([hook["entry"], *hook["args"]]), repository).returncode == code


def test_a_shallow_clone_says_what_to_fetch(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    committed(repository, HARMLESS)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), str(shallow))
    there = run("chat-contract diff git:HEAD:openapi/chat.yaml openapi/chat.yaml", shallow)
    assert there.returncode == 0, there.stderr
    for reference in ("HEAD^", first):
        missing = run(f"chat-contract diff git:{reference}:openapi/chat.yaml openapi/chat.yaml", shallow)
        assert missing.returncode == 2
        assert "not in this shallow clone" in missing.stderr
        assert "git fetch --depth=1 origin" in missing.stderr
