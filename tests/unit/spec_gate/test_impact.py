"""Who is hit by a change: consumers, fixtures, named examples, clauses; and nobody who is not."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest

from spec_gate.impact.consumers import read_consumers
from spec_gate.report.waivers import load_waivers
from tests.unit.spec_gate.changing import CONTRACT, ROOT, changed, diff, found, written

REQUIRED = ("required: [message]", "required: [message, user_id]")
PRICE = ("        price:\n          type: [string, 'null']", "        price:\n          type: number")
CONSUMER = """consumer: web-shop
reads:
  - operation: POST /chat
    status: "200"
    fields: [/message, /items/*/price]
examples: [gift]
"""


def hit(kind: str, *arguments: object) -> list[str]:
    return [one["name"] for one in found(CONTRACT, *arguments)["hit"] if one["kind"] == kind]


def clauses(*arguments: object) -> set[str]:
    return {name.split(" ")[0] for name in hit("clause", *arguments)}


def test_a_consumer_is_hit_by_a_change_of_what_it_reads(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    document = found(CONTRACT, changed(tmp_path, PRICE), "--consumers", consumers)
    [one] = [one for one in document["hit"] if one["kind"] == "consumer"]
    assert one["name"] == "web-shop reads /items/*/price of POST /chat 200"
    assert (one["line"], one["pointer"]) == (5, "/reads/0/fields/1")
    assert "response-type-changed" in one["why"]


@pytest.mark.parametrize("field", ["/message", "/items/*/title", "/conversation_id"])
def test_a_consumer_of_other_fields_is_not(tmp_path: Path, field: str) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER.replace("/message, /items/*/price", field))
    assert hit("consumer", changed(tmp_path, PRICE), "--consumers", consumers) == []


def test_a_consumer_that_reads_what_holds_the_field_is_hit(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER.replace("/items/*/price", "/items"))
    assert len(hit("consumer", changed(tmp_path, PRICE), "--consumers", consumers)) == 1


def test_every_reader_is_hit_where_the_operation_goes(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    assert len(hit("consumer", changed(tmp_path, ("    post:\n", "    put:\n")), "--consumers", consumers)) == 2


def test_consumer_yaml_in_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "consumer.yaml", CONSUMER)
    monkeypatch.chdir(tmp_path)
    assert len(hit("consumer", changed(tmp_path, PRICE))) == 1


def test_the_fixtures_that_the_mock_could_not_serve_are_hit(tmp_path: Path) -> None:
    catalogue = (ROOT / "fixtures/catalogue.yaml").read_text("utf-8")
    names = hit("fixture", changed(tmp_path, PRICE))
    assert sum(name.startswith("item ") for name in names) == catalogue.count("item_id:")
    assert "conversation birthday-gift-for-dad, turn 1" in names


def test_files_are_named_from_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    files = {one["file"] for one in found(CONTRACT, changed(tmp_path, PRICE))["hit"] if one["kind"] != "example"}
    assert {"fixtures/catalogue.yaml", "openapi/clauses.yaml"} <= files
    assert not any(file.startswith("/") for file in files)


def test_other_fixtures_may_be_named(tmp_path: Path) -> None:
    folder = tmp_path / "fixtures"
    (folder / "conversations").mkdir(parents=True)
    written(folder, "catalogue.yaml", "items: []\n")
    turn = "turns: [{shopper: {words: [a]}, reply: Hello}]\n"
    written(folder / "conversations", "hello.yaml", turn)
    short = ("          description: What the assistant says.", "          maxLength: 3")
    assert hit("fixture", changed(tmp_path, short), "--fixtures", folder) == ["conversation hello, turn 1"]
    assert hit("fixture", changed(tmp_path, REQUIRED), "--fixtures", folder) == []


def test_named_examples_that_do_not_hold_any_more_are_hit(tmp_path: Path) -> None:
    names = hit("example", changed(tmp_path, REQUIRED))
    assert any(name.startswith("gift of POST /chat, request body") for name in names)
    assert not any("documented" in name for name in names)


@pytest.mark.parametrize(
    ("replaced", "clause"),
    [
        (REQUIRED, "request.message-alone"),
        (("required: [message]", "required: []"), "rejection.message"),
        (PRICE, "reply.item-field"),
        (("required: [conversation_id, message, items]", "required: [conversation_id, message]"), "reply.object"),
        (("          default: 4", "          default: 9"), "limit.default"),
        (("      required: [loc, msg, type]", "      required: [loc, msg]"), "error.entry"),
    ],
)
def test_the_clause_that_a_server_would_break_is_hit(tmp_path: Path, replaced: tuple[str, str], clause: str) -> None:
    assert clause in clauses(changed(tmp_path, replaced))


def test_clauses_about_replies_are_not_hit_by_requests(tmp_path: Path) -> None:
    assert {name.partition(".")[0] for name in clauses(changed(tmp_path, REQUIRED))} == {"request"}


@pytest.mark.parametrize("replaced", [("What the assistant says.", "Words."), ("version: 1.0.0", "version: 1.0.1")])
def test_nobody_is_hit_where_nothing_changes(tmp_path: Path, replaced: tuple[str, str]) -> None:
    assert found(CONTRACT, changed(tmp_path, replaced))["hit"] == []


def test_an_example_that_a_consumer_asks_for_is_missed(tmp_path: Path) -> None:
    revision = changed(tmp_path, ("              gift:\n", "              present:\n"))
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    document = found(CONTRACT, revision, "--consumers", consumers)
    [finding] = document["findings"]
    assert (finding["rule"], finding["level"], finding["note"]) == (
        "example-removed", "warning", "requested-example: consumer web-shop",
    )  # fmt: skip
    assert [one["name"] for one in document["hit"]] == ["web-shop asks for the example gift"]
    assert found(CONTRACT, revision)["findings"] == []


def test_an_example_that_a_fixture_names_is_missed(tmp_path: Path) -> None:
    folder = tmp_path / "fixtures"
    shutil.copytree(ROOT / "fixtures", folder)
    (folder / "conversations/birthday-gift-for-dad.yaml").rename(folder / "conversations/gift.yaml")
    revision = changed(tmp_path, ("              gift:\n", "              present:\n"))
    [finding] = found(CONTRACT, revision, "--fixtures", folder)["findings"]
    assert finding["rule"] == "example-removed"
    assert "gift.yaml" in finding["note"]


BAD = {
    "a list": ("- a\n", "expected a mapping"),
    "no name": ("reads: []\n", "required key 'consumer' is missing"),
    "no reads": ("consumer: a\n", "required key 'reads' is missing"),
    "empty reads": ("consumer: a\nreads: []\n", "expected a list of at least one entry"),
    "an unknown key": (CONSUMER + "owner: me\n", "unknown key 'owner'"),
    "an unknown key of a read": (CONSUMER.replace("status", "code"), "unknown key 'code'"),
    "a status that is a number": (CONSUMER.replace('"200"', "200"), "expected a non-empty string"),
    "a status that is none": (CONSUMER.replace('"200"', '"ok"'), "invalid status"),
    "a field without a slash": (CONSUMER.replace("/message", "message"), "invalid JSON Pointer"),
    "a field twice": (CONSUMER.replace("/message", "/items/*/price"), "duplicate field"),
    "an operation that is not there": (CONSUMER.replace("POST /chat", "POST /chats"), "the base document has no such operation"),
    "an example that is a number": (CONSUMER.replace("[gift]", "[5]"), "expected a non-empty string"),
    "invalid YAML": ("consumer: [\n", "invalid YAML"),
    "duplicate keys": (CONSUMER + "consumer: b\n", "stands twice"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_consumer_file_is_named_with_its_place_and_mend(tmp_path: Path, name: str) -> None:
    text, problem = BAD[name]
    result = diff(CONTRACT, CONTRACT, "--consumers", written(tmp_path, "web.yaml", text))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(r"web\.yaml:[0-9]+", result.stderr)
    assert problem in result.stderr
    assert "hint:" in result.stderr


def test_two_files_cannot_speak_of_one_consumer(tmp_path: Path) -> None:
    files = [written(tmp_path, name, CONSUMER) for name in ("a.yaml", "b.yaml")]
    result = diff(CONTRACT, CONTRACT, "--consumers", files[0], "--consumers", files[1])
    assert result.exit_code == 2
    assert "another file describes this consumer" in result.stderr


def test_fixtures_that_are_not_there_cannot_be_judged(tmp_path: Path) -> None:
    result = diff(CONTRACT, CONTRACT, "--fixtures", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "is no folder of fixtures" in result.stderr


@pytest.mark.parametrize("report", ["text", "markdown", "html", "junit", "sarif", "github"])
def test_every_report_says_who_is_hit(tmp_path: Path, report: str) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    result = diff(CONTRACT, changed(tmp_path, PRICE), "--consumers", consumers, "--report", report)
    assert "web-shop reads /items/*/price of POST /chat 200" in result.stdout


def test_the_readmes_consumer_and_waiver_are_of_the_formats(tmp_path: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL | re.MULTILINE)
    [consumer] = [block for block in blocks if block.startswith("consumer:")]
    [waiver] = [block for block in blocks if "rule: request-property-became-required" in block]
    files = written(tmp_path, "web.yaml", consumer), written(tmp_path, "waivers.yaml", waiver)
    assert [one.name for one in read_consumers(files[:1])] == ["web-shop"]
    assert len(load_waivers(files[1], dt.date(2026, 1, 1))) == 1
