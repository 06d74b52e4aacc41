"""Runs the commands of the GitHub action, the GitLab template and the pre-commit hook on a repository."""

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
COMPATIBLE = ("openapi: 3.1", "# Only a comment.\nopenapi: 3.1")


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
    """Create a repository with the contract as the first commit of main."""
    folder = tmp_path / "repository"
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def change(folder: Path, replacement: tuple[str, str]) -> None:
    document = folder / "openapi/chat.yaml"
    text = document.read_text("utf-8")
    assert replacement[0] in text
    document.write_text(text.replace(*replacement, 1), "utf-8")


def commit(folder: Path, replacement: tuple[str, str]) -> None:
    change(folder, replacement)
    git(folder, "commit", "-q", "-a", "-m", "second")


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def action_steps() -> list[str]:
    return [step["run"] for step in yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]]


@pytest.mark.parametrize(("replacement", "code"), [(BREAKING, 1), (COMPATIBLE, 0)])
def test_action_annotates_breaking_changes_and_keeps_all_reports(
    repository: Path, replacement: tuple[str, str], code: int
) -> None:
    install, compare, summary, _ = action_steps()
    assert install.startswith("pip install")
    commit(repository, replacement)
    compared = run(compare, repository, BASE="HEAD^", DOCUMENT="openapi/chat.yaml", ARGUMENTS="")
    assert compared.returncode == code, compared.stderr
    assert ("::error file=openapi/chat.yaml,line=" in compared.stdout) == bool(code)
    page = repository / "summary.md"
    assert run(summary, repository, GITHUB_STEP_SUMMARY=str(page)).returncode == 0
    assert ("request-property-became-required" in page.read_text("utf-8")) == bool(code)
    kept = {file.suffix for file in (repository / "reports").iterdir()}
    assert kept == {".md", ".html", ".sarif", ".xml", ".json"}


def test_action_verifies_the_mock(repository: Path) -> None:
    (repository / "reports").mkdir()
    verify = action_steps()[-1].replace("4010", free_port())
    verified = run(verify, repository, DOCUMENT="openapi/chat.yaml")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "CONFORMS" in verified.stdout


@pytest.mark.parametrize(("replacement", "code"), [(BREAKING, 1), (COMPATIBLE, 0)])
def test_gitlab_job_compares_and_then_verifies_the_mock(
    repository: Path, replacement: tuple[str, str], code: int
) -> None:
    install, *script = yaml.safe_load(TEMPLATE.read_text("utf-8"))["contract-change"]["script"]
    assert install.startswith("pip install")
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, replacement)
    lines = "\n".join(script).replace("4010", free_port())
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "DOCUMENT": "openapi/chat.yaml", "ARGUMENTS": ""}
    done = run(lines, repository, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert ("CONFORMS" in done.stdout) == (code == 0)


@pytest.mark.parametrize(("replacement", "code"), [(BREAKING, 1), (COMPATIBLE, 0)])
def test_pre_commit_hook_compares_with_the_last_commit(
    repository: Path, replacement: tuple[str, str], code: int
) -> None:
    (hook,) = yaml.safe_load(HOOKS.read_text("utf-8"))
    change(repository, replacement)
    assert run(" ".join([hook["entry"], *hook["args"]]), repository).returncode == code


def test_shallow_clone_error_names_the_commit_to_fetch(repository: Path, tmp_path: Path) -> None:
    first = git(repository, "rev-parse", "HEAD")
    commit(repository, COMPATIBLE)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), str(shallow))
    current = run("chat-contract diff git:HEAD:openapi/chat.yaml openapi/chat.yaml", shallow)
    assert current.returncode == 0, current.stderr
    for reference in ("HEAD^", first):
        missing = run(f"chat-contract diff git:{reference}:openapi/chat.yaml openapi/chat.yaml", shallow)
        assert missing.returncode == 2
        assert "not in this shallow clone" in missing.stderr
        assert "git fetch --depth=1 origin" in missing.stderr
