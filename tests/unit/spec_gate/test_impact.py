"""The impact of a change: affected consumers, fixtures, examples and clauses, and no others."""

from __future__ import annotations

import datetime as dt
import re
import shutil
from pathlib import Path

import pytest

from spec_gate.impact.consumers import read_consumers
from spec_gate.report.model import AffectedFixture, Impact, Level, NoteKind
from spec_gate.report.waivers import load_waivers
from tests.unit.spec_gate.changing import CONTRACT, ROOT, changed, diff, report_of, written

REQUIRED = ("required: [message]", "required: [message, user_id]")
PRICE = ("        price:\n          type: [string, 'null']", "        price:\n          type: number")
RENAMED_EXAMPLE = ("              gift:\n", "              present:\n")
XML = (
    "            application/json:\n              schema:\n                $ref: '#/components/schemas/ChatResponse'",
    "            application/xml:\n              schema:\n                $ref: '#/components/schemas/ChatResponse'",
)
CONSUMER = """consumer: web-shop
reads:
  - operation: POST /chat
    status: "200"
    fields: [/message, /items/*/price]
examples: [gift]
"""


def impact(*arguments: object) -> Impact:
    return report_of(CONTRACT, *arguments).impact


def clauses(*arguments: object) -> set[str]:
    return {one.clause for one in impact(*arguments).clauses}


def test_consumer_is_affected_by_a_change_of_a_field_that_it_reads(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    [read] = impact(changed(tmp_path, PRICE), "--consumers", consumers).reads
    assert (read.consumer, read.operation, read.status, read.field) == (
        "web-shop", "POST /chat", "200", "/items/*/price",
    )  # fmt: skip
    assert (read.location.line, read.location.pointer) == (5, "/reads/0/fields/1")
    assert [reference.rule for reference in read.findings] == ["response-type-changed"]


@pytest.mark.parametrize("field", ["/message", "/items/*/title", "/conversation_id"])
def test_consumer_of_other_fields_is_not_affected(tmp_path: Path, field: str) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER.replace("/message, /items/*/price", field))
    assert impact(changed(tmp_path, PRICE), "--consumers", consumers).reads == ()


def test_consumer_that_reads_the_parent_of_a_field_is_affected(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER.replace("/items/*/price", "/items"))
    assert len(impact(changed(tmp_path, PRICE), "--consumers", consumers).reads) == 1


def test_removed_operation_affects_every_field_that_is_read(tmp_path: Path) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    revision = changed(tmp_path, ("    post:\n", "    put:\n"))
    assert len(impact(revision, "--consumers", consumers).reads) == 2


@pytest.mark.parametrize(("status", "count"), [('"200"', 2), ("2XX", 2), ("default", 2), ('"422"', 0)])
def test_removed_media_type_affects_readers_of_that_response_only(tmp_path: Path, status: str, count: int) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER.replace('"200"', status))
    revision = changed(tmp_path, XML)
    assert len(impact(revision, "--consumers", consumers).reads) == count


def test_consumer_yaml_in_the_working_directory_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, "consumer.yaml", CONSUMER)
    monkeypatch.chdir(tmp_path)
    assert len(impact(changed(tmp_path, PRICE)).reads) == 1


def test_fixtures_that_the_mock_could_not_serve_are_affected(tmp_path: Path) -> None:
    catalogue = (ROOT / "fixtures/catalogue.yaml").read_text("utf-8")
    found = impact(changed(tmp_path, PRICE)).fixtures
    assert sum(one.item is not None for one in found) == catalogue.count("item_id:")
    assert ("birthday-gift-for-dad", 1) in [(one.conversation, one.turn) for one in found]


@pytest.mark.parametrize("is_checkout", [True, False])
def test_shipped_files_have_the_same_short_names_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_checkout: bool
) -> None:
    monkeypatch.chdir(ROOT if is_checkout else tmp_path)
    found = impact(changed(tmp_path, PRICE))
    files = {one.location.file for one in (*found.fixtures, *found.clauses)}
    assert {"fixtures/catalogue.yaml", "openapi/clauses.yaml"} <= files
    assert not any(file.startswith("/") for file in files)


def test_fixtures_option_replaces_the_bundled_fixtures(tmp_path: Path) -> None:
    folder = tmp_path / "fixtures"
    (folder / "conversations").mkdir(parents=True)
    written(folder, "catalogue.yaml", "items: []\n")
    turn = "turns: [{shopper: {words: [a]}, reply: Hello}]\n"
    written(folder / "conversations", "hello.yaml", turn)
    short = ("          description: The message of the assistant.", "          maxLength: 3")
    assert _turns(impact(changed(tmp_path, short), "--fixtures", folder).fixtures) == [("hello", 1)]
    assert impact(changed(tmp_path, REQUIRED), "--fixtures", folder).fixtures == ()


def _turns(found: tuple[AffectedFixture, ...]) -> list[tuple[str | None, int | None]]:
    return [(one.conversation, one.turn) for one in found]


def test_examples_that_the_revision_rejects_are_affected(tmp_path: Path) -> None:
    found = impact(changed(tmp_path, REQUIRED)).examples
    assert ("gift", "POST /chat", "request-body") in [(one.example, one.operation, one.part.kind) for one in found]
    assert "documented" not in [one.example for one in found]


@pytest.mark.parametrize(
    ("replacement", "clause"),
    [
        (REQUIRED, "request.message-alone"),
        (("required: [message]", "required: []"), "rejection.message"),
        (PRICE, "reply.item-field"),
        (("required: [conversation_id, message, items]", "required: [conversation_id, message]"), "reply.object"),
        (("          default: 4", "          default: 9"), "limit.default"),
        (("      required: [loc, msg, type]", "      required: [loc, msg]"), "error.entry"),
    ],
)
def test_clauses_that_the_revision_contradicts_are_affected(
    tmp_path: Path, replacement: tuple[str, str], clause: str
) -> None:
    assert clause in clauses(changed(tmp_path, replacement))


def test_change_of_requests_affects_no_clause_about_responses(tmp_path: Path) -> None:
    assert {name.partition(".")[0] for name in clauses(changed(tmp_path, REQUIRED))} == {"request"}


@pytest.mark.parametrize(
    "replacement", [("The message of the assistant.", "Words."), ("version: 1.0.0", "version: 1.0.1")]
)
def test_change_without_findings_has_no_impact(tmp_path: Path, replacement: tuple[str, str]) -> None:
    assert impact(changed(tmp_path, replacement)) == Impact((), (), (), (), ())


def test_removed_example_that_a_consumer_requests_is_a_warning(tmp_path: Path) -> None:
    revision = changed(tmp_path, RENAMED_EXAMPLE)
    report = report_of(CONTRACT, revision, "--consumers", written(tmp_path, "web.yaml", CONSUMER))
    [finding] = report.findings
    assert (finding.rule, finding.level) == ("example-removed", Level.WARNING)
    assert finding.note is not None
    assert (finding.note.kind, finding.note.subject) == (NoteKind.REQUESTED_EXAMPLE, "web-shop")
    assert [(one.consumer, one.example) for one in report.impact.missing_examples] == [("web-shop", "gift")]


def test_removed_example_that_nobody_requests_causes_no_finding(tmp_path: Path) -> None:
    assert report_of(CONTRACT, changed(tmp_path, RENAMED_EXAMPLE)).findings == ()


def test_removed_example_with_the_name_of_a_conversation_is_a_warning(tmp_path: Path) -> None:
    folder = tmp_path / "fixtures"
    shutil.copytree(ROOT / "fixtures", folder)
    (folder / "conversations/birthday-gift-for-dad.yaml").rename(folder / "conversations/gift.yaml")
    [finding] = report_of(CONTRACT, changed(tmp_path, RENAMED_EXAMPLE), "--fixtures", folder).findings
    assert finding.rule == "example-removed"
    assert finding.note is not None
    assert finding.note.subject.endswith("gift.yaml")


INVALID = {
    "a list": ("- a\n", "expected a mapping"),
    "no name": ("reads: []\n", 'required key "consumer" is missing'),
    "no reads": ("consumer: a\n", 'required key "reads" is missing'),
    "empty reads": ("consumer: a\nreads: []\n", "expected a list of at least one entry"),
    "an unknown key": (CONSUMER + "owner: me\n", 'unknown key "owner"'),
    "an unknown key of a read": (CONSUMER.replace("status", "code"), 'unknown key "code"'),
    "a numeric status": (CONSUMER.replace('"200"', "200"), "expected a non-empty string"),
    "an invalid status": (CONSUMER.replace('"200"', '"ok"'), "invalid status"),
    "a field without a slash": (CONSUMER.replace("/message", "message"), "invalid JSON Pointer"),
    "a duplicate field": (CONSUMER.replace("/message", "/items/*/price"), "duplicate field"),
    "an unknown operation": (CONSUMER.replace("POST /chat", "POST /chats"), "the base document has no such operation"),
    "a numeric example": (CONSUMER.replace("[gift]", "[5]"), "expected a non-empty string"),
    "invalid YAML": ("consumer: [\n", "invalid YAML"),
    "duplicate keys": (CONSUMER + "consumer: b\n", "consumer"),
}  # fmt: skip


@pytest.mark.parametrize("name", INVALID)
def test_invalid_consumer_file_exits_2_with_location_and_hint(tmp_path: Path, name: str) -> None:
    text, problem = INVALID[name]
    result = diff(CONTRACT, CONTRACT, "--consumers", written(tmp_path, "web.yaml", text))
    assert result.exit_code == 2
    assert result.stdout == ""
    assert re.search(r"web\.yaml:[0-9]+", result.stderr)
    assert problem in result.stderr
    assert "hint:" in result.stderr


def test_two_files_for_one_consumer_exit_2(tmp_path: Path) -> None:
    files = [written(tmp_path, name, CONSUMER) for name in ("a.yaml", "b.yaml")]
    result = diff(CONTRACT, CONTRACT, "--consumers", files[0], "--consumers", files[1])
    assert result.exit_code == 2
    assert "another file describes this consumer" in result.stderr


def test_missing_fixtures_directory_exits_2(tmp_path: Path) -> None:
    result = diff(CONTRACT, CONTRACT, "--fixtures", tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "the folder of fixtures does not exist" in result.stderr


@pytest.mark.parametrize("name", ["text", "markdown", "html", "junit", "sarif"])
def test_every_report_names_affected_consumers(tmp_path: Path, name: str) -> None:
    consumers = written(tmp_path, "web.yaml", CONSUMER)
    result = diff(CONTRACT, changed(tmp_path, PRICE), "--consumers", consumers, "--report", name)
    assert "web-shop reads /items/*/price in response 200 of POST /chat" in result.stdout


def test_consumer_file_and_waiver_of_the_documentation_are_valid(tmp_path: Path) -> None:
    text = "".join((ROOT / "docs/how-to" / page).read_text("utf-8") for page in ("diff.md", "waivers.md"))
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    [consumer] = [block for block in blocks if block.startswith("consumer:")]
    [waiver] = [block for block in blocks if "rule: request-property-became-required" in block]
    files = written(tmp_path, "web.yaml", consumer), written(tmp_path, "waivers.yaml", waiver)
    assert [one.name for one in read_consumers(files[:1])] == ["web-shop"]
    assert len(load_waivers(files[1], dt.date(2026, 1, 1))) == 1
