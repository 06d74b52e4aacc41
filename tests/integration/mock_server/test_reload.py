"""A change to a file is served soon; one that cannot be served changes nothing, and says so."""

from __future__ import annotations

import io
import json
import os
import pickle
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests

from chat_contract.resources import openapi_dir
from mock_server import Options, read_blueprint
from mock_server.loading.fingerprint import folders
from mock_server.loading.reload import Reloader
from mock_server.loading.snapshot import State
from mock_server.loading.watch import watch
from mock_server.overrides.rules import Behaviour, Rule
from mock_server.respond.service import ChatService
from tests.support.deciding import decide, service_of
from tests.support.mock import Running

Run = Callable[..., Running]

CATALOGUE = """\
items:
  - item_id: A1
    title: Thing
    status: active
    description: A thing.
    price: "1.00"
"""
GREETING = """\
turns:
  - shopper: {words: [hello]}
    reply: Good day.
  - shopper: {words: [thing]}
    reply: This one.
    items: [A1]
"""
BROKEN = "turns:\n  - shopper: {words: [hello]}\n    reply: [no, text]\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "shop"
    (made / "conversations").mkdir(parents=True)
    (made / "catalogue.yaml").write_text(CATALOGUE)
    (made / "conversations" / "greeting.yaml").write_text(GREETING)
    return made


class Kept:
    """A service and what keeps it fresh, without a thread: the test says when to look."""

    def __init__(self, **options: Any) -> None:
        self.service: ChatService = service_of(read_blueprint(Options(**options)))
        self.log = io.StringIO()
        self.naps: list[float] = []
        self.on_nap: Callable[[], object] = lambda: None
        self.reloader = Reloader(self.service, self.log, now=lambda: 0.0, sleep=self._nap)

    def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.on_nap()

    def look(self) -> dict[str, Any]:
        self.reloader.look()
        return self.service.freshness.shown()

    def say(self, message: str, conversation_id: str | None = None) -> dict[str, Any]:
        body = {"message": message, **({"conversation_id": conversation_id} if conversation_id else {})}
        return json.loads(decide(self.service, json.dumps(body).encode()).body)


@pytest.fixture
def kept(folder: Path) -> Kept:
    return Kept(fixtures=folder)


def test_nothing_is_read_again_where_nothing_has_changed(kept: Kept) -> None:
    before = kept.service.state
    assert kept.look()["revision"] == 1
    assert kept.service.state is before


def test_a_changed_file_is_served(kept: Kept, folder: Path) -> None:
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Welcome."))
    assert kept.look()["status"] == "ok"
    assert kept.say("hello")["message"] == "Welcome."
    assert kept.log.getvalue() == "reloaded after a change of greeting.yaml; conversations: 1, items: 1\n"


def test_an_open_conversation_goes_on_where_it_stood_though_others_came_before_it(kept: Kept, folder: Path) -> None:
    begun = kept.say("hello")["conversation_id"]
    (folder / "conversations" / "aaa.yaml").write_text(GREETING.replace("This one.", "Another one."))
    kept.look()
    assert kept.say("the thing", begun)["message"] == "This one."


def test_a_conversation_whose_fixture_is_gone_or_shorter_goes_on_all_the_same(kept: Kept, folder: Path) -> None:
    begun = kept.say("hello")["conversation_id"]
    kept.say("the thing", begun)
    (folder / "conversations" / "greeting.yaml").write_text(GREETING[: GREETING.index("  - shopper: {words: [thing]")])
    kept.look()
    assert kept.say("the thing", begun)["conversation_id"] == begun
    (folder / "conversations" / "greeting.yaml").unlink()
    kept.look()
    assert kept.say("the thing", begun)["conversation_id"] == begun


def test_a_broken_file_leaves_what_was_served(kept: Kept, folder: Path) -> None:
    (folder / "conversations" / "greeting.yaml").write_text(BROKEN)
    shown = kept.look()
    assert shown["status"] == "stale"
    [error] = shown["errors"]
    assert error["file"].endswith("greeting.yaml")
    assert (error["line"], error["pointer"]) == (3, "/turns/0/reply")
    assert error["hint"]
    assert kept.say("hello")["message"] == "Good day."
    assert "greeting.yaml:3 (/turns/0/reply)" in kept.log.getvalue()
    assert "hint:" in kept.log.getvalue()


def test_a_mended_file_is_served_and_the_error_is_gone(kept: Kept, folder: Path) -> None:
    (folder / "conversations" / "greeting.yaml").write_text(BROKEN)
    kept.look()
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Mended."))
    assert (kept.look()["status"], kept.look()["errors"]) == ("ok", [])
    assert kept.say("hello")["message"] == "Mended."


def test_all_broken_files_are_named_at_once(kept: Kept, folder: Path) -> None:
    (folder / "catalogue.yaml").write_text("items: []\n")
    (folder / "conversations" / "greeting.yaml").write_text(BROKEN)
    (folder / "conversations" / "typo.yml").write_text(GREETING)
    assert [Path(error["file"]).name for error in kept.look()["errors"]] == [
        *("catalogue.yaml", "greeting.yaml", "typo.yml")
    ]


def test_what_is_no_file_is_an_error_and_hangs_nothing(kept: Kept, folder: Path) -> None:
    os.mkfifo(folder / "conversations" / "pipe.yaml")
    (folder / "conversations" / "folder.yaml").mkdir()
    (folder / "conversations" / "nowhere.yaml").symlink_to("no/such/file")
    (folder / "conversations" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    names = [Path(error["file"]).name for error in kept.look()["errors"]]
    assert names == ["bytes.yaml", "folder.yaml", "nowhere.yaml", "pipe.yaml"]
    assert kept.say("hello")["message"] == "Good day."


def test_a_file_that_is_only_half_written_is_no_error(kept: Kept, folder: Path) -> None:
    file = folder / "conversations" / "greeting.yaml"
    file.write_text("turns:")
    kept.on_nap = lambda: file.write_text(GREETING.replace("Good day.", "Whole."))
    assert kept.look()["status"] == "ok"
    assert kept.say("hello")["message"] == "Whole."
    assert "not reloaded" not in kept.log.getvalue()


def test_a_folder_that_vanishes_is_an_error_until_it_is_back(kept: Kept, folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    assert "no folder of fixtures" in kept.look()["errors"][0]["problem"]
    assert kept.say("hello")["message"] == "Good day."
    elsewhere.rename(folder)
    assert kept.look()["status"] == "ok"


def test_what_was_changed_before_anybody_looked_is_not_missed(folder: Path) -> None:
    blueprint = read_blueprint(Options(fixtures=folder))
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "In between."))
    kept = Kept(fixtures=folder)
    kept.service = ChatService(State.from_blueprint(blueprint))
    kept.reloader = Reloader(kept.service, kept.log)
    kept.look()
    assert kept.say("hello")["message"] == "In between."


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    file = tmp_path / "chat.yaml"
    shutil.copy(openapi_dir() / "chat.yaml", file)
    return file


def test_a_changed_contract_is_served(contract: Path) -> None:
    kept = Kept(spec=contract)
    contract.write_text(contract.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    assert kept.look()["status"] == "ok"
    assert b'"1.0.1"' in kept.service.state.document_json


def test_a_contract_with_another_path_asks_for_a_restart(contract: Path) -> None:
    kept = Kept(spec=contract)
    contract.write_text(contract.read_text().replace("\n  /chat:\n", "\n  /talk:\n"))
    [error] = kept.look()["errors"]
    assert "/v1/talk" in error["problem"]
    assert "start it again" in error["problem"]
    assert kept.service.state.blueprint.route == "/v1/chat"


def test_an_overlay_is_read_again_too(tmp_path: Path) -> None:
    overlay = tmp_path / "ours.yaml"
    text = (
        "overlay: 1.0.0\ninfo: {title: ours, version: '1'}\nactions:\n  - target: $.info\n    update: {title: NAME}\n"
    )
    overlay.write_text(text)
    kept = Kept(overlays=(overlay,))
    overlay.write_text(text.replace("NAME", "Ours"))
    assert kept.look()["errors"] == []
    assert b'"title":"Ours"' in kept.service.state.document_json


def test_the_journal_judges_by_the_contract_that_was_served_then(contract: Path) -> None:
    kept = Kept(spec=contract)
    kept.say("hello")
    contract.write_text("openapi: 3.1.0\n")
    kept.look()
    [entry] = kept.service.journal.entries()
    assert entry.state.contract.operation.label == "POST /chat"


def test_a_behaviour_that_asks_for_what_is_gone_says_so(kept: Kept, folder: Path) -> None:
    (folder / "conversations" / "other.yaml").write_text(GREETING)
    kept.look()
    kept.service.behaviours.put([Rule(Behaviour(conversation="other"))])
    (folder / "conversations" / "other.yaml").unlink()
    kept.look()
    assert "there is no conversation 'other'" in kept.say("hello")["detail"]


def test_a_blueprint_can_go_to_another_process() -> None:
    blueprint = read_blueprint()
    again = pickle.loads(pickle.dumps(blueprint))
    assert again.contract.operation == blueprint.contract.operation
    assert again.stamp == blueprint.stamp


# With the system's notices --------------------------------------------------------------------------------------------


def soon(holds: Callable[[], bool]) -> None:
    """Wait until something holds; how long that takes is the machine's business, within reason."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)


@pytest.fixture
def watched(kept: Kept, folder: Path) -> Any:
    stop = Event()
    options = kept.service.state.blueprint.options
    thread = Thread(target=watch, args=(lambda: folders(options), kept.reloader.look, stop))
    kept.reloader._sleep = time.sleep
    thread.start()
    yield kept
    stop.set()
    thread.join(timeout=10)


def says(kept: Kept, text: str) -> Callable[[], bool]:
    return lambda: kept.say("hello")["message"] == text


def test_editors_that_write_by_rename_are_noticed(watched: Kept, folder: Path) -> None:
    for text in ("First.", "Second."):
        draft = folder / "conversations" / ".greeting.yaml.swp"
        draft.write_text(GREETING.replace("Good day.", text))
        draft.rename(folder / "conversations" / "greeting.yaml")
        soon(says(watched, text))


def test_a_folder_that_is_made_again_is_watched_again(watched: Kept, folder: Path) -> None:
    shutil.rmtree(folder)
    soon(lambda: watched.service.freshness.shown()["status"] == "stale")
    (folder / "conversations").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Back."))
    soon(says(watched, "Back."))
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Again."))
    soon(says(watched, "Again."))


def test_a_folder_behind_a_link_that_is_turned_is_noticed(folder: Path, tmp_path: Path) -> None:
    """As Kubernetes puts new files in place."""
    link, other = tmp_path / "current", tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Turned."))
    link.symlink_to(folder)
    kept = Kept(fixtures=link)
    (tmp_path / "next").symlink_to(other)
    (tmp_path / "next").replace(link)
    kept.look()
    assert kept.say("hello")["message"] == "Turned."


def test_a_running_mock_serves_changes_and_survives_broken_ones(run_mock: Run, folder: Path) -> None:
    running = run_mock("--fixtures", str(folder))
    health = f"http://127.0.0.1:{running.port}/_mock/health"
    file = folder / "conversations" / "greeting.yaml"
    with requests.Session() as session:
        session.trust_env = False

        def message() -> str:
            return session.post(running.url, json={"message": "hello"}, timeout=10).json()["message"]

        begun = session.post(running.url, json={"message": "hello"}, timeout=10).json()["conversation_id"]
        file.write_text(BROKEN)
        soon(lambda: session.get(health, timeout=10).json()["status"] == "stale")
        assert message() == "Good day."
        (folder / "conversations" / "aaa.yaml").write_text(GREETING.replace("hello", "goodbye"))
        file.write_text(GREETING.replace("Good day.", "Mended."))
        soon(lambda: message() == "Mended.")
        assert session.get(health, timeout=10).json()["errors"] == []
        thing = session.post(running.url, json={"message": "thing", "conversation_id": begun}, timeout=10).json()
        assert thing["message"] == "This one."
    assert running.stop() == 0
    log = running.process.stdout.read()
    assert "not reloaded" in log
    assert "reloaded after a change" in log
    assert "Traceback" not in log
