"""Targets of reports are checked before the work starts, and files are written completely or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chat_contract import UsageError
from kit_reports.targets import Target, parse_targets, write_whole

FORMATS = ("text", "json")


def test_default_format_goes_to_stdout_unless_an_option_does(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    assert parse_targets([], FORMATS, default="text") == (Target("text"),)
    assert parse_targets([f"json={file}"], FORMATS, default="text") == (Target("text"), Target("json", file))
    assert parse_targets(["json"], FORMATS, default="text") == (Target("json"),)


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("yaml", 'Unknown format "yaml" in --report yaml. Choose from text, json.'),
        ("json=", "--report json=: the file name is missing."),
        ("json=/dev/null/folder/r.json", "Not a directory"),
        ("json=/", "it is a folder"),
    ],
)
def test_invalid_target_raises_usage_error(option: str, message: str) -> None:
    with pytest.raises(UsageError, match="--report") as error:
        parse_targets([option], FORMATS, default="text")
    assert message in str(error.value)


def test_missing_folders_are_created(tmp_path: Path) -> None:
    file = tmp_path / "out" / "deep" / "r.json"
    (target,) = parse_targets([f"json={file}"], FORMATS, default=None)
    assert target.file is not None
    write_whole(target.file, "{}")
    assert file.read_text() == "{}"


def test_two_reports_to_one_file_raise_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Several --report options write to"):
        parse_targets([f"json={tmp_path}/r", f"text={tmp_path}/./r"], FORMATS, default="text")


def test_checking_a_target_leaves_an_existing_file_unchanged(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text("before")
    parse_targets([f"json={file}"], FORMATS, default="text")
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_file_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    file.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "half \ud800")
    assert file.read_text() == "before"
    write_whole(file, "after")
    assert file.read_text() == "after"
    assert [one.name for one in tmp_path.iterdir()] == ["r.json"]


def test_file_is_utf_8_with_unix_line_breaks_and_readable_by_all(tmp_path: Path) -> None:
    write_whole(tmp_path / "r.txt", "→ é\n")
    assert (tmp_path / "r.txt").read_bytes() == b"\xe2\x86\x92 \xc3\xa9\n"
    assert (tmp_path / "r.txt").stat().st_mode & 0o777 == 0o644


def test_file_keeps_its_permissions_and_a_new_one_gets_those_of_the_umask(tmp_path: Path) -> None:
    (tmp_path / "private.json").touch(0o600)
    umask = os.umask(0o077)
    try:
        for name in ("private.json", "new.json"):
            write_whole(tmp_path / name, "after")
            assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(umask)


@pytest.mark.parametrize("name", ["link.json", "link/r.json"])
def test_link_that_leads_out_of_its_repository_is_refused(name: str, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "link.json").symlink_to("../of-somebody-else.json")
    (repository / "link").symlink_to("..")
    with pytest.raises(UsageError, match="a link that leads outside"):
        parse_targets([f"json={repository / name}"], FORMATS, default=None)
    assert [one.name for one in tmp_path.iterdir()] == ["repository"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_fifo_is_written_to_only_if_a_process_reads_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="a FIFO that no process reads"):
        write_whole(tmp_path / "fifo", "text")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    write_whole(tmp_path / "fifo", "text")
    assert os.read(reader, 100) == b"text"
    os.close(reader)


@pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="the system has no names for open files")
def test_open_pipe_is_written_to(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    write_whole(Path(f"/dev/fd/{writer}"), "text")
    assert os.read(reader, 100) == b"text"
    os.close(reader)
    os.close(writer)


def test_names_of_open_files_are_accepted() -> None:
    assert parse_targets(["json=/dev/stdout", "text=/dev/null"], FORMATS, default=None)


def test_symbolic_link_is_followed_and_kept(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("before")
    (tmp_path / "link.json").symlink_to("real.json")
    write_whole(tmp_path / "link.json", "after")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "after"
