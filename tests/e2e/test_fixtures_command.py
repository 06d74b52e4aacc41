"""``chat-contract fixtures``: what it finds, what it writes, and what it leaves alone."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_contract.resources import fixtures_dir
from kit_cli.main import cli
from mock_server import Options, read_blueprint


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["fixtures", *map(str, arguments)])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(fixtures_dir(), folder)
    return folder


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_good_folder_passes(shop: Path) -> None:
    for arguments in ((), ("--fixtures", shop)):
        done = call("check", *arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        assert "all can be served" in done.stdout


def test_every_broken_file_is_named_with_its_line_and_the_mend(shop: Path) -> None:
    (shop / "conversations" / "new-sofa.yaml").write_text("turns: []\n")
    (shop / "conversations" / "odd.yml").write_text("turns: []\n")
    done = call("check", "--fixtures", shop)
    assert done.exit_code == 1
    assert "new-sofa.yaml:1 (/turns)" in done.stderr
    assert "rename it to odd.yaml" in done.stderr
    assert "2 files cannot be served" in done.stderr


@pytest.mark.parametrize("option", ["--fixtures", "--spec", "--overlay"])
def test_what_is_not_there_cannot_be_checked(shop: Path, option: str) -> None:
    done = call("check", option, shop / "nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr


def test_the_list_says_what_each_turn_listens_to(shop: Path) -> None:
    said = call("list", "--fixtures", shop).stdout
    assert "desk-for-heavy-tools: The documented request" in said
    assert "  1. all of: desk, heavy, tools  [ST678VG, WB377HD]" in said


def test_a_message_is_explained(shop: Path) -> None:
    said = call("list", "--fixtures", shop, "--explain", "a desk for heavy things").stdout
    assert said.startswith("answers: a search of the catalogue")
    assert "not desk-for-heavy-tools: the message lacks tool" in said
    assert call("list", "--explain", "my desk for heavy tools").stdout.startswith("answers: desk-for-heavy-tools")


def test_a_scaffold_can_be_served_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for name in ("birthday-gift", "2026_summer", "123", "no", "null", "Yes"):
        assert call("new", name, "--fixtures", folder).exit_code == 0
    served = read_blueprint(Options(fixtures=folder)).fixtures
    assert len(served.conversations) == 6
    assert len(served.items) == 1
    assert "answers: birthday-gift" in call("list", "--fixtures", folder, "--explain", "a birthday gift").stdout


def test_a_scaffold_in_a_folder_that_is_there_uses_its_catalogue(shop: Path) -> None:
    before = listing(shop)
    assert call("new", "hello", "--fixtures", shop).exit_code == 0
    after = listing(shop)
    assert set(after) - set(before) == {"conversations/hello.yaml"}
    assert {name: after[name] for name in before} == before
    assert call("check", "--fixtures", shop).exit_code == 0


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", ".x", "", "x.yaml", "a b", "x" * 65, "-x", "é", "x\n"])
def test_a_name_that_is_no_file_name_writes_nothing(shop: Path, name: str) -> None:
    before = listing(shop.parent)
    done = call("new", "--fixtures", shop, "--", name)
    assert done.exit_code == 2
    assert "cannot name a conversation" in done.stderr
    assert listing(shop.parent) == before


def test_a_file_that_is_there_is_left_as_it_is(shop: Path) -> None:
    (shop / "conversations" / "dangling.yaml").symlink_to(shop.parent / "outside.yaml")
    before = listing(shop.parent)
    for name in ("new-sofa", "dangling"):
        done = call("new", name, "--fixtures", shop)
        assert done.exit_code == 2
        assert "is there already" in done.stderr
    assert listing(shop.parent) == before


def test_a_folder_that_cannot_be_written_to_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = call("new", "x", "--fixtures", tmp_path / "file")
    assert done.exit_code == 2
    assert "name a folder that is yours" in done.stderr


def test_a_scaffold_that_fails_on_the_way_leaves_no_half_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = listing(shop)
    monkeypatch.setattr(os, "link", no_link)
    done = call("new", "x", "--fixtures", shop)
    assert (done.exit_code, "No space left" in done.stderr) == (2, True)
    assert listing(shop) == before
