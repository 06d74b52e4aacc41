"""Recorded conversations are added to a folder of fixtures; manual edits stay."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chat_contract import KitError, UsageError, load_contract
from chat_contract.document.source import read_source
from mock_server.recorder.folder import open_folder
from mock_server.recorder.grouping import ConversationGroups
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
    open_folder(folder, SCHEMA)
    (folder / "conversations" / "x.yaml").write_text("turns: 5\n")
    with pytest.raises(KitError, match=r"x\.yaml:1"):
        open_folder(folder, SCHEMA)


def test_catalogue_in_flow_style_is_rejected(folder: Path) -> None:
    open_folder(folder, SCHEMA)
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
    with pytest.raises(KitError, match="'title' is a required property"):
        opened.save(ConversationGroups().add({"message": "a lamp"}, reply(items=[{"item_id": "A2"}])))
    assert (folder / "catalogue.yaml").read_text() == before
    opened.save(ConversationGroups().add({"message": "a lamp"}, reply(items=[LAMP])))
    assert len(read_fixtures(folder, SCHEMA).items) == 2
