"""The JavaScript client of the control API raises its own error for whatever answers instead of a mock."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import RequireProgram
from tests.support.hostile_control_api import ENTRY, LARGE, UNEXPECTED, answering, body, journal
from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

_SCRIPT = """
import { connect } from "%s";
const [what, ...urls] = process.argv.slice(2);
for (const url of urls) {
  const mock = connect(url);
  if (what === "rules") mock.allowViolations();
  const outcome = await (what === "rules" ? mock.check() : mock.requests()).catch((error) => error);
  const isOwn = outcome?.name === "ChatMockError";
  console.log(isOwn ? `ChatMockError: ${outcome.message.split("\\n")[0]}` : JSON.stringify(outcome) ?? String(outcome));
}
"""
_PACKAGE = ROOT / "packages" / "chat-mock-js" / "src" / "index.js"


@pytest.fixture
def node(require_program: RequireProgram) -> str:
    return require_program("node", "nodejs")


def outcomes(node: str, folder: Path, responses: Iterable[tuple[bytes, bytes]], what: str = "requests") -> list[str]:
    """Return what the client makes of each response: a line of JSON, or of its error."""
    script = folder / "ask.mjs"
    script.write_text(_SCRIPT % _PACKAGE.as_uri())
    with ExitStack() as stack:
        urls = [stack.enter_context(answering(*response)) for response in responses]
        command = [node, "--max-old-space-size=400", script, what, *urls]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return ended.stdout.splitlines()


def test_entry_of_the_journal_is_read(node: str, tmp_path: Path) -> None:
    (outcome,) = outcomes(node, tmp_path, [(journal(ENTRY), b"")])
    assert json.loads(outcome) == [ENTRY]


def test_response_that_no_mock_sends_is_an_error_of_the_client(node: str, tmp_path: Path) -> None:
    found = outcomes(node, tmp_path, ((response, b"") for response in UNEXPECTED.values()))
    bad = {name: text for name, text in zip(UNEXPECTED, found, strict=True) if not text.startswith("ChatMockError: ")}
    assert bad == {}


def test_rules_that_no_mock_sends_are_an_error_of_the_client(node: str, tmp_path: Path) -> None:
    responses = [(body(data), b"") for data in (b"hello", b"{}", b'{"rules": [7]}')]
    found = outcomes(node, tmp_path, responses, "rules")
    assert [text.split(" of ")[0] for text in found] == ["ChatMockError: Unexpected response"] * 3


def test_large_response_is_an_error_of_the_client(node: str, tmp_path: Path) -> None:
    found = outcomes(node, tmp_path, LARGE.values())
    assert [text[:27] for text in found] == ["ChatMockError: The response"] * len(LARGE)
