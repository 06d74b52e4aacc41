"""Run the scripts of the CI templates against a local server that replaces staging."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from testbed.faulty_servers.base import KEY
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

WORKFLOW = ROOT / ".github/workflows/contract-staging.yml"
TEMPLATE = ROOT / "ci/gitlab/contract-staging.yml"


def run(script: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a CI runner does: bash that stops at the first failure, with chat-contract on the PATH."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": path, "HOME": str(folder), "PYTHONPATH": str(ROOT), **env},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def steps_of_github() -> list[str]:
    (job,) = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"].values()
    return [step["run"] for step in job["steps"] if "run" in step]


def script_of_gitlab(job: str) -> list[str]:
    lines: list[str] = yaml.safe_load(TEMPLATE.read_text("utf-8"))[job]["script"]
    return lines


@pytest.mark.parametrize(("name", "exit_code", "verdict"), [("keyed", 0, "conforms"), ("any-key-opens", 0, "conforms")])
def test_workflow_verifies_and_keeps_its_reports(name: str, exit_code: int, verdict: str, tmp_path: Path) -> None:
    install, verify, summary = steps_of_github()
    assert "pip install" in install
    page = tmp_path / "summary.md"
    with serve(BY_NAME[name]) as url:
        verified = run(verify, tmp_path, STAGING_URL=url, STAGING_KEY=KEY, TIER="--quick")
    assert verified.returncode == exit_code, verified.stderr
    assert run(summary, tmp_path, GITHUB_STEP_SUMMARY=str(page)).returncode == 0
    assert verdict in page.read_text("utf-8")
    kept = sorted(file.name for file in (tmp_path / "reports").iterdir())
    assert kept == ["contract.html", "contract.json", "contract.md", "contract.xml", "profile.json"]
    assert not [file for file in (tmp_path / "reports").iterdir() if KEY in file.read_text("utf-8")]


def test_workflow_fails_for_a_faulty_server_and_still_writes_its_summary(tmp_path: Path) -> None:
    _, verify, summary = steps_of_github()
    page = tmp_path / "summary.md"
    with serve(BY_NAME["limit-ignored"]) as url:
        verified = run(verify, tmp_path, STAGING_URL=url, STAGING_KEY=KEY, TIER="")
    run(summary, tmp_path, GITHUB_STEP_SUMMARY=str(page))
    assert verified.returncode == 1
    assert "**limit.asked** (MUST)" in page.read_text("utf-8")


@pytest.mark.parametrize(("name", "exit_code"), [("lax", 0), ("limit-ignored", 1)])
def test_gitlab_job_verifies_and_keeps_its_reports(name: str, exit_code: int, tmp_path: Path) -> None:
    install, *verifying = script_of_gitlab("contract-staging")
    assert "pip install" in install
    with serve(BY_NAME[name]) as url:
        verified = run("\n".join(verifying), tmp_path, STAGING_URL=url, STAGING_KEY=KEY, TIER="")
    assert verified.returncode == exit_code, verified.stderr
    kept = sorted(file.name for file in (tmp_path / "reports").iterdir())
    assert kept == ["contract.html", "contract.json", "contract.md", "contract.xml"]


def test_templates_contain_no_key() -> None:
    for path in (WORKFLOW, TEMPLATE):
        text = path.read_text("utf-8")
        assert re.search(r"--key-env STAGING_KEY", text)
        assert not re.search(r"Bearer|sk-", text)


def test_templates_have_the_expected_jobs() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text("utf-8"))
    # YAML 1.1 reads the key "on" as true.
    assert set(workflow) == {"name", True, "permissions", "concurrency", "jobs"}
    assert set(yaml.safe_load(TEMPLATE.read_text("utf-8"))) == {"contract-staging"}


@pytest.mark.parametrize("of", ["github", "gitlab"])
@pytest.mark.parametrize(
    ("kit", "installed"),
    [
        ("git+https://example.test/kit@abc", ["chat-contract[suite] @ git+https://example.test/kit@abc"]),
        (
            "",
            [
                "--require-hashes --requirement requirements/all.txt",
                "--no-deps --no-build-isolation .",
            ],
        ),
    ],
)
def test_copied_template_installs_the_kit_that_a_variable_names(
    of: str, kit: str, installed: list[str], tmp_path: Path
) -> None:
    install = steps_of_github()[0] if of == "github" else script_of_gitlab("contract-staging")[0]
    for name in ("pip", "apt-get"):
        tool = tmp_path / name
        tool.write_text(f'#!/bin/sh\necho "{name} $@" >> "{tmp_path}/said"\n')
        tool.chmod(0o755)
    ran = run(f'PATH="{tmp_path}:$PATH"\n{install}', tmp_path, CONTRACT_KIT=kit)
    assert ran.returncode == 0, ran.stderr
    said = (tmp_path / "said").read_text().splitlines()
    assert [line for line in said if line.startswith("pip")] == [f"pip install {each}" for each in installed]
