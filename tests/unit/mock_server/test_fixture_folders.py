"""Folders of fixtures: which files count, all errors at once, turns that are never reached, order of recordings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_contract.document.source import read_source
from chat_contract.errors import DocumentError, DocumentsError
from mock_server import create_app
from mock_server.loading.fingerprint import changed, folders, stamp
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.shop.fixture_files import Fixtures
from mock_server.shop.reachability import unreachable
from tests.support.deciding import service_with

ITEM = '{item_id: A, title: T, status: active, description: D, price: "1"}'
Shop = Callable[..., Path]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Writes a folder of fixtures. Each conversation is given by its file name and its turns."""

    def write(conversations: dict[str, str], *, recorded: bool = False) -> Path:
        (tmp_path / "catalogue.yaml").write_text(f"{'recorded: true' if recorded else ''}\nitems: [{ITEM}]\n")
        for name, text in conversations.items():
            path = tmp_path / "conversations" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write


def turns(*cues: str, reply: str = "Yes.") -> str:
    return "turns:\n" + "".join(f"- {{shopper: {{{cue}}}, reply: {reply}}}\n" for cue in cues)


def read(folder: Path) -> Fixtures:
    return read_snapshot(Options(fixtures=folder)).fixtures


def names(folder: Path) -> list[str]:
    return [scenario.name for scenario in read(folder).scenarios]


# Files ----------------------------------------------------------------------------------------------------------------


def test_hidden_files_and_folders_are_ignored(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]"), ".#a.yaml": "[", "._a.yaml": "\0", ".git/b.yaml": "["})
    assert names(folder) == ["a"]
    assert not [path for path, _ in stamp(Options(fixtures=folder)) if "/." in path]


def test_file_name_that_is_not_text_is_an_error_with_its_bytes(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]"), "\udcff\udcfe.yaml": turns("words: [b]")})
    with pytest.raises(DocumentError, match="the file name is not UTF-8") as caught:
        read(folder)
    assert str(caught.value).encode()
    assert caught.value.path.endswith(r"\xff\xfe.yaml")


def test_conversations_in_subfolders_and_in_json_are_read(shop: Shop) -> None:
    folder = shop(
        {
            "a.yaml": turns("words: [a]"),
            "returns/late.yaml": turns("words: [b]"),
            "c.json": '{"turns": [{"shopper": {"words": ["c"]}, "reply": "C."}]}',
            "notes.txt": "not a fixture",
        }
    )
    assert names(folder) == ["a", "c", "returns/late"]
    assert folder / "conversations" / "returns" in folders(Options(fixtures=folder))
    stamped = [Path(path).name for path, _ in stamp(Options(fixtures=folder)) if path.startswith(str(folder))]
    assert sorted(stamped) == ["a.yaml", "c.json", "catalogue.yaml", "late.yaml"]
    client = create_app(service=service_with(fixtures=folder)).test_client()
    chosen = client.post("/v1/chat", json={"message": "x"}, headers={"Prefer": 'conversation="returns/late"'})
    assert chosen.json["message"] == "Yes."


def test_merge_keys_and_anchors_are_read(shop: Shop) -> None:
    folder = shop(
        {
            "a.yaml": (
                "turns:\n- &first {shopper: {words: [a]}, reply: Yes., items: [A]}\n"
                "- {<<: *first, shopper: {words: [b]}}\n"
            )
        }
    )
    assert [stub.item_ids for stub in read(folder).scenarios[0].stubs] == [("A",), ("A",)]


def test_catalogue_may_be_json(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]")})
    (folder / "catalogue.yaml").unlink()
    (folder / "catalogue.json").write_text(
        '{"items": [{"item_id": "J", "title": "T", "status": "active", "description": "D", "price": "1"}]}'
    )
    assert read(folder).items[0]["item_id"] == "J"


def test_two_files_with_the_same_name_are_an_error(shop: Shop) -> None:
    folder = shop(
        {"a.yaml": turns("words: [a]"), "a.json": '{"turns": [{"shopper": {"words": ["c"]}, "reply": "C."}]}'}
    )
    with pytest.raises(DocumentError, match=r"a\.yaml: another file has the same name"):
        read(folder)


def test_numbers_in_names_are_ordered_as_numbers(shop: Shop) -> None:
    folder = shop({f"{name}.yaml": turns(f"words: ['{name}']") for name in ("a-10", "a-2", "a", "b", "9")})
    assert names(folder) == ["9", "a", "a-2", "a-10", "b"]


# Errors ---------------------------------------------------------------------------------------------------------------


def errors_of(folder: Path) -> list[tuple[str, int | None, str]]:
    with pytest.raises((DocumentError, DocumentsError)) as raised:
        read(folder)
    found: Any = raised.value
    errors = found.errors if isinstance(found, DocumentsError) else (found,)
    return [(Path(error.path).name, error.line, error.problem) for error in errors]


def test_all_errors_of_a_file_are_reported(shop: Shop) -> None:
    folder = shop(
        {
            "a.yaml": (
                "turns:\n"
                "- {shopper: {words: [a]}, reply: Yes., items: [X, Y]}\n"
                "- {shopper: {pattern: '('}, reply: Yes., fault: explode}\n"
                "- {shopper: {words: [b]}, reply: Yes.}\n"
                "- {shopper: {words: ['?']}, reply: Yes.}\n"
            ),
            "b.yaml": "turns:\n- {shopper: {words: []}, reply: '', more: 1}\n",
        }
    )
    found = errors_of(folder)
    assert [(name, line) for name, line, _ in found] == [
        *(("a.yaml", 2), ("a.yaml", 2), ("a.yaml", 3), ("a.yaml", 3), ("a.yaml", 5)),
        *(("b.yaml", 2), ("b.yaml", 2), ("b.yaml", 2)),
    ]
    assert [problem.partition(":")[0] for _, _, problem in found[:5]] == [
        *("unknown item_id", "unknown item_id", "invalid pattern", "unknown fault"),
        "no letter or digit, so no message can match",
    ]


def test_all_errors_of_the_catalogue_are_reported(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]")})
    wrong = "{item_id: B, title: T, status: active, description: D, price: 5}"
    (folder / "catalogue.yaml").write_text(f"items:\n- {ITEM}\n- {wrong}\n- {wrong}\n")
    assert [line for _, line, _ in errors_of(folder)] == [3, 4]
    (folder / "catalogue.yaml").write_text(f"items:\n- {ITEM}\n- {ITEM}\n- {ITEM}\n")
    assert [(line, problem) for _, line, problem in errors_of(folder)] == [
        (3, "duplicate item_id, first used on line 2"),
        (4, "duplicate item_id, first used on line 2"),
    ]


# Reachable turns ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "lost"),
    [
        ("words: [desk]", "words: [desks]", ["b"]),
        ("words: [desk, lamp]", "words: [lamp, desk]", ["b"]),
        ("words: [desk]", "phrases: [desk]", ["b"]),
        ("phrases: [a desk, a lamp]", "phrases: [a lamp]", ["b"]),
        ("pattern: '^x$'", "pattern: '^x$'", ["b"]),
        ("words: [desk, desk]", "words: [desk]", ["b"]),
        ("words: [desk]", "words: [desk, desk]", ["a"]),
        ("words: [desk]", "words: [desk, lamp]", []),
        ("words: [desk]", "words: [lamp]", []),
        ("phrases: [a lamp]", "phrases: [a desk, a lamp]", []),
        ("pattern: '.*'", "words: [desk]", []),
        ("words: [desk]", "pattern: desk", []),
    ],
)
def test_conversation_that_no_message_starts_is_found(shop: Shop, first: str, second: str, lost: list[str]) -> None:
    folder = shop({"a.yaml": turns(first, "words: [more]"), "b.yaml": turns(second, "words: [more]")})
    found = unreachable(read(folder))
    assert [each.scenario.name for each in found] == lost
    # What it says is what the mock does.
    client = create_app(service=service_with(fixtures=folder)).test_client()
    played = set()
    for message in ("desk", "desks", "a desk", "a lamp", "lamp desk", "x", "desk desk"):
        client.post("/v1/chat", json={"message": message})
    for entry in client.get("/_mock/requests").json["requests"]:
        played.add(entry["why"].get("conversation"))
    assert not played & set(lost)


def test_warning_names_the_turns_and_the_conversation_that_replies_instead(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [desk]"), "b.yaml": turns("words: [desk]", "words: [x]")})
    [found] = unreachable(read(folder))
    assert str(found) == (
        "b: turns 1 to 2 can never be reached, because a always replies to the first message. "
        "Change the words of the first turn, or remove the conversation."
    )


def test_shipped_conversations_are_all_reachable() -> None:
    assert unreachable(read_snapshot().fixtures) == []


# Recordings with the same opening -------------------------------------------------------------------------------------


@pytest.fixture
def recorded(shop: Shop) -> Path:
    cue = "phrases: [hello there]"
    return shop(
        {
            "hello.yaml": turns(cue, "words: [more]", reply="First."),
            "hello-2.yaml": turns("phrases: ['Hello, there!']", "words: [more]", reply="Second."),
            "hello-10.yaml": turns(cue, reply="Third."),
            "other.yaml": turns("phrases: [bye]", reply="Bye."),
        },
        recorded=True,
    )


def test_recordings_with_the_same_opening_replay_in_their_order(recorded: Path) -> None:
    client = create_app(service=service_with(fixtures=recorded)).test_client()

    def start(message: str = "hello there", space: str = "", prefer: str = "") -> Any:
        return client.post(f"{space}/v1/chat", json={"message": message}, headers={"Prefer": prefer}).json

    assert [start()["message"] for _ in range(4)] == ["First.", "Second.", "Third.", "First."]
    second = start()
    following = {"message": "more", "conversation_id": second["conversation_id"]}
    assert client.post("/v1/chat", json=following).json["message"] == "Second."
    assert start("bye")["message"] == "Bye."
    # Each space begins with the first one, and a reset does so again.
    assert start(space="/_mock/spaces/a")["message"] == "First."
    client.post("/_mock/reset")
    assert start()["message"] == "First."
    assert start(prefer="conversation=hello-10")["message"] == "Third."


def test_recordings_with_the_same_opening_are_reachable(recorded: Path) -> None:
    assert unreachable(read(recorded)) == []


# Many files -----------------------------------------------------------------------------------------------------------


def read_again(folder: Path, before: Fixtures) -> Fixtures:
    return read_snapshot(Options(fixtures=folder), known=before.files).fixtures


def test_reload_reads_only_files_that_have_changed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shop({f"c{number}.yaml": turns(f"words: [w{number}]") for number in range(5)})
    before = read(folder)
    (folder / "conversations" / "c3.yaml").write_text(turns("words: [other]"))
    (folder / "conversations" / "c1.yaml").unlink()
    opened: list[str] = []
    monkeypatch.setattr(
        "mock_server.shop.fixture_files.read_source",
        lambda path, top: opened.append(path.name) or read_source(path, top),
    )
    after = read_again(folder, before)
    assert opened == ["catalogue.yaml", "c3.yaml"]
    assert [scenario.name for scenario in after.scenarios] == ["c0", "c2", "c3", "c4"]
    assert after.scenarios[0] is before.scenarios[0]
    assert after.scenarios[2].stubs[0].cue.words == ("other",)


def test_reload_checks_conversations_whose_items_have_changed(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]").replace("reply: Yes.", "reply: Yes., items: [A]")})
    before = read(folder)
    (folder / "catalogue.yaml").write_text(f"items: [{ITEM.replace('item_id: A', 'item_id: B')}]\n")
    with pytest.raises(DocumentError, match="unknown item_id"):
        read_again(folder, before)
    (folder / "catalogue.yaml").write_text(f"items: [{ITEM}]\n")
    assert read_again(folder, before).scenarios == before.scenarios


def test_error_stays_until_its_file_is_corrected(shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]"), "b.yaml": turns("words: [b]")})
    before = read(folder)
    (folder / "conversations" / "b.yaml").write_text("turns: 5\n")
    for _ in range(2):
        with pytest.raises(DocumentError, match=r"b\.yaml"):
            read_again(folder, before)


def test_more_conversations_than_the_maximum_are_rejected_with_the_option_that_raises_it(shop: Shop) -> None:
    folder = shop({f"c{number}.yaml": turns(f"words: [w{number}]") for number in range(4)})
    with pytest.raises(DocumentError, match=r"(?s)more than 3 conversations.*--max-fixture-files") as error:
        read_snapshot(Options(fixtures=folder, max_fixture_files=3))
    assert error.value.path == str(folder / "conversations")
    for most in (4, None):
        assert len(read_snapshot(Options(fixtures=folder, max_fixture_files=most)).fixtures.scenarios) == 4


def test_folder_with_too_many_conversations_is_looked_at_in_part_until_enough_are_removed(shop: Shop) -> None:
    folder = shop({f"c{number}.yaml": turns(f"words: [w{number}]") for number in range(40)})
    options = Options(fixtures=folder, max_fixture_files=3)

    def seen() -> set[str]:
        return {path for path, _ in stamp(options) if path.startswith(str(folder / "conversations"))}

    assert len(seen()) == 4
    files = sorted((folder / "conversations").iterdir())
    for file in files[3:]:
        before = stamp(options)
        file.unlink()
    assert changed(before, stamp(options)) == [str(files[-1])]
    assert seen() == {str(file) for file in files[:3]}


@pytest.mark.parametrize("name", ["catalogue.yaml", "conversations/a.yaml"])
def test_link_that_leads_outside_is_refused_without_showing_its_target(tmp_path: Path, shop: Shop, name: str) -> None:
    folder = shop({"a.yaml": turns("words: [a]")})
    shown = folder.rename(tmp_path.with_name(f"{tmp_path.name}-shop"))
    outside = tmp_path.with_name(f"{tmp_path.name}-outside")
    outside.write_text("s3cr3t: of somebody else\n")
    (shown / name).unlink()
    (shown / name).symlink_to(outside)
    with pytest.raises(DocumentError, match="leads outside") as refused:
        read(shown)
    assert "s3cr3t" not in str(refused.value)


def test_link_inside_the_repository_is_read(tmp_path: Path, shop: Shop) -> None:
    folder = shop({"a.yaml": turns("words: [a]")})
    (folder / "shared.yaml").write_text(turns("words: [b]"))
    (folder / "conversations" / "b.yaml").symlink_to("../shared.yaml")
    assert names(folder) == ["a", "b"]
