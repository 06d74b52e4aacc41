"""Reports are written whole or not at all, and what cannot be written is found out before anything is sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chat_contract import UsageError
from contract_tests.engine.reports import as_text, parse_report, write_report
from contract_tests.engine.script import Step, single
from contract_tests.engine.secrets import Secrets
from contract_tests.engine.verdict import RunResult


def test_a_format_alone_goes_to_the_output():
    assert parse_report("json") == ("json", None)


def test_a_format_and_a_file_that_can_be_written_are_taken(tmp_path):
    assert parse_report(f"json={tmp_path / 'report.json'}") == ("json", tmp_path / "report.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "option", ["pdf", "json=", "json=.", "json=no-such-folder/report.json", "json=/proc/report.json"]
)
def test_what_cannot_be_written_is_refused_at_once(option):
    with pytest.raises(UsageError, match="--report"):
        parse_report(option)


def test_a_report_takes_the_place_of_the_one_before(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("before")
    write_report(path, "after")
    assert (path.read_text(), [file.name for file in tmp_path.iterdir()]) == ("after", ["report.json"])


def test_a_link_is_followed_and_stays_one(tmp_path):
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to("real.json")
    write_report(tmp_path / "link.json", "after")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "after"


def test_a_failure_leaves_what_was_there_and_no_draft(tmp_path):
    path = tmp_path / "report.json"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_report(path, "\ud800")
    assert (path.read_text(), [file.name for file in tmp_path.iterdir()]) == ("before", ["report.json"])


def test_what_the_bounds_of_a_run_left_out_is_said():
    script = single(Step("hello", {"message": "hello"}), "robustness")
    result = RunResult("conforms", "", "http://127.0.0.1:1/v1", 0, 1, 0.1, (), {}, (), (script, script))
    assert "left out, to keep to the bounds of the run: 2 of robustness" in as_text(result, (), Secrets())
    assert "left out" not in as_text(replace(result, left_out=()), (), Secrets())
