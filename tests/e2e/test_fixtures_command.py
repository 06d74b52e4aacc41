"""``chat-contract fixtures``: check, list and new."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from chat_contract.resources import fixtures_dir
from kit_cli.main import cli
from mock_server import Options, read_snapshot


def call(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["fixtures", *map(str, arguments)])


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(fixtures_dir(), folder)
    return folder


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_valid_folder_passes(shop: Path) -> None:
    for arguments in ((), ("--fixtures", shop)):
        done = call("check", *arguments)
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout.startswith("No errors: ")


def test_every_file_with_an_error_is_listed_with_line_and_hint(shop: Path) -> None:
    (shop / "conversations" / "new-sofa.yaml").write_text("turns: []\n")
    (shop / "conversations" / "odd.yml").write_text("turns: []\n")
    done = call("check", "--fixtures", shop)
    assert done.exit_code == 1
    assert "new-sofa.yaml:1 (/turns)" in done.stderr
    assert "Rename it to odd.yaml." in done.stderr
    assert "2 errors in 2 files." in done.stderr


def test_conversation_that_is_never_reached_is_a_warning(shop: Path) -> None:
    text = (shop / "conversations" / "new-sofa.yaml").read_text()
    (shop / "conversations" / "zz-same.yaml").write_text(text)
    done = call("check", "--fixtures", shop)
    assert done.exit_code == 0
    assert "warning: zz-same: turn" in done.stderr
    assert "can never be reached, because new-sofa always replies" in done.stderr


@pytest.mark.parametrize("option", ["--fixtures", "--spec", "--overlay"])
def test_missing_path_exits_with_2(shop: Path, option: str) -> None:
    done = call("check", option, shop / "nowhere")
    assert done.exit_code == 2
    assert "nowhere" in done.stderr


def test_list_shows_the_outcome_of_a_turn(shop: Path) -> None:
    (shop / "conversations" / "busy.yaml").write_text(
        "turns:\n- {shopper: {words: [checkout]}, status: 429, delay: 1s, fault: drop}\n"
    )
    assert "  1. all of: checkout  (status 429, delay 1s, fault drop)\n" in call("list", "--fixtures", shop).stdout


def test_list_shows_the_cue_of_each_turn(shop: Path) -> None:
    text = call("list", "--fixtures", shop).stdout
    assert "desk-for-heavy-tools: The documented request" in text
    assert "  1. all of: desk, heavy, tools  [ST678VG, WB377HD]" in text


def test_explain_shows_source_and_near_misses(shop: Path) -> None:
    text = call("list", "--fixtures", shop, "--explain", "a desk for heavy things").stdout
    assert text.startswith("source: Catalogue search")
    assert "not matching: desk-for-heavy-tools (missing words: tool)" in text
    assert call("list", "--explain", "my desk for heavy tools").stdout.startswith("source: desk-for-heavy-tools")


def test_new_conversation_can_be_served(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    for name in ("birthday-gift", "2026_summer", "123", "no", "null", "Yes"):
        assert call("new", name, "--fixtures", folder).exit_code == 0
    served = read_snapshot(Options(fixtures=folder)).fixtures
    assert len(served.scenarios) == 6
    assert len(served.items) == 1
    assert "source: birthday-gift" in call("list", "--fixtures", folder, "--explain", "a birthday gift").stdout


def test_new_conversation_uses_the_existing_catalogue(shop: Path) -> None:
    before = listing(shop)
    assert call("new", "hello", "--fixtures", shop).exit_code == 0
    after = listing(shop)
    schemas = {".schemas/catalogue.json", ".schemas/conversation.json"}
    assert set(after) - set(before) == {"conversations/hello.yaml", *schemas}
    assert {name: after[name] for name in before} == before
    assert call("check", "--fixtures", shop).exit_code == 0


@pytest.mark.parametrize("name", ["../x", "/tmp/x", "a/b", ".x", "", "x.yaml", "a b", "x" * 65, "-x", "é", "x\n"])
def test_invalid_name_writes_nothing(shop: Path, name: str) -> None:
    before = listing(shop.parent)
    done = call("new", "--fixtures", shop, "--", name)
    assert done.exit_code == 2
    assert 'Invalid name "' in done.stderr
    assert listing(shop.parent) == before


def test_existing_file_is_not_overwritten(shop: Path) -> None:
    (shop / "conversations" / "dangling.yaml").symlink_to(shop.parent / "outside.yaml")
    before = listing(shop.parent)
    for name in ("new-sofa", "dangling"):
        done = call("new", name, "--fixtures", shop)
        assert done.exit_code == 2
        assert "already exists" in done.stderr
    assert listing(shop.parent) == before


@pytest.mark.parametrize("link", ["conversations/new.yaml", ".schemas", ".schemas/catalogue.json"])
def test_links_of_a_folder_lead_no_file_outside(link: str, shop: Path) -> None:
    outside = shop.parent / "outside"
    outside.mkdir()
    (shop / ".schemas").mkdir(exist_ok=True)
    if link == ".schemas":
        (shop / ".schemas").rmdir()
    (shop / link).symlink_to(outside if link == ".schemas" else outside / "file.json")
    before = listing(shop.parent)
    done = call("new", "new", "--fixtures", shop)
    assert (done.exit_code, listing(shop.parent)) == (2, before)


def test_unwritable_folder_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    done = call("new", "x", "--fixtures", tmp_path / "file")
    assert done.exit_code == 2
    assert "Name a writable folder." in done.stderr


def test_failed_creation_leaves_no_partial_file(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    before = listing(shop)
    monkeypatch.setattr(os, "link", no_link)
    done = call("new", "x", "--fixtures", shop)
    assert (done.exit_code, "No space left" in done.stderr) == (2, True)
    assert listing(shop) == before
