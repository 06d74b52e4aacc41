"""The fixtures that come with the kit, and what happens to those that cannot be served."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from chat_contract import DocumentError, DocumentsError, load_contract
from chat_contract.resources import fixtures_dir
from mock_server.loading.load import Blueprint
from mock_server.shop.fixture_files import Fixtures, read_fixtures
from mock_server.shop.scenarios import Place, Script

GOOD_ITEM = """\
  - item_id: A1
    title: Thing
    status: active
    description: A thing.
    price: "1.00"
"""
GOOD_TURN = """\
turns:
  - shopper:
      words: [thing]
    reply: Here.
    items: [A1]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "catalogue.yaml").write_text("items:\n" + GOOD_ITEM)
    (tmp_path / "conversations").mkdir()
    (tmp_path / "conversations" / "a.yaml").write_text(GOOD_TURN)
    return tmp_path


def read(folder: Path) -> Fixtures:
    return read_fixtures(folder, load_contract().response_schema(200))


# The shipped ones ----------------------------------------------------------------------------------------------------


def test_the_shop_is_large_enough(blueprint: Blueprint) -> None:
    items, conversations = blueprint.fixtures.items, blueprint.fixtures.conversations
    assert len(items) >= 60
    assert len(conversations) >= 12
    assert sum(len(conversation.turns) > 1 for conversation in conversations) > len(conversations) / 2
    assert sum(item["status"] != "active" for item in items) >= 3
    assert max(len(item["description"]) for item in items) > 500


@pytest.mark.parametrize("script", ["[\u3040-\u30ff]", "[\u0600-\u06ff]", "[\u0370-\u03ff]", "[àâéèêûç]"])
def test_the_shop_speaks_other_scripts(blueprint: Blueprint, script: str) -> None:
    assert any(re.search(script, item["title"]) for item in blueprint.fixtures.items)


def test_the_documented_item_is_there_as_documented(blueprint: Blueprint) -> None:
    [documented] = load_contract().response_examples[200]["documented"]["items"]
    assert documented in blueprint.fixtures.items


def test_every_turn_can_be_reached_by_its_own_words(blueprint: Blueprint) -> None:
    script = Script(blueprint.fixtures.conversations)
    for number, conversation in script.conversations.items():
        for index, turn in enumerate(conversation.turns):
            said = [" ".join(turn.cue.words), *turn.cue.phrases] if not turn.cue.pattern else []
            standing = Place(number, index - 1) if index else None
            for words in filter(None, said):
                assert script.answering(words, standing) == Place(number, index), (conversation.name, words)


def test_no_file_of_the_fixtures_lies_unread(blueprint: Blueprint) -> None:
    read_files = {f"conversations/{conversation.name}.yaml" for conversation in blueprint.fixtures.conversations}
    there = {str(path.relative_to(fixtures_dir())) for path in fixtures_dir().rglob("*") if path.is_file()}
    assert there == read_files | {"catalogue.yaml", "README.md"}


def test_the_readme_shows_fixtures_that_can_be_served(tmp_path: Path) -> None:
    item, conversation = re.findall(r"```yaml\n(.*?)```", (fixtures_dir() / "README.md").read_text(), re.DOTALL)
    shutil.copytree(fixtures_dir(), tmp_path / "fixtures")
    (tmp_path / "fixtures" / "conversations" / "shown.yaml").write_text(conversation)
    read(tmp_path / "fixtures")
    (tmp_path / "conversations").mkdir()
    (tmp_path / "catalogue.yaml").write_text(item)
    assert read(tmp_path).items[0]["item_id"] == "WB204KN"


# The ones that cannot be served --------------------------------------------------------------------------------------


def test_a_small_folder_of_ones_own(folder: Path) -> None:
    fixtures = read(folder)
    assert [item["item_id"] for item in fixtures.items] == ["A1"]
    assert fixtures.conversations[0].name == "a"
    shutil.rmtree(folder / "conversations")
    assert read(folder).conversations == ()


def refusal(folder: Path) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        read(folder)
    assert caught.value.hint, "every refusal says what to do"
    return caught.value


@pytest.mark.parametrize(
    ("catalogue", "line", "pointer", "value"),
    [
        ("items: []", 1, ("items",), []),
        ("things: []", 1, (), {"things": []}),
        ("items:\n  - x", 2, ("items", 0), "x"),
        ("items:\n" + GOOD_ITEM.replace('"1.00"', "1.00"), 6, ("items", 0, "price"), 1.0),
        ("items:\n" + GOOD_ITEM.replace('"1.00"', "cheap"), 6, ("items", 0, "price"), "cheap"),
        ("items:\n" + GOOD_ITEM.replace("Thing", "''"), 3, ("items", 0, "title"), ""),
        ("items:\n" + GOOD_ITEM.replace("A1", "17"), 2, ("items", 0, "item_id"), 17),
        ("items:\n" + GOOD_ITEM.replace("A1", "' '"), 2, ("items", 0, "item_id"), " "),
        ("items:\n" + GOOD_ITEM + GOOD_ITEM, 7, ("items", 1, "item_id"), "A1"),
        ("items:\n" + GOOD_ITEM.replace("    status: active\n", ""), 2, ("items", 0), None),
    ],
)
def test_a_bad_catalogue_is_refused_with_its_place(
    folder: Path, catalogue: str, line: int, pointer: tuple[str | int, ...], value: object
) -> None:
    (folder / "catalogue.yaml").write_text(catalogue)
    error = refusal(folder)
    assert (error.path, error.line, error.pointer) == (str(folder / "catalogue.yaml"), line, pointer)
    assert value is None or error.value == value


@pytest.mark.parametrize(
    ("conversation", "line", "pointer"),
    [
        ("turns: []", 1, ("turns",)),
        ("about: nothing", 1, ()),
        ("turn: x", 1, ()),
        (GOOD_TURN.replace("A1", "A2"), 5, ("turns", 0, "items", 0)),
        (GOOD_TURN.replace("[A1]", "[A1, A1]"), 5, ("turns", 0, "items")),
        (GOOD_TURN.replace("[A1]", "A1"), 5, ("turns", 0, "items")),
        (GOOD_TURN.replace("Here.", "''"), 4, ("turns", 0, "reply")),
        (GOOD_TURN.replace("Here.", "5"), 4, ("turns", 0, "reply")),
        (GOOD_TURN.replace("reply:", "answer:"), 2, ("turns", 0)),
        (GOOD_TURN.replace("words: [thing]", "words: []"), 3, ("turns", 0, "shopper", "words")),
        (GOOD_TURN.replace("words: [thing]", "words: ['?!']"), 3, ("turns", 0, "shopper", "words", 0)),
        (GOOD_TURN.replace("words: [thing]", "words: [5]"), 3, ("turns", 0, "shopper", "words", 0)),
        (GOOD_TURN.replace("words: [thing]", "{}"), 2, ("turns", 0, "shopper")),
        (GOOD_TURN.replace("words: [thing]", "says: [thing]"), 2, ("turns", 0, "shopper")),
        (GOOD_TURN.replace("words: [thing]", "words: [a]\n      phrases: [b]"), 2, ("turns", 0, "shopper")),
        (GOOD_TURN.replace("words: [thing]", "pattern: '(a'"), 3, ("turns", 0, "shopper", "pattern")),
        (GOOD_TURN.replace("words: [thing]", "pattern: '(?<=a)b'"), 3, ("turns", 0, "shopper", "pattern")),
        (GOOD_TURN + "turns: []", 6, ("turns",)),
        ("turns: [\n", 2, ()),
        ("- 1", 1, ()),
    ],
)
def test_a_bad_conversation_is_refused_with_its_place(
    folder: Path, conversation: str, line: int, pointer: tuple[str | int, ...]
) -> None:
    (folder / "conversations" / "a.yaml").write_text(conversation)
    error = refusal(folder)
    assert error.path == str(folder / "conversations" / "a.yaml")
    assert (error.line, error.pointer) == (line, pointer)


def test_what_the_contract_does_not_allow_in_a_reply_is_refused(folder: Path) -> None:
    schema = json.loads(json.dumps(load_contract().response_schema(200)))
    schema["properties"]["message"]["maxLength"] = 3
    with pytest.raises(DocumentError, match=r"a\.yaml:4 \(/turns/0/reply\)"):
        read_fixtures(folder, schema)
    schema["properties"]["items"]["items"]["properties"]["status"] = {"enum": ["new"]}
    with pytest.raises(DocumentsError, match=r"catalogue\.yaml:4 \(/items/0/status\)"):
        read_fixtures(folder, schema)


def test_a_folder_or_file_that_is_not_there_is_named(folder: Path) -> None:
    (folder / "conversations" / "b.yml").write_text(GOOD_TURN)
    assert "b.yaml" in refusal(folder).hint
    (folder / "conversations" / "b.yml").unlink()
    (folder / "catalogue.yaml").unlink()
    assert "catalogue.yaml" in str(refusal(folder))
    assert "nowhere" in str(refusal(folder / "nowhere"))


def test_a_refusal_reads_well(folder: Path) -> None:
    (folder / "conversations" / "a.yaml").write_text(GOOD_TURN.replace("A1", "A2"))
    text = str(refusal(folder))
    assert "a.yaml:5 (/turns/0/items/0)" in text
    assert '"A2"' in text
    assert "catalogue.yaml" in text
