"""A folder of fixtures grows by what was heard, and loses nothing that a hand has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_contract import KitError, UsageError, load_contract
from chat_contract.document.source import read_source
from mock_server.recorder.folder import open_folder
from mock_server.recorder.grouping import Talks
from mock_server.shop.fixture_files import read_fixtures

SCHEMA = load_contract().response_schema(200)
DESK = {"item_id": "A1", "title": "Desk", "status": "active", "description": "Solid: no.", "price": "99.00"}
LAMP = DESK | {"item_id": "A2", "title": "Lamp"}


def reply(conversation_id="c", message="Here.", items=()):
    return {"conversation_id": conversation_id, "message": message, "items": list(items)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "recorded"


def turns_in(file: Path):
    return read_source(file).value["turns"]


def test_a_talk_is_written_as_the_mock_reads_it(folder):
    talks, kept = Talks(), open_folder(folder, SCHEMA)
    done = kept.keep(talks.hear({"message": "A desk, please"}, reply(items=[DESK, LAMP])))
    assert (done.file, done.new_items) == (folder / "conversations" / "a-desk-please.yaml", 2)
    kept.keep(talks.hear({"message": "And cheaper?", "conversation_id": "c"}, reply(message="No.", items=[LAMP])))
    fixtures = read_fixtures(folder, SCHEMA)
    assert fixtures.items == (DESK, LAMP)
    (conversation,) = fixtures.conversations
    assert [(turn.reply, turn.item_ids) for turn in conversation.turns] == [("Here.", ("A1", "A2")), ("No.", ("A2",))]


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
def test_every_text_comes_back_as_it_was(folder, text):
    kept = open_folder(folder, SCHEMA)
    kept.keep(
        Talks().hear(
            {"message": f"say {text}"},
            reply(message=f"{text}.", items=[DESK | {"title": text, "x": [text, 1.5, None]}]),
        )
    )
    fixtures = read_fixtures(folder, SCHEMA)
    assert fixtures.items[0]["title"] == text
    assert fixtures.items[0]["x"] == [text, 1.5, None]
    assert fixtures.conversations[0].turns[0].reply == f"{text}."


def test_what_a_hand_has_written_stays_as_it_is(folder):
    talks, kept = Talks(), open_folder(folder, SCHEMA)
    file = kept.keep(talks.hear({"message": "a desk"}, reply(items=[DESK]))).file
    edited = file.read_text() + "about: by hand\n"
    file.write_text(edited)
    catalogue = folder / "catalogue.yaml"
    catalogue.write_text("# ours\n" + catalogue.read_text() + "  # the end\n")
    done = kept.keep(talks.hear({"message": "a lamp", "conversation_id": "c"}, reply(items=[LAMP])))
    assert file.read_text() == edited
    assert done.file.name == "a-desk-2.yaml"
    assert "a-desk.yaml was changed by somebody else" in done.notes[0]
    assert len(turns_in(done.file)) == 2
    assert catalogue.read_text().startswith("# ours\n")
    assert "  # the end\n" in catalogue.read_text()
    assert [item["item_id"] for item in read_source(catalogue).value["items"]] == ["A1", "A2"]


def test_an_item_that_changed_stays_as_it_was_written(folder):
    talks, kept = Talks(), open_folder(folder, SCHEMA)
    kept.keep(talks.hear({"message": "a desk"}, reply(items=[DESK])))
    done = kept.keep(
        talks.hear({"message": "and now?", "conversation_id": "c"}, reply(items=[DESK | {"price": "1.00"}]))
    )
    assert "A1 came otherwise" in done.notes[0]
    assert read_fixtures(folder, SCHEMA).items == (DESK,)


def test_a_talk_that_is_there_already_is_not_written_twice(folder):
    first = open_folder(folder, SCHEMA)
    talks = Talks()
    first.keep(talks.hear({"message": "a desk"}, reply(items=[DESK])))
    first.keep(talks.hear({"message": "more", "conversation_id": "c"}, reply(items=[])))
    again, talks = open_folder(folder, SCHEMA), Talks()
    assert again.keep(talks.hear({"message": "a desk"}, reply("d", items=[DESK]))).file is None
    assert again.keep(talks.hear({"message": "more", "conversation_id": "d"}, reply("d"))).file is None
    done = again.keep(talks.hear({"message": "less", "conversation_id": "d"}, reply("d")))
    assert (done.file.name, len(turns_in(done.file))) == ("a-desk-2.yaml", 3)


def test_nothing_is_left_but_what_is_meant(folder):
    kept = open_folder(folder, SCHEMA)
    kept.keep(Talks().hear({"message": "a desk"}, reply(items=[DESK])))
    assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
        "catalogue.yaml",
        "conversations",
        "conversations/a-desk.yaml",
    ]


def test_a_link_in_the_place_of_a_file_is_not_followed(folder, tmp_path):
    kept = open_folder(folder, SCHEMA)
    outside = tmp_path / "outside.yaml"
    outside.write_text("kept")
    (folder / "conversations" / "a-desk.yaml").symlink_to(outside)
    done = kept.keep(Talks().hear({"message": "a desk"}, reply(items=[])))
    assert done.file.name == "a-desk-2.yaml"
    assert outside.read_text() == "kept"


def test_a_folder_of_something_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.doc").write_text("x")
    with pytest.raises(UsageError, match="holds something else than fixtures"):
        open_folder(tmp_path, SCHEMA)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.doc"]


def test_a_file_in_the_place_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="is no folder"):
        open_folder(tmp_path / "file", SCHEMA)


def test_a_folder_behind_a_link_is_refused(tmp_path):
    inside, outside = tmp_path / "in", tmp_path / "out"
    outside.mkdir()
    inside.mkdir()
    (inside / "catalogue.yaml").write_text("items: []\n")
    (inside / "conversations").symlink_to(outside)
    with pytest.raises(UsageError, match="conversations is a link"):
        open_folder(inside, SCHEMA)


def test_a_broken_folder_is_refused_with_its_place(folder):
    open_folder(folder, SCHEMA)
    (folder / "conversations" / "x.yaml").write_text("turns: 5\n")
    with pytest.raises(KitError, match=r"x\.yaml:1"):
        open_folder(folder, SCHEMA)


def test_a_catalogue_in_one_line_cannot_be_added_to_and_says_so(folder):
    open_folder(folder, SCHEMA)
    (folder / "catalogue.yaml").write_text('items: [{item_id: A1, title: D, status: s, description: d, price: "1"}]\n')
    with pytest.raises(UsageError, match="items cannot be added"):
        open_folder(folder, SCHEMA)


def test_what_the_service_leaves_out_of_an_item_is_left_out_in_replay_too(folder):
    bare = {"item_id": "A1", "price": None}
    open_folder(folder, SCHEMA).keep(Talks().hear({"message": "a desk"}, reply(items=[bare])))
    assert read_fixtures(folder, SCHEMA).items == (bare,)


def test_an_item_that_a_catalogue_by_hand_does_not_take_is_not_kept(folder):
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(
        'items:\n- item_id: A1\n  title: Desk\n  status: active\n  description: Wood.\n  price: "1.00"\n'
    )
    before = (folder / "catalogue.yaml").read_text()
    kept = open_folder(folder, SCHEMA)
    with pytest.raises(KitError, match="'title' is a required property"):
        kept.keep(Talks().hear({"message": "a lamp"}, reply(items=[{"item_id": "A2"}])))
    assert (folder / "catalogue.yaml").read_text() == before
    kept.keep(Talks().hear({"message": "a lamp"}, reply(items=[LAMP])))
    assert len(read_fixtures(folder, SCHEMA).items) == 2
