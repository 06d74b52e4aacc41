"""The fixtures of the kit, and the errors of fixtures that cannot be served."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from chat_contract import DocumentError, DocumentsError, load_contract
from chat_contract.resources import fixtures_dir
from mock_server.loading.snapshot import Snapshot
from mock_server.shop.fixture_files import Fixtures, read_fixtures
from mock_server.shop.scenarios import Position, Scenarios
from tests.support.paths import ROOT

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


# Fixtures of the kit -------------------------------------------------------------------------------------------------


def test_shop_has_enough_items_and_conversations(snapshot: Snapshot) -> None:
    items, scenarios = snapshot.fixtures.items, snapshot.fixtures.scenarios
    assert len(items) >= 60
    assert len(scenarios) >= 12
    assert sum(len(scenario.stubs) > 1 for scenario in scenarios) > len(scenarios) / 2
    assert sum(item["status"] != "active" for item in items) >= 3
    assert max(len(item["description"]) for item in items) > 500


@pytest.mark.parametrize("script", ["[\u3040-\u30ff]", "[\u0600-\u06ff]", "[\u0370-\u03ff]", "[àâéèêûç]"])
def test_shop_has_items_in_other_scripts(snapshot: Snapshot, script: str) -> None:
    assert any(re.search(script, item["title"]) for item in snapshot.fixtures.items)


def test_catalogue_contains_the_documented_item(snapshot: Snapshot) -> None:
    [documented] = load_contract().response_examples[200]["documented"]["items"]
    assert documented in snapshot.fixtures.items


def test_every_stub_matches_its_own_words(snapshot: Snapshot) -> None:
    scenarios = Scenarios(snapshot.fixtures.scenarios)
    for name, scenario in scenarios.by_name.items():
        for index, stub in enumerate(scenario.stubs):
            messages = [" ".join(stub.cue.words), *stub.cue.phrases] if not stub.cue.pattern else []
            position = Position(name, index - 1) if index else None
            for message in filter(None, messages):
                assert scenarios.match(message, position) == Position(name, index), (name, message)


def test_every_fixture_file_is_read(snapshot: Snapshot) -> None:
    read_files = {f"conversations/{scenario.name}.yaml" for scenario in snapshot.fixtures.scenarios}
    there = {str(path.relative_to(fixtures_dir())) for path in fixtures_dir().rglob("*") if path.is_file()}
    assert there == read_files | {"catalogue.yaml", "README.md"}


def test_fixtures_in_the_reference_are_valid(tmp_path: Path) -> None:
    text = (ROOT / "docs/reference/fixtures.md").read_text("utf-8")
    item, conversation, turns = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    shutil.copytree(fixtures_dir(), tmp_path / "fixtures")
    (tmp_path / "fixtures" / "conversations" / "shown.yaml").write_text(conversation)
    (tmp_path / "fixtures" / "conversations" / "failing.yaml").write_text(f"turns:\n{turns}")
    read(tmp_path / "fixtures")
    (tmp_path / "conversations").mkdir()
    (tmp_path / "catalogue.yaml").write_text(item)
    assert read(tmp_path).items[0]["item_id"] == "WB204KN"


# Fixtures with errors --------------------------------------------------------------------------------------


def test_small_folder_is_read(folder: Path) -> None:
    fixtures = read(folder)
    assert [item["item_id"] for item in fixtures.items] == ["A1"]
    assert fixtures.scenarios[0].name == "a"
    shutil.rmtree(folder / "conversations")
    assert read(folder).scenarios == ()


def error_of(folder: Path) -> DocumentError:
    """Return the first error of the folder."""
    with pytest.raises((DocumentError, DocumentsError)) as caught:
        read(folder)
    found = caught.value
    errors = found.errors if isinstance(found, DocumentsError) else (found,)
    assert all(error.hint for error in errors)
    return errors[0]


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
def test_error_in_catalogue_has_line_and_pointer(
    folder: Path, catalogue: str, line: int, pointer: tuple[str | int, ...], value: object
) -> None:
    (folder / "catalogue.yaml").write_text(catalogue)
    error = error_of(folder)
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
def test_error_in_conversation_has_line_and_pointer(
    folder: Path, conversation: str, line: int, pointer: tuple[str | int, ...]
) -> None:
    (folder / "conversations" / "a.yaml").write_text(conversation)
    error = error_of(folder)
    assert error.path == str(folder / "conversations" / "a.yaml")
    assert (error.line, error.pointer) == (line, pointer)


def test_reply_that_violates_the_response_schema_is_an_error(folder: Path) -> None:
    schema = json.loads(json.dumps(load_contract().response_schema(200)))
    schema["properties"]["message"]["maxLength"] = 3
    with pytest.raises(DocumentError, match=r"a\.yaml:4 \(/turns/0/reply\)"):
        read_fixtures(folder, schema)
    schema["properties"]["items"]["items"]["properties"]["status"] = {"enum": ["new"]}
    with pytest.raises(DocumentsError, match=r"catalogue\.yaml:4 \(/items/0/status\)"):
        read_fixtures(folder, schema)


def test_missing_folder_or_file_is_named(folder: Path) -> None:
    (folder / "conversations" / "b.yml").write_text(GOOD_TURN)
    assert "b.yaml" in error_of(folder).hint
    (folder / "conversations" / "b.yml").unlink()
    (folder / "catalogue.yaml").unlink()
    assert "catalogue.yaml" in str(error_of(folder))
    assert "nowhere" in str(error_of(folder / "nowhere"))


def test_error_shows_place_value_and_hint(folder: Path) -> None:
    (folder / "conversations" / "a.yaml").write_text(GOOD_TURN.replace("A1", "A2"))
    text = str(error_of(folder))
    assert "a.yaml:5 (/turns/0/items/0)" in text
    assert '"A2"' in text
    assert "catalogue.yaml" in text
