"""No text decides: with every sentence and label replaced by an id, verdicts, waivers and resumed runs are the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chat_verifier.planning.case import Case
from chat_verifier.report import texts
from chat_verifier.report.model import VerifyReport, ViolationReport
from chat_verifier.report.read import read_report
from kit_cli.main import cli
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve
from testbed.ports import free_port


def call(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(cli, [str(one) for one in arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def replace_texts(patch: pytest.MonkeyPatch) -> None:
    """Replace every sentence of the renderers and every label of a test case with its id."""
    tables = [value for name, value in vars(texts).items() if name.isupper() and isinstance(value, dict)]
    assert len(tables) > 10
    for table in tables:
        for name in table:
            patch.setitem(table, name, str(name))
    original: Callable[..., None] = Case.__init__

    def with_id_as_label(case: Case, *arguments: Any, **named: Any) -> None:
        original(case, *arguments, **named)
        object.__setattr__(case, "label", case.id)

    patch.setattr(Case, "__init__", with_id_as_label)


def decisions(exit_code: int, report: VerifyReport) -> object:
    """Return what a run decided, without any text for people."""
    reason = None if report.reason is None else (report.reason.id, report.reason.clauses)
    clauses = [
        (clause.id, clause.verdict, clause.reason, clause.exchanges, [decision(one) for one in clause.violations])
        for clause in report.clauses
    ]
    return exit_code, report.verdict, reason, report.replayed, clauses


def decision(violation: ViolationReport) -> object:
    waiver = None if violation.waiver is None else violation.waiver.match
    return violation.place, violation.observed, violation.confirmation, violation.cases, waiver


class Project:
    """A folder with a server that is started anew for each run, always on the same port."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder
        self.waivers = folder / "waivers.yaml"
        self.checkpoint = folder / "run.jsonl"
        self.port = free_port()

    def verify(self, *options: str | Path) -> object:
        file = self.folder / "report.json"
        with serve(BY_NAME[self.name], self.port) as url:
            result = call("verify", url, "--quick", *options, "--report", f"json={file}")
        return decisions(result.exit_code, read_report(file))

    def draft(self) -> object:
        """Verify and write waivers and a checkpoint file; complete the waivers as a team would."""
        found = self.verify("--write-waivers", self.waivers, "--resume", self.checkpoint)
        text = self.waivers.read_text("utf-8").replace('reason: ""', 'reason: "r"').replace('owner: ""', 'owner: "o"')
        self.waivers.write_text(text, "utf-8")
        return found


@pytest.mark.parametrize("name", ["user-number", "limit-ignored-later", "single-quote-crashes"])
def test_texts_change_no_verdict_waiver_or_resumed_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(name, tmp_path)
    drafted, waivers = project.draft(), project.waivers.read_text("utf-8")
    assert "owner: " in waivers
    accepted = project.verify("--waivers", project.waivers)
    resumed = project.verify("--resume", project.checkpoint)

    replace_texts(monkeypatch)

    # The waivers and the checkpoint file were written with the original texts.
    assert project.verify("--waivers", project.waivers) == accepted
    assert project.verify("--resume", project.checkpoint) == resumed
    project.checkpoint.unlink()
    assert project.draft() == drafted
    assert project.waivers.read_text("utf-8") == waivers
