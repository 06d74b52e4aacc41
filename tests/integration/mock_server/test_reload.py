"""Changed files are reloaded; files with errors leave the served snapshot as it is and are reported."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import requests

from chat_contract.resources import openapi_dir
from mock_server import Options, read_snapshot
from mock_server.control.health import health_json
from mock_server.loading.fingerprint import folders
from mock_server.loading.status import Freshness
from mock_server.loading.watch import watch
from mock_server.overrides.rules import Override, Rule
from mock_server.respond.reload import Reloader
from mock_server.respond.service import ChatService
from tests.support.deciding import decide, service_of
from tests.support.mock import Running
from tests.support.waiting import PATIENCE, wait_until

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


class Reloading:
    """A service with its reloader but without a thread: the test decides when to look for changes."""

    def __init__(self, **options: Any) -> None:
        self.service: ChatService = service_of(read_snapshot(Options(**options)))
        self.log = io.StringIO()
        self.sleeps: list[float] = []
        self.on_sleep: Callable[[], object] = lambda: None
        self.reloader = Reloader(self.service, partial(print, file=self.log), now=lambda: 0.0, sleep=self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.on_sleep()

    def look(self) -> dict[str, Any]:
        self.reloader.look()
        return health_json(self.service.snapshot.status)

    def say(self, message: str, conversation_id: str | None = None) -> dict[str, Any]:
        body = {"message": message, **({"conversation_id": conversation_id} if conversation_id else {})}
        return json.loads(decide(self.service, json.dumps(body).encode()).body)


@pytest.fixture
def kept(folder: Path) -> Reloading:
    return Reloading(fixtures=folder)


def test_unchanged_files_are_not_reloaded(kept: Reloading) -> None:
    before = kept.service.snapshot
    assert kept.look()["revision"] == 1
    assert kept.service.snapshot is before


def test_changed_file_is_served(kept: Reloading, folder: Path) -> None:
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Welcome."))
    assert kept.look()["status"] == "ok"
    assert kept.say("hello")["message"] == "Welcome."
    assert kept.log.getvalue() == "Reloaded after a change to greeting.yaml: 1 conversation, 1 item.\n"


def test_conversation_keeps_its_position_across_a_reload(kept: Reloading, folder: Path) -> None:
    started = kept.say("hello")["conversation_id"]
    (folder / "conversations" / "aaa.yaml").write_text(GREETING.replace("This one.", "Another one."))
    kept.look()
    assert kept.say("the thing", started)["message"] == "This one."


def test_conversation_continues_if_its_fixture_is_shortened_or_removed(kept: Reloading, folder: Path) -> None:
    started = kept.say("hello")["conversation_id"]
    kept.say("the thing", started)
    (folder / "conversations" / "greeting.yaml").write_text(GREETING[: GREETING.index("  - shopper: {words: [thing]")])
    kept.look()
    assert kept.say("the thing", started)["conversation_id"] == started
    (folder / "conversations" / "greeting.yaml").unlink()
    kept.look()
    assert kept.say("the thing", started)["conversation_id"] == started


def test_file_with_an_error_keeps_the_served_version(kept: Reloading, folder: Path) -> None:
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


def test_corrected_file_is_served_and_the_error_disappears(kept: Reloading, folder: Path) -> None:
    (folder / "conversations" / "greeting.yaml").write_text(BROKEN)
    kept.look()
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Repaired."))
    assert (kept.look()["status"], kept.look()["errors"]) == ("ok", [])
    assert kept.say("hello")["message"] == "Repaired."


def test_errors_of_all_files_are_reported_together(kept: Reloading, folder: Path) -> None:
    (folder / "catalogue.yaml").write_text("items: []\n")
    (folder / "conversations" / "greeting.yaml").write_text(BROKEN)
    (folder / "conversations" / "typo.yml").write_text(GREETING)
    assert [Path(error["file"]).name for error in kept.look()["errors"]] == [
        *("catalogue.yaml", "greeting.yaml", "typo.yml")
    ]


def test_pipes_folders_and_dangling_links_are_errors(kept: Reloading, folder: Path) -> None:
    os.mkfifo(folder / "conversations" / "pipe.yaml")
    (folder / "conversations" / "folder.yaml").mkdir()
    (folder / "conversations" / "nowhere.yaml").symlink_to("no/such/file")
    (folder / "conversations" / "bytes.yaml").write_bytes(b"\xff\xfe\x00")
    names = [Path(error["file"]).name for error in kept.look()["errors"]]
    assert names == ["bytes.yaml", "folder.yaml", "nowhere.yaml", "pipe.yaml"]
    assert kept.say("hello")["message"] == "Good day."


def test_half_written_file_is_not_reported(kept: Reloading, folder: Path) -> None:
    file = folder / "conversations" / "greeting.yaml"
    file.write_text("turns:")
    kept.on_sleep = lambda: file.write_text(GREETING.replace("Good day.", "Whole."))
    assert kept.look()["status"] == "ok"
    assert kept.say("hello")["message"] == "Whole."
    assert "failed" not in kept.log.getvalue()


def test_missing_folder_is_an_error_until_it_is_back(kept: Reloading, folder: Path) -> None:
    elsewhere = folder.with_name("elsewhere")
    folder.rename(elsewhere)
    assert "not a folder of fixtures" in kept.look()["errors"][0]["problem"]
    assert kept.say("hello")["message"] == "Good day."
    elsewhere.rename(folder)
    assert kept.look()["status"] == "ok"


def test_change_before_the_first_look_is_detected(folder: Path) -> None:
    snapshot = read_snapshot(Options(fixtures=folder))
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "In between."))
    kept = Reloading(fixtures=folder)
    kept.service = ChatService(snapshot)
    kept.reloader = Reloader(kept.service, partial(print, file=kept.log))
    kept.look()
    assert kept.say("hello")["message"] == "In between."


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    file = tmp_path / "chat.yaml"
    shutil.copy(openapi_dir() / "chat.yaml", file)
    return file


def test_changed_contract_is_served(contract: Path) -> None:
    kept = Reloading(spec=contract)
    contract.write_text(contract.read_text().replace("version: 1.0.0", "version: 1.0.1"))
    assert kept.look()["status"] == "ok"
    assert b'"1.0.1"' in kept.service.snapshot.document_json("")


def test_contract_with_another_path_requires_a_restart(contract: Path) -> None:
    kept = Reloading(spec=contract)
    contract.write_text(contract.read_text().replace("\n  /chat:\n", "\n  /talk:\n"))
    [error] = kept.look()["errors"]
    assert "/v1/talk" in error["problem"]
    assert "Restart the mock" in error["problem"]
    assert kept.service.snapshot.route == "/v1/chat"


def test_changed_overlay_is_served(tmp_path: Path) -> None:
    overlay = tmp_path / "ours.yaml"
    text = (
        "overlay: 1.0.0\ninfo: {title: ours, version: '1'}\nactions:\n  - target: $.info\n    update: {title: NAME}\n"
    )
    overlay.write_text(text)
    kept = Reloading(overlays=(overlay,))
    overlay.write_text(text.replace("NAME", "Ours"))
    assert kept.look()["errors"] == []
    assert b'"title":"Ours"' in kept.service.snapshot.document_json("")


def test_journal_entry_keeps_the_contract_of_its_time(contract: Path) -> None:
    kept = Reloading(spec=contract)
    kept.say("hello")
    contract.write_text("openapi: 3.1.0\n")
    kept.look()
    [entry] = kept.service.space.state.journal.entries()
    assert entry.snapshot.contract.operation.label == "POST /chat"


def test_rule_for_a_removed_conversation_returns_an_error(kept: Reloading, folder: Path) -> None:
    (folder / "conversations" / "other.yaml").write_text(GREETING)
    kept.look()
    kept.service.space.rules.put([Rule(Override(conversation="other"))])
    (folder / "conversations" / "other.yaml").unlink()
    kept.look()
    assert 'Unknown value "other" for rule key "conversation"' in kept.say("hello")["detail"]


# With file system notifications ---------------------------------------------------------------------------------------


@pytest.fixture
def watched(kept: Reloading, folder: Path) -> Any:
    stop = Event()
    options = kept.service.snapshot.options
    thread = Thread(target=watch, args=(lambda: folders(options), kept.reloader.look, stop))
    kept.reloader._sleep = time.sleep
    thread.start()
    yield kept
    stop.set()
    thread.join(timeout=PATIENCE)


def says(kept: Reloading, text: str) -> Callable[[], bool]:
    return lambda: kept.say("hello")["message"] == text


def test_file_replaced_by_rename_is_reloaded(watched: Reloading, folder: Path) -> None:
    for text in ("First.", "Second."):
        draft = folder / "conversations" / ".greeting.yaml.swp"
        draft.write_text(GREETING.replace("Good day.", text))
        draft.rename(folder / "conversations" / "greeting.yaml")
        wait_until(says(watched, text))


def test_folder_that_is_recreated_is_watched_again(watched: Reloading, folder: Path) -> None:
    shutil.rmtree(folder)
    wait_until(lambda: watched.service.snapshot.status.freshness is Freshness.STALE)
    (folder / "conversations").mkdir(parents=True)
    (folder / "catalogue.yaml").write_text(CATALOGUE)
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Back."))
    wait_until(says(watched, "Back."))
    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Again."))
    wait_until(says(watched, "Again."))


def test_changed_symbolic_link_is_detected(folder: Path, tmp_path: Path) -> None:
    """Kubernetes updates files this way."""
    link, other = tmp_path / "current", tmp_path / "other"
    shutil.copytree(folder, other)
    (other / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Turned."))
    link.symlink_to(folder)
    kept = Reloading(fixtures=link)
    (tmp_path / "next").symlink_to(other)
    (tmp_path / "next").replace(link)
    kept.look()
    assert kept.say("hello")["message"] == "Turned."


def test_running_mock_serves_changes_and_survives_errors(run_mock: Run, folder: Path) -> None:
    running = run_mock("--fixtures", str(folder))
    health = f"http://127.0.0.1:{running.port}/_mock/health"
    file = folder / "conversations" / "greeting.yaml"
    with requests.Session() as session:
        session.trust_env = False

        def message() -> str:
            return session.post(running.url, json={"message": "hello"}, timeout=PATIENCE).json()["message"]

        started = session.post(running.url, json={"message": "hello"}, timeout=PATIENCE).json()["conversation_id"]
        file.write_text(BROKEN)
        wait_until(lambda: session.get(health, timeout=PATIENCE).json()["status"] == "stale")
        assert message() == "Good day."
        (folder / "conversations" / "aaa.yaml").write_text(GREETING.replace("hello", "goodbye"))
        file.write_text(GREETING.replace("Good day.", "Repaired."))
        wait_until(lambda: message() == "Repaired.")
        assert session.get(health, timeout=PATIENCE).json()["errors"] == []
        thing = session.post(
            running.url, json={"message": "thing", "conversation_id": started}, timeout=PATIENCE
        ).json()
        assert thing["message"] == "This one."
    assert running.stop() == 0
    log = running.process.stdout.read()
    assert "Reload failed; still serving the version loaded at" in log
    assert "Reloaded after a change" in log
    assert "Traceback" not in log


def test_change_is_served_after_a_time_without_free_descriptors(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = service_of(read_snapshot(Options(fixtures=folder)))
    reloader = Reloader(service, lambda _: None, sleep=lambda _: None)

    def fail(_: Options) -> None:
        raise OSError(errno.EMFILE, "Too many open files")

    (folder / "conversations" / "greeting.yaml").write_text(GREETING.replace("Good day.", "Good evening, everyone."))
    with monkeypatch.context() as patched:
        patched.setattr("mock_server.respond.reload.stamp", fail)
        reloader.look()
    assert service.snapshot.status.revision == 1
    reloader.look()
    assert b"Good evening" in decide(service, b'{"message":"hello"}').body


def test_health_says_when_the_files_are_no_longer_watched(folder: Path) -> None:
    service = service_of(read_snapshot(Options(fixtures=folder)))

    def watch_badly(_look: Callable[[], None]) -> None:
        raise AssertionError("the watcher failed")

    with pytest.raises(AssertionError, match="the watcher failed"):
        Reloader(service, lambda _: None).run(watch_badly)
    health = health_json(service.snapshot.status)
    assert health["status"] == Freshness.STALE
    assert "no longer watches its files" in health["errors"][0]["problem"]


def test_watching_continues_after_a_shortage_of_resources(folder: Path) -> None:
    service = service_of(read_snapshot(Options(fixtures=folder)))
    seen: list[str] = []
    lacking = iter([OSError(errno.EMFILE, "Too many open files"), MemoryError(), RuntimeError("no thread"), None])

    def watch(look: Callable[[], None]) -> None:
        error = next(lacking)
        if error is not None:
            raise error
        look()
        seen.append(service.snapshot.status.freshness)

    def sleep(_seconds: float) -> None:
        seen.append(service.snapshot.status.errors[0].args[0].split(":")[0])

    Reloader(service, lambda _: None, sleep=sleep).run(watch)
    assert seen == ["Checking the files failed"] * 3 + [Freshness.OK]
    assert "no longer watches" in str(service.snapshot.status.errors[0])


def test_folder_that_cannot_be_read_is_an_error_until_it_can(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "conversations" / "more").mkdir()
    service = service_of(read_snapshot(Options(fixtures=folder)))
    reloader = Reloader(service, lambda _: None, sleep=lambda _: None)
    scandir = os.scandir

    def refuse(path: str) -> Any:
        if str(path).endswith("more"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    with monkeypatch.context() as patched:
        patched.setattr(os, "scandir", refuse)
        reloader.look()
        assert "cannot read the folder: Permission denied" in str(service.snapshot.status.errors[0])
    reloader.look()
    assert service.snapshot.status.errors == ()


def test_name_of_a_changed_file_writes_no_further_line_into_the_log(folder: Path) -> None:
    service = service_of(read_snapshot(Options(fixtures=folder)))
    log = io.StringIO()
    reloader = Reloader(service, partial(print, file=log), sleep=lambda _: None)
    (folder / "conversations" / "a\nReloaded\u202e.yaml").write_text(GREETING)
    reloader.look()
    assert len(log.getvalue().splitlines()) == 1
    assert "\u202e" not in log.getvalue()
