"""Workflows, the action, the templates and the image install and run only what is pinned."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.support.paths import ROOT

WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
INSTALLERS = [*WORKFLOWS, ROOT / "action.yml", *sorted((ROOT / "ci/gitlab").glob("*.yml")), ROOT / "Dockerfile"]
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


@pytest.mark.parametrize("file", INSTALLERS, ids=lambda file: file.name)
def test_packages_come_with_hashes_before_the_kit(file: Any) -> None:
    installs = re.findall(r"pip install (.*)", file.read_text("utf-8"))
    online = [arguments for arguments in installs if "--no-index" not in arguments]
    assert ["--require-hashes" in arguments for arguments in online] == [True, False], online
    assert "--no-deps --no-build-isolation" in online[1]


def test_lint_runs_the_security_checks() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)[1]
    assert "$(BIN)/bandit " in recipe
    assert "$(BIN)/zizmor --offline " in recipe
