"""A report is asked for before anything is done, and is written whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chat_contract import UsageError
from kit_reports.targets import Target, parse_targets, write_whole

FORMATS = ("text", "json")


def test_the_default_is_shown_where_nothing_else_is(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    assert parse_targets([], FORMATS, default="text") == (Target("text"),)
    assert parse_targets([f"json={file}"], FORMATS, default="text") == (Target("text"), Target("json", file))
    assert parse_targets(["json"], FORMATS, default="text") == (Target("json"),)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("yaml", "there is no format 'yaml'; choose from text, json"),
        ("json=", "no file is named"),
        ("json=/no/such/folder/r.json", "No such file or directory"),
        ("json=/", "it is a folder"),
    ],
)
def test_what_cannot_be_written_is_found_out_first(option: str, said: str) -> None:
    with pytest.raises(UsageError, match="--report") as error:
        parse_targets([option], FORMATS, default="text")
    assert said in str(error.value)


def test_two_reports_cannot_go_to_one_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two reports would go to"):
        parse_targets([f"json={tmp_path}/r", f"text={tmp_path}/./r"], FORMATS, default="text")


def test_trying_a_file_leaves_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text("before")
    parse_targets([f"json={file}"], FORMATS, default="text")
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "half \ud800")
    assert file.read_text() == "before"
    write_whole(file, "after")
    assert file.read_text() == "after"
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_a_link_is_followed_and_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to("real.json")
    write_whole(tmp_path / "link.json", "after")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "after"


@pytest.mark.skipif(not hasattr(os, "O_TMPFILE"), reason="this system has no files without a name")
def test_a_kill_before_it_is_whole_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("before")
    killed = "import os, sys; from pathlib import Path; from kit_reports.targets import write_whole"
    killed += "; os.link = lambda *_, **__: os._exit(9); write_whole(Path(sys.argv[1]), 'x' * 10**6)"
    ended = subprocess.run([sys.executable, "-c", killed, str(tmp_path / "report.json")], check=False)
    assert ended.returncode == 9
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("report.json", "before")]
