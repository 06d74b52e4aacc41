"""Runs the commands of the GitHub action, the GitLab template and the pre-commit hook on a repository."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from testbed.ports import free_port
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "ci/gitlab/contract-change.yml"
DOCUMENT = "openapi/chat.yaml"
LABEL = "breaking-change-approved"
HOOKS = ROOT / ".pre-commit-hooks.yaml"
BREAKING = ("required: [message]", "required: [message, user_id]")
COMPATIBLE = ("openapi: 3.1", "# Only a comment.\nopenapi: 3.1")


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, capture_output=True, text=True,
        timeout=PATIENCE, check=False,
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


def action_step(name: str) -> str:
    steps = yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]
    [script] = [step["run"] for step in steps if step["name"] == name]
    return str(script)


def action_texts(name: str) -> dict[str, str]:
    """Return the variables of a step that contain no expression."""
    steps = yaml.safe_load(ACTION.read_text("utf-8"))["runs"]["steps"]
    [texts] = [step["env"] for step in steps if step["name"] == name]
    return {key: value for key, value in texts.items() if "${{" not in value}


def gitlab_job() -> dict[str, Any]:
    job: dict[str, Any] = yaml.safe_load(TEMPLATE.read_text("utf-8"))["contract-change"]
    return job


def compare_in_action(
    repository: Path, *labels: str, arguments: str = "", **env: str
) -> subprocess.CompletedProcess[str]:
    return run(
        action_step("Compare the document"), repository, BASE="HEAD^", DOCUMENT=DOCUMENT, ARGUMENTS=arguments,
        LABELS=json.dumps(labels), APPROVE_LABEL=LABEL, **env,
    )  # fmt: skip


@pytest.mark.parametrize(("replacement", "code"), [(BREAKING, 1), (COMPATIBLE, 0)])
def test_action_annotates_breaking_changes_and_keeps_all_reports(
    repository: Path, replacement: tuple[str, str], code: int
) -> None:
    summary = action_step("Write the summary")
    commit(repository, replacement)
    compared = compare_in_action(repository, "other")
    assert compared.returncode == code, compared.stderr
    assert ("::error file=openapi/chat.yaml,line=" in compared.stdout) == bool(code)
    page = repository / "summary.md"
    assert run(summary, repository, GITHUB_STEP_SUMMARY=str(page)).returncode == 0
    assert ("request-property-became-required" in page.read_text("utf-8")) == bool(code)
    kept = {file.suffix for file in (repository / "reports").iterdir()}
    assert kept == {".md", ".html", ".sarif", ".xml", ".json"}


def test_action_compares_what_is_committed_although_attributes_of_git_change_the_checkout(repository: Path) -> None:
    commit(repository, BREAKING)
    # As after a checkout with ident or working-tree-encoding.
    change(repository, (BREAKING[1], BREAKING[0]))
    compared = compare_in_action(repository)
    assert (compared.returncode, "::error file=openapi/chat.yaml,line=" in compared.stdout) == (1, True)
    sarif = (repository / "reports/change.sarif").read_text("utf-8")
    assert ('"openapi/chat.yaml"' in sarif, '"uri": "git:' in sarif) == (True, False)


def plant(repository: Path, outside: Path) -> None:
    """Commit what a hostile pull request may contain: a report that is a link, and a module of Python's name."""
    outside.write_text("a file of the runner", "utf-8")
    (repository / "reports").mkdir()
    for name in ("change.md", "comment.md", "mock.log"):
        (repository / "reports" / name).symlink_to(outside)
    (repository / "json.py").write_text("from pathlib import Path\nPath('imported').touch()\n", "utf-8")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "hostile")


def test_action_neither_follows_links_of_a_pull_request_nor_imports_its_modules(
    repository: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    plant(repository, outside)
    (repository / DOCUMENT).write_text("no document", "utf-8")
    git(repository, "commit", "-q", "-a", "-m", "no document")
    assert compare_in_action(repository, "other").returncode == 2
    assert comment_in_action(repository, tmp_path).returncode == 0
    assert not (tmp_path / "comments.json").exists()
    (repository / DOCUMENT).write_bytes((ROOT / DOCUMENT).read_bytes())
    git(repository, "commit", "-q", "-a", "-m", "document")
    git(repository, "commit", "-q", "--allow-empty", "-m", "same document")
    assert compare_in_action(repository, "other").returncode == 0
    assert comment_in_action(repository, tmp_path).returncode == 0
    assert outside.read_text("utf-8") == "a file of the runner"
    assert not (repository / "imported").exists()


@pytest.mark.parametrize(
    ("name", "text", "warns"),
    [
        (".chat-contract.toml", '[diff]\nfail-on = "never"\n', True),
        ("pyproject.toml", '[tool.chat-contract.diff]\nfail-on = "never"\n', True),
        ("pyproject.toml", '[project]\nname = "shop"\n', False),
        ("linked.toml", '[tool.chat-contract.diff]\nfail-on = "never"\n', True),
    ],
)
def test_action_warns_of_a_configuration_that_the_pull_request_changes(
    repository: Path, name: str, text: str, warns: bool
) -> None:
    (repository / name).write_text(text)
    if name == "linked.toml":
        (repository / "pyproject.toml").symlink_to(name)
    (repository / ".gitattributes").write_text("*.toml -diff\n")
    git(repository, "add", "-A")
    commit(repository, COMPATIBLE)
    compared = compare_in_action(repository)
    assert (compared.returncode, "can weaken this check" in compared.stdout) == (0, warns), compared.stderr


SEVERITY = "gate/sév+1.yaml"
NAMED: dict[str, dict[str, str]] = {
    "arguments": {"arguments": f"--severity={SEVERITY}"},
    "configuration": {},
    "variable": {"CHAT_CONTRACT_DIFF_SEVERITY": SEVERITY},
    "named-configuration": {"CHAT_CONTRACT_CONFIG": "gate/gate.toml"},
    "named-configuration-elsewhere": {"CHAT_CONTRACT_CONFIG": "ci/gate.toml"},
}
"""How the job names the severity file."""


@pytest.mark.parametrize("changed", [True, False])
@pytest.mark.parametrize("named", NAMED)
def test_action_warns_of_a_severity_file_that_the_pull_request_changes(
    repository: Path, named: str, changed: bool
) -> None:
    for folder in ("gate", "ci"):
        (repository / folder).mkdir()
    if named == "configuration":
        (repository / ".chat-contract.toml").write_text(f'[diff]\nseverity = "{SEVERITY}"\n')
    (repository / "gate/gate.toml").write_text('[diff]\nseverity = "sév+1.yaml"\n')
    (repository / "ci/gate.toml").write_text(f'[diff]\nseverity = "../{SEVERITY}"\n')
    lenient = 'preset: strict\nlevels:\n  - {path: "*", level: info}\n'
    (repository / SEVERITY).write_text("preset: strict\n" if changed else lenient)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "severity")
    (repository / SEVERITY).write_text(lenient)
    git(repository, "add", "-A")
    commit(repository, BREAKING)
    compared = compare_in_action(repository, **NAMED[named])
    said = f"::warning::This pull request changes {SEVERITY}, which can weaken this check."
    warned = compared.stdout.count("can weaken"), said in compared.stdout
    assert (compared.returncode, *warned) == (0, int(changed), changed), compared.stderr


def test_action_warns_of_a_configuration_that_the_job_names(repository: Path) -> None:
    (repository / "gate.toml").write_text("")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "configuration")
    (repository / "gate.toml").write_text('[diff]\nfail-on = "never"\n')
    commit(repository, BREAKING)
    compared = compare_in_action(repository, CHAT_CONTRACT_CONFIG=f"{repository}/gate.toml")
    assert (compared.returncode, "changes gate.toml, which can weaken" in compared.stdout) == (0, True)


def test_label_approves_breaking_changes_in_the_action(repository: Path) -> None:
    commit(repository, BREAKING)
    compared = compare_in_action(repository, "other", LABEL)
    assert compared.returncode == 0, compared.stderr
    assert "::error file=openapi/chat.yaml,line=" in compared.stdout
    assert f"::notice::The label {LABEL} approves breaking changes." in compared.stdout


PIP = """#!/bin/sh
echo "pip $*" >> "$HOME/pip.log"
"""


@pytest.mark.parametrize("script", [action_step("Install"), gitlab_job()["script"][0]], ids=["GitHub", "GitLab"])
@pytest.mark.parametrize("wheels", ["", "ci/wheels"])
def test_wheels_are_installed_without_the_network(tmp_path: Path, script: str, wheels: str) -> None:
    executable(tmp_path / "bin/pip", PIP)
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = run(script, tmp_path, WHEELS=wheels, KIT=str(ROOT), PATH=path)
    assert done.returncode == 0, done.stderr
    command = (tmp_path / "pip.log").read_text("utf-8")
    assert ("--no-index --find-links ci/wheels chat-contract[gate,suite]" in command) == bool(wheels)
    assert ("--require-hashes" in command) != bool(wheels)


def test_gitlab_job_of_another_project_installs_the_kit_that_a_variable_names(tmp_path: Path) -> None:
    executable(tmp_path / "bin/pip", PIP)
    kit = "git+https://example.test/kit@abc"
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = run(gitlab_job()["script"][0], tmp_path, CONTRACT_KIT=kit, PATH=path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pip.log").read_text("utf-8") == f"pip install chat-contract[gate,suite] @ {kit}\n"


def test_gitlab_job_without_the_suite_starts_no_mock(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    done = run(gitlab_job()["script"][-1], tmp_path, SUITE="false", DOCUMENT="missing.yaml")
    assert (done.returncode, list((tmp_path / "reports").iterdir())) == (0, [])


def executable(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, "utf-8")
    file.chmod(0o755)


# Comments -------------------------------------------------------------------------------------------------------------

GH = f"""#!{sys.executable}
import json, os, sys
from pathlib import Path

log, state = Path(os.environ["HOME"]) / "gh.log", Path(os.environ["HOME"]) / "comments.json"
arguments = sys.argv[1:]
log.open("a").write(json.dumps(arguments))
if (Path(os.environ["HOME"]) / "offline").exists():
    sys.exit("error connecting to api.github.com")
assert arguments[0] == "api" and os.environ["GH_TOKEN"] == "secret"
theirs = {{"id": 7, "body": os.environ["MARKER"] + " by another author"}}
comments = json.loads(state.read_text()) if state.exists() else [theirs]
if "graphql" in arguments:
    assert arguments[arguments.index("--jq") + 1] == os.environ["OWN"]
    assert {{"owner=group", "name=api", "number=12", "query=" + os.environ["QUERY"]}} <= set(arguments)
    nodes = [{{"databaseId": one["id"], "viewerDidAuthor": one["id"] == 8, **one}} for one in comments]
    own = [one for one in nodes if one["viewerDidAuthor"] and one["body"].startswith(os.environ["MARKER"])]
    print(*(one["databaseId"] for one in own), sep=os.linesep)
    sys.exit()
[field] = [one for one in arguments if one.startswith("body=@")]
text = Path(field.removeprefix("body=@")).read_text()
if "PATCH" in arguments:
    [number] = [int(one.rsplit("/", 1)[1]) for one in arguments if "/issues/comments/" in one]
    next(one for one in comments if one["id"] == number)["body"] = text
else:
    assert "repos/group/api/issues/12/comments" in arguments
    comments.append({{"id": 8, "body": text}})
state.write_text(json.dumps(comments))
"""


def comment_in_action(repository: Path, home: Path) -> subprocess.CompletedProcess[str]:
    executable(home / "bin/gh", GH)
    path = os.pathsep.join((str(home / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
    step = "Comment on the pull request"
    return run(
        action_step(step), repository, **action_texts(step), PATH=path, HOME=str(home), GH_TOKEN="secret",
        NUMBER="12", GITHUB_REPOSITORY="group/api", DOCUMENT=DOCUMENT, APPROVE_LABEL=LABEL,
    )  # fmt: skip


def test_action_writes_one_comment_and_updates_it(repository: Path, tmp_path: Path) -> None:
    commit(repository, BREAKING)
    compare_in_action(repository)
    assert comment_in_action(repository, tmp_path).returncode == 0
    commit(repository, COMPATIBLE)
    compare_in_action(repository)
    second = comment_in_action(repository, tmp_path)
    assert second.returncode == 0, second.stderr
    first, sticky = json.loads((tmp_path / "comments.json").read_text("utf-8"))
    assert first["body"].endswith("by another author")
    assert sticky["body"].startswith(f"<!-- chat-contract diff: {DOCUMENT} -->\n### ✅")
    assert f"The label `{LABEL}` approves breaking changes." in sticky["body"]


def test_comment_that_cannot_be_written_is_a_warning(repository: Path, tmp_path: Path) -> None:
    commit(repository, BREAKING)
    compare_in_action(repository)
    (tmp_path / "offline").touch()
    done = comment_in_action(repository, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "::warning::The comment could not be written." in done.stdout


def test_no_comment_is_written_without_a_report(repository: Path, tmp_path: Path) -> None:
    assert comment_in_action(repository, tmp_path).returncode == 0
    assert not (tmp_path / "gh.log").exists()


class GitLab(ThreadingHTTPServer):
    """Keeps the notes of a merge request, 100 on a page."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Notes)
        marker = f"<!-- chat-contract diff: {DOCUMENT} --> by another author"
        self.notes: list[dict[str, Any]] = [
            {"id": number, "body": marker, "author": {"id": 1}} for number in range(120)
        ]
        self.tokens: set[str | None] = set()


class _Notes(BaseHTTPRequestHandler):
    server: GitLab

    def do_GET(self) -> None:
        if self.path == "/api/v4/user":
            self._answer({"id": 9})
            return
        page = int(parse_qs(urlsplit(self.path).query)["page"][0])
        self._answer(self.server.notes[100 * (page - 1) : 100 * page])

    def do_POST(self) -> None:
        self.server.notes.append({"id": 500, "body": self._body(), "author": {"id": 9}})
        self._answer({})

    def do_PUT(self) -> None:
        number = int(self.path.rsplit("/", 1)[1])
        next(note for note in self.server.notes if note["id"] == number)["body"] = self._body()
        self._answer({})

    def _body(self) -> str:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        return form["body"][0]

    def _answer(self, value: Any) -> None:
        self.server.tokens.add(self.headers["PRIVATE-TOKEN"])
        content = json.dumps(value).encode()
        known = ("/api/v4/projects/3/merge_requests/4/notes", "/api/v4/user")
        self.send_response(200 if self.path.startswith(known) else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Write no log."""


@pytest.fixture
def gitlab() -> Iterator[GitLab]:
    with GitLab() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run_gitlab(repository: Path, server: GitLab, labels: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """Run the job without the verification of the mock, then what follows the job."""
    job = gitlab_job()
    variables = {
        "DOCUMENT": DOCUMENT, "ARGUMENTS": "", "CI_MERGE_REQUEST_DIFF_BASE_SHA": git(repository, "rev-parse", "HEAD^"),
        "CI_MERGE_REQUEST_LABELS": labels, "APPROVE_LABEL": LABEL, "CI_PROJECT_ID": "3",
        "CI_MERGE_REQUEST_IID": "4", "CONTRACT_COMMENT_TOKEN": "secret",
        "CI_API_V4_URL": f"http://127.0.0.1:{server.server_port}/api/v4", **env,
    }  # fmt: skip
    compared = run("\n".join(job["script"][1:-1]), repository, **variables)
    after = run("\n".join(job["after_script"]), repository, **variables)
    assert after.returncode == 0, after.stderr
    assert "secret" not in compared.stdout + compared.stderr + after.stdout + after.stderr
    return compared


def test_gitlab_job_writes_one_note_and_updates_it(repository: Path, gitlab: GitLab) -> None:
    commit(repository, BREAKING)
    assert run_gitlab(repository, gitlab).returncode == 1
    assert "request-property-became-required" in gitlab.notes[-1]["body"]
    commit(repository, COMPATIBLE)
    assert run_gitlab(repository, gitlab).returncode == 0
    assert len(gitlab.notes) == 121
    assert gitlab.notes[-1]["body"].startswith(f"<!-- chat-contract diff: {DOCUMENT} -->\n### ✅")
    assert gitlab.tokens == {"secret"}


def test_gitlab_job_warns_of_a_waiver_file_that_a_merge_request_changes(repository: Path, gitlab: GitLab) -> None:
    (repository / "w+1.yaml").write_text("waivers: []\n")
    git(repository, "add", "-A")
    commit(repository, COMPATIBLE)
    said = "Warning: this merge request changes w+1.yaml, which can weaken this check."
    for variable in ({"ARGUMENTS": "--waivers=w+1.yaml"}, {"CHAT_CONTRACT_DIFF_WAIVERS": "w+1.yaml"}):
        assert run_gitlab(repository, gitlab, **variable).stdout.count(said) == 1
    commit(repository, BREAKING)
    assert "can weaken" not in run_gitlab(repository, gitlab, CHAT_CONTRACT_DIFF_WAIVERS="w+1.yaml").stdout


def test_label_approves_breaking_changes_in_the_gitlab_job(repository: Path, gitlab: GitLab) -> None:
    commit(repository, BREAKING)
    done = run_gitlab(repository, gitlab, f"other,{LABEL}")
    assert done.returncode == 0, done.stdout
    assert f"The label {LABEL} approves breaking changes." in done.stdout
    assert "request-property-became-required" in gitlab.notes[-1]["body"]


def test_gitlab_job_neither_follows_links_of_a_merge_request_nor_imports_its_modules(
    repository: Path, gitlab: GitLab, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    plant(repository, outside)
    assert run_gitlab(repository, gitlab).returncode == 0
    assert "No breaking change" in gitlab.notes[-1]["body"]
    assert outside.read_text("utf-8") == "a file of the runner"
    assert not (repository / "imported").exists()


def test_action_verifies_the_mock(repository: Path) -> None:
    (repository / "reports").mkdir()
    verify = action_step("Verify the mock").replace("4010", str(free_port()))
    verified = run(verify, repository, DOCUMENT="openapi/chat.yaml")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "CONFORMS" in verified.stdout


@pytest.mark.parametrize(("replacement", "code"), [(BREAKING, 1), (COMPATIBLE, 0)])
def test_gitlab_job_compares_and_then_verifies_the_mock(
    repository: Path, replacement: tuple[str, str], code: int
) -> None:
    _, *script = gitlab_job()["script"]
    base = git(repository, "rev-parse", "HEAD")
    commit(repository, replacement)
    lines = "\n".join(script).replace("4010", str(free_port()))
    variables = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base, "DOCUMENT": DOCUMENT, "ARGUMENTS": ""}
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
