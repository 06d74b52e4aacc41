"""Recorded conversations are added to a folder of fixtures; manual edits stay."""

from __future__ import annotations

import random
import resource
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath
from typing import Any

import pytest

from chat_contract import KitError, UsageError, load_contract
from chat_contract.document.source import read_source
from mock_server.recorder import folder as recorder_folder
from mock_server.recorder.folder import WriteError, open_folder
from mock_server.recorder.grouping import ConversationGroups
from mock_server.recorder.written import Written
from mock_server.shop.fixture_files import read_fixtures

SCHEMA = load_contract().response_schema(200)
DESK = {"item_id": "A1", "title": "Desk", "status": "active", "description": "Solid: no.", "price": "99.00"}
LAMP = DESK | {"item_id": "A2", "title": "Lamp"}


def reply(conversation_id: str = "c", message: str = "Here.", items: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"conversation_id": conversation_id, "message": message, "items": list(items)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recorded"


def turns_in(file: Path | None) -> list[Any]:
    assert file is not None
    return read_source(file).value["turns"]


def test_conversation_is_saved_as_a_valid_fixture(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    done = opened.save(groups.add({"message": "A desk, please"}, reply(items=[DESK, LAMP])))
    assert (done.file, done.new_items) == (folder / "conversations" / "a-desk-please.yaml", 2)
    opened.save(groups.add({"message": "And cheaper?", "conversation_id": "c"}, reply(message="No.", items=[LAMP])))
    fixtures = read_fixtures(folder, SCHEMA)
    assert fixtures.items == (DESK, LAMP)
    (scenario,) = fixtures.scenarios
    assert [(stub.reply, stub.item_ids) for stub in scenario.stubs] == [("Here.", ("A1", "A2")), ("No.", ("A2",))]


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "1.50",
        "2024-01-01",
        "~",
        "- x",
        "a: b",
        '"',
        "'",
        "\\",
        "tab\tline\nend ",
        "é 🎁 مرحبا",
        "#",
        "0o17",
        "\x7f\x85\x00",
    ],
)
def test_every_text_is_read_back_unchanged(folder: Path, text: str) -> None:
    opened = open_folder(folder, SCHEMA)
    opened.save(
        ConversationGroups().add(
            {"message": f"say {text}"},
            reply(message=f"{text}.", items=[DESK | {"title": text, "x": [text, 1.5, None]}]),
        )
    )
    fixtures = read_fixtures(folder, SCHEMA)
    assert fixtures.items[0]["title"] == text
    assert fixtures.items[0]["x"] == [text, 1.5, None]
    assert fixtures.scenarios[0].stubs[0].reply == f"{text}."


@pytest.mark.parametrize("text", ["_", "é 🎁\u2028 x", '\x7f\x85\x00\\ " \n'])
def test_large_text_is_written_fast_and_read_back_unchanged(
    folder: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_folder, "_Dumper", None)  # It would take ten times as long.
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    large = text * (200_000 // len(text))
    item = {**DESK, "title": large}
    done = opened.save(groups.add({"message": large}, reply(message=large, items=[item])))
    (scenario,) = read_fixtures(folder, SCHEMA).scenarios
    assert scenario.stubs[0].reply == large
    assert read_fixtures(folder, SCHEMA).items == (item,)
    assert set(turns_in(done.file)[0]) == {"shopper", "reply", "items"}


def test_manual_edits_stay(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    file = opened.save(groups.add({"message": "a desk"}, reply(items=[DESK]))).file
    assert file is not None
    edited = file.read_text() + "about: by hand\n"
    file.write_text(edited)
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text("# ours\n" + catalogue.read_text() + "  # the end\n")
    done = opened.save(groups.add({"message": "a lamp", "conversation_id": "c"}, reply(items=[LAMP])))
    assert file.read_text() == edited
    assert done.file is not None
    assert done.file.name == "a-desk-2.yaml"
    assert done.file_changed is not None
    assert done.file_changed.file == file
    assert len(turns_in(done.file)) == 2
    assert catalogue.read_text().startswith("# ours\n")
    assert "  # the end\n" in catalogue.read_text()
    assert [item["item_id"] for item in read_source(catalogue).value["items"]] == ["A1", "A2"]


def test_changed_item_keeps_its_catalogue_version(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    done = opened.save(
        groups.add({"message": "and now?", "conversation_id": "c"}, reply(items=[DESK | {"price": "1.00"}]))
    )
    assert done.changed_items == ("A1",)
    assert read_fixtures(folder, SCHEMA).items == (DESK,)


def test_known_conversation_is_not_saved_again(folder: Path) -> None:
    first = open_folder(folder, SCHEMA)
    groups = ConversationGroups()
    first.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    first.save(groups.add({"message": "more", "conversation_id": "c"}, reply(items=[])))
    first.close()
    again, groups = open_folder(folder, SCHEMA), ConversationGroups()
    assert again.save(groups.add({"message": "a desk"}, reply("d", items=[DESK]))).file is None
    assert again.save(groups.add({"message": "more", "conversation_id": "d"}, reply("d"))).file is None
    done = again.save(groups.add({"message": "less", "conversation_id": "d"}, reply("d")))
    assert done.file is not None
    assert (done.file.name, len(turns_in(done.file))) == ("a-desk-2.yaml", 3)


def test_no_temporary_files_remain(folder: Path) -> None:
    opened = open_folder(folder, SCHEMA)
    opened.save(ConversationGroups().add({"message": "a desk"}, reply(items=[DESK])))
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        "catalogue.yaml",
        "conversations",
        "conversations/a-desk.yaml",
    ]


def test_symbolic_link_is_not_followed(folder: Path, tmp_path: Path) -> None:
    opened = open_folder(folder, SCHEMA)
    outside = tmp_path / "outside.yaml"
    outside.write_text("kept")
    (folder / "conversations" / "a-desk.yaml").symlink_to(outside)
    done = opened.save(ConversationGroups().add({"message": "a desk"}, reply(items=[])))
    assert done.file is not None
    assert done.file.name == "a-desk-2.yaml"
    assert outside.read_text() == "kept"


def test_folder_with_other_files_is_rejected_and_unchanged(tmp_path: Path) -> None:
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(UsageError, match="contains other files"):
        open_folder(tmp_path, SCHEMA)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_file_instead_of_a_folder_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="not a folder"):
        open_folder(tmp_path / "file", SCHEMA)


def test_folder_with_a_symbolic_link_is_rejected(tmp_path: Path) -> None:
    inside, outside = tmp_path / "in", tmp_path / "out"
    outside.mkdir()
    inside.mkdir()
    (inside / "catalogue.yaml").write_text("items: []\n")
    (inside / "conversations").symlink_to(outside)
    with pytest.raises(UsageError, match="conversations is a symbolic link"):
        open_folder(inside, SCHEMA)


def test_error_in_the_folder_is_reported_with_its_place(folder: Path) -> None:
    open_folder(folder, SCHEMA).close()
    (folder / "conversations" / "x.yaml").write_text("turns: 5\n")
    with pytest.raises(KitError, match=r"x\.yaml:1"):
        open_folder(folder, SCHEMA)


def test_catalogue_in_flow_style_is_rejected(folder: Path) -> None:
    open_folder(folder, SCHEMA).close()
    (folder / "catalogue.yaml").write_text('items: [{item_id: A1, title: D, status: s, description: d, price: "1"}]\n')
    with pytest.raises(UsageError, match="cannot append items"):
        open_folder(folder, SCHEMA)


def test_missing_item_fields_stay_missing(folder: Path) -> None:
    bare = {"item_id": "A1", "price": None}
    open_folder(folder, SCHEMA).save(ConversationGroups().add({"message": "a desk"}, reply(items=[bare])))
    assert read_fixtures(folder, SCHEMA).items == (bare,)


def test_item_that_violates_a_manual_catalogue_is_not_saved(folder: Path) -> None:
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(
        'items:\n- item_id: A1\n  title: Desk\n  status: active\n  description: Wood.\n  price: "1.00"\n'
    )
    before = (folder / "catalogue.yaml").read_text()
    opened = open_folder(folder, SCHEMA)
    with pytest.raises(KitError, match='"title" is missing'):
        opened.save(ConversationGroups().add({"message": "a lamp"}, reply(items=[{"item_id": "A2"}])))
    assert (folder / "catalogue.yaml").read_text() == before
    opened.save(ConversationGroups().add({"message": "a lamp"}, reply(items=[LAMP])))
    assert len(read_fixtures(folder, SCHEMA).items) == 2


@pytest.mark.parametrize("out", ["link", "link/new"])
def test_folder_outside_the_repository_is_not_written_to(out: str, tmp_path: Path) -> None:
    (outside := tmp_path / "outside").mkdir()
    (repository := tmp_path / "repository").mkdir()
    (repository / ".git").mkdir()
    (repository / "inside").mkdir()
    (repository / "link").symlink_to(outside)
    with pytest.raises(UsageError, match="a link that leads outside"):
        open_folder(repository / out, SCHEMA)
    assert not list(outside.iterdir())
    (repository / "link").unlink()
    (repository / "link").symlink_to("inside")
    open_folder(repository / out, SCHEMA).close()


def replaced_by_link(how: str, folder: Path, elsewhere: Path) -> Callable[[], object]:
    """Replace a part of the folder with a link, and return what undoes it."""
    kept = elsewhere / "kept"
    part = {"catalogue": folder / "catalogue.yaml", "conversations": folder / "conversations"}.get(how, folder)
    part.rename(kept)
    (elsewhere / "target").mkdir()
    part.symlink_to(elsewhere / "target")

    def repair() -> None:
        part.unlink()
        kept.rename(part)

    return repair


@pytest.mark.parametrize("how", ["catalogue", "conversations"])
def test_part_replaced_by_a_link_is_not_followed_and_nothing_is_lost(how: str, folder: Path, tmp_path: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    repair = replaced_by_link(how, folder, tmp_path)
    for number, item in enumerate([DESK, LAMP]):
        with pytest.raises(WriteError, match=r"catalogue\.yaml is not a text file|conversations is not a folder"):
            opened.save(groups.add({"message": f"message {number}"}, reply(f"c{number}", items=[item])))
    assert (opened.waiting, list((tmp_path / "target").iterdir())) == (2, [])
    repair()
    assert opened.save(groups.add({"message": "a third"}, reply("c3"))).earlier == 2
    assert {item["item_id"] for item in read_fixtures(folder, SCHEMA).items} == {"A1", "A2"}
    assert len(read_fixtures(folder, SCHEMA).scenarios) == 3


def test_folder_replaced_by_a_link_is_not_left(folder: Path, tmp_path: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    repair = replaced_by_link("folder", folder, tmp_path)
    opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    assert list((tmp_path / "target").iterdir()) == []
    repair()
    assert len(read_fixtures(folder, SCHEMA).scenarios) == 1


@pytest.mark.parametrize("removed", [".", "conversations", "catalogue.yaml"])
def test_what_is_removed_is_written_again(folder: Path, removed: str) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    part = folder / removed
    shutil.rmtree(part) if part.is_dir() else part.unlink()
    opened.save(groups.add({"message": "a lamp"}, reply("c2", items=[LAMP])))
    fixtures = read_fixtures(folder, SCHEMA)
    assert ([item["item_id"] for item in fixtures.items], len(fixtures.scenarios)) == (["A1", "A2"], 2)


def test_removed_folder_with_a_link_in_its_place_is_not_written_to(folder: Path, tmp_path: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    shutil.rmtree(folder)
    (tmp_path / "target").mkdir()
    folder.symlink_to(tmp_path / "target")
    with pytest.raises(WriteError, match="cannot write"):
        opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    assert list((tmp_path / "target").iterdir()) == []


def test_full_disk_loses_nothing(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    before = (folder / "catalogue.yaml").read_text()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40, hard))
    try:
        with pytest.raises(WriteError, match=r"cannot write to .*File too large"):
            opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(path.name for path in folder.rglob("*")) == ["catalogue.yaml", "conversations"]
    assert (folder / "catalogue.yaml").read_text() == before
    assert (opened.save_waiting(), opened.waiting) == (1, 0)
    assert len(read_fixtures(folder, SCHEMA).scenarios) == 1


def test_second_recorder_of_a_folder_is_rejected_until_the_first_ends(folder: Path) -> None:
    first = open_folder(folder, SCHEMA)
    with pytest.raises(UsageError, match=r"another recorder writes to this folder\. Stop it, or name another folder"):
        open_folder(folder, SCHEMA)
    first.close()
    open_folder(folder, SCHEMA).close()


def test_broken_manual_edit_makes_new_items_wait(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    whole = (folder / "catalogue.yaml").read_text()
    (folder / "catalogue.yaml").write_text("items: [\n")
    with pytest.raises(WriteError, match=r"catalogue\.yaml.*cannot append items"):
        opened.save(groups.add({"message": "a desk"}, reply(items=[DESK])))
    (folder / "catalogue.yaml").write_text(whole)
    assert opened.save_waiting() == 1


def test_items_of_all_turns_are_saved(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    groups.add({"message": "a desk"}, reply(items=[DESK]))
    opened.save(groups.add({"message": "a lamp", "conversation_id": "c"}, reply(items=[LAMP])))
    assert len(read_fixtures(folder, SCHEMA).items) == 2


def test_memory_for_written_files_is_limited_and_the_oldest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.recorder.written.MAX_FILES", 3)
    monkeypatch.setattr("mock_server.recorder.written.MAX_BYTES", 1_100)
    written = Written()
    texts = [f"{number} {random.Random(number).randbytes(450).hex()}" for number in range(5)]
    for number, text in enumerate(texts):
        written.note(number, PurePath(f"{number}.yaml"), text)
    assert [number in written for number in range(5)] == [False, False, True, True, True]
    assert [name.name for name, _ in written.texts()] == ["3.yaml", "4.yaml"]
    assert written.is_text_of(2, texts[2])
    assert not written.is_text_of(2, texts[3])
    assert written.name_of(0) is None


def test_conversations_that_wait_for_the_folder_are_limited_in_bytes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    size = ConversationGroups().add({"message": "message 0"}, reply("c0", items=[DESK])).size
    monkeypatch.setattr("mock_server.recorder.folder.MAX_WAITING_BYTES", 2 * size)
    shutil.rmtree(folder)
    folder.write_text("a file in its place")
    said = []
    for number in range(4):
        with pytest.raises(KitError) as error:
            opened.save(groups.add({"message": f"message {number}"}, reply(f"c{number}", items=[DESK])))
        said.append(type(error.value))
    folder.unlink()
    assert said == [WriteError, WriteError, KitError, KitError]
    assert opened.save_waiting() == 2


def test_catalogue_that_the_mock_could_not_read_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mock_server.recorder.folder.MAX_BYTES", 500)
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    opened.save(groups.add({"message": "a desk"}, reply("c1", items=[DESK])))
    large = groups.add({"message": "a lamp"}, reply("c2", items=[LAMP | {"description": "x" * 500}]))
    with pytest.raises(KitError, match="the file would be larger than"):
        opened.save(large)
    assert len(read_fixtures(folder, SCHEMA).items) == 1


def test_manual_edit_between_two_items_is_kept(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    catalogue = folder / "catalogue.yaml"
    for number in range(4):
        item = DESK | {"item_id": f"A{number}"}
        opened.save(groups.add({"message": f"message {number}"}, reply(f"c{number}", items=[item])))
        if number == 1:
            catalogue.write_text(f"# by hand\n{catalogue.read_text()}")
    assert catalogue.read_text().startswith("# by hand\n")
    assert len(read_fixtures(folder, SCHEMA).items) == 4


def test_conversations_with_the_same_first_message_get_files_of_their_own(folder: Path) -> None:
    groups, opened = ConversationGroups(), open_folder(folder, SCHEMA)
    for number in range(3):
        opened.save(groups.add({"message": "a desk"}, reply(f"c{number}", message=f"Reply {number}.")))
    names = sorted(path.name for path in (folder / "conversations").iterdir())
    assert names == ["a-desk-2.yaml", "a-desk-3.yaml", "a-desk.yaml"]
