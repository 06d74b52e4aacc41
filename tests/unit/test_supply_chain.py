"""Workflows, the action, the templates and the image install and run only what is pinned."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chat_contract import __version__
from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
RELEASE = ROOT / ".github/workflows/release.yml"
INSTALLERS = [
    *(file for file in WORKFLOWS if file != RELEASE),
    ROOT / "action.yml",
    *sorted((ROOT / "ci/gitlab").glob("*.yml")),
    ROOT / "Dockerfile",
]
GITLAB = [file.relative_to(ROOT).as_posix() for file in sorted((ROOT / "ci/gitlab").glob("*.yml"))]
REQUIREMENTS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")


def steps_of(document: dict[Any, Any]) -> list[dict[str, Any]]:
    jobs = document.get("jobs", {"action": document.get("runs", {})})
    return [step for job in jobs.values() for step in job["steps"]]


def pinned(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_with_their_version(file: Any) -> None:
    used = re.findall(r"uses: (?!your-group/)(.+)", file.read_text("utf-8"))
    assert used
    assert [action for action in used if not PINNED.fullmatch(action)] == []


def test_images_are_pinned_by_digest_or_to_a_patch_version() -> None:
    files = [*ROOT.glob("compose*.yaml"), ROOT / "Dockerfile"]
    images = [match for file in files for match in re.findall(r"(?:image: |BASE=)(\S+:\S+)", file.read_text("utf-8"))]
    images = [image for image in images if "<digest>" not in image]
    assert len(images) == 3
    assert [image for image in images if not re.search(r"@sha256:[0-9a-f]{64}$|:\d+\.\d+\.\d+(-|$)", image)] == []


def test_one_action_has_one_version_everywhere() -> None:
    files = [*WORKFLOWS, ROOT / "action.yml", *ROOT.glob("docs/**/*.md"), ROOT / "README.md"]
    used = {match for file in files for match in re.findall(r"(actions/[\w-]+)@(\S+)", file.read_text("utf-8"))}
    assert len(used) == len({name for name, _ in used})


@pytest.mark.parametrize("file", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda file: file.name)
def test_scripts_read_inputs_from_their_environment(file: Any) -> None:
    scripts = [step["run"] for step in steps_of(yaml.safe_load(file.read_text("utf-8"))) if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_workflow_has_few_permissions_and_keeps_no_credentials(file: Any) -> None:
    document = yaml.safe_load(file.read_text("utf-8"))
    assert document["permissions"] == {"contents": "read"}
    checkouts = [step for step in steps_of(document) if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(checkouts)


@pytest.mark.parametrize("file", REQUIREMENTS, ids=lambda file: file.name)
def test_requirements_have_hashes_and_the_versions_of_the_constraints(file: Any) -> None:
    text = file.read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.search(r"://|--(?:extra-)?index|--find-links", text) is None
    constraints = {name.lower().replace("_", "-"): version for name, version in
                   pinned((ROOT / "constraints.txt").read_text("utf-8")).items()}  # fmt: skip
    found = {name.lower().replace("_", "-"): version for name, version in pinned(text).items()}
    assert len(found) == len(entries)
    assert {name: version for name, version in found.items() if constraints.get(name, version) != version} == {}


def test_requirements_contain_what_the_kit_needs() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    extras = project["project"]["optional-dependencies"]
    needed = {"mock": project["project"]["dependencies"]}
    needed["all"] = [*needed["mock"], *extras["suite"], *extras["gate"]]
    for name, packages in needed.items():
        found = pinned((ROOT / f"requirements/{name}.txt").read_text("utf-8"))
        missing = {re.match(r"[\w-]+", package)[0] for package in packages} - set(found)
        assert missing == set()
        assert "hatchling" in found


@pytest.mark.parametrize(
    "file", [file for file in INSTALLERS if file.name != "release.yml"], ids=lambda file: file.name
)
def test_packages_come_with_hashes_before_the_kit(file: Any) -> None:
    installs = re.findall(r"pip install (.*)", file.read_text("utf-8"))
    online = [arguments for arguments in installs if not re.search(r"--no-index| @ \$CONTRACT_KIT\"$", arguments)]
    assert ["--require-hashes" in arguments for arguments in online] == [True, False], online
    assert "--no-deps --no-build-isolation" in online[1]


def test_lint_runs_the_security_checks() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    assert "$(BIN)/bandit " in recipe
    assert "$(BIN)/zizmor --offline " in recipe


def test_release_installs_nothing_by_itself() -> None:
    assert "pip install" not in RELEASE.read_text("utf-8")


def test_jobs_of_the_release_have_the_permissions_that_they_need() -> None:
    jobs = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]
    assert "permissions" not in jobs["build"]
    assert set(jobs["publish"]["permissions"]) == {"contents", "id-token", "attestations"}
    assert [step.get("run", "") for step in jobs["publish"]["steps"] if "run" in step] == [
        'gh release create "$GITHUB_REF_NAME" dist/* --repo "$GITHUB_REPOSITORY" --verify-tag --notes-file notes.md'
    ]


def test_release_takes_version_and_notes_from_the_files_of_the_project(tmp_path: Path) -> None:
    steps = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]["build"]["steps"]
    scripts = {step["name"]: step["run"] for step in steps if "run" in step}
    for name in ("CHANGELOG.md", "chat_contract/version.py", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)

    def run(name: str, tag: str) -> int:
        command = ["bash", "-e", "-o", "pipefail", "-c", scripts[name]]
        environment = {"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False).returncode

    assert run("Compare the tag with the version", f"v{__version__}") == 0
    assert run("Compare the tag with the version", "v99.0.0") == 1
    assert run("Take the notes from the change log", f"v{__version__}") == 0
    assert len((tmp_path / "notes.md").read_text("utf-8").splitlines()) > 3
    assert run("Take the notes from the change log", "v99.0.0") == 1
    project = tmp_path / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace("your-group", "an-owner"))
    assert run("Look for the placeholder of the owner", "v1.0.0") == 0
    project.write_text(project.read_text("utf-8").replace("an-owner", "your-group"))
    assert run("Look for the placeholder of the owner", "v1.0.0") == 1


@pytest.mark.parametrize("file", ["pyproject.toml", "action.yml", "docs/how-to/ci.md", *GITLAB])
def test_contributing_names_every_file_with_the_placeholder_of_the_owner(file: str) -> None:
    assert "your-group" in (ROOT / file).read_text("utf-8")
    section = (ROOT / "CONTRIBUTING.md").read_text("utf-8").partition("## Publish")[2]
    assert f"`{file}`" in section or f"`{Path(file).parent}/`" in section


def test_matrix_covers_the_supported_versions_of_python() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["classifiers"]
    supported = [name.rsplit(" ", 1)[1] for name in listed if re.search(r":: Python :: 3\.\d+$", name)]
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))["jobs"]
    assert jobs["unit"]["strategy"]["matrix"]["python"] == supported


def test_workflows_run_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {target for file in WORKFLOWS for target in re.findall(r"run: make ([\w-]+)", file.read_text("utf-8"))}
    assert named == {"lint", "unit", "test-lowest", "package", "docs", "audit"}
    assert named <= targets
