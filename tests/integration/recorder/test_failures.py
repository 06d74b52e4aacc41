"""Failures, masked personal data, archives and previews in recordings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import CliRunner, Result

from chat_contract import Exchange, Request, Response, load_contract
from chat_contract.exchange import Headers
from kit_cli.commands.record import record
from kit_http.redaction.personal import NO_MASKS, Masks, PersonalData
from mock_server.recorder.folder import open_folder
from mock_server.recorder.recording import MAX_CREDENTIALS, NotSaved, Recorded, Recording
from mock_server.recorder.serve import Plan, open_recording
from tests.support.mock import Running, start
from tests.support.waiting import PATIENCE, at_most_cpu_seconds, wait_until

CONTRACT = load_contract()
SCHEMA = CONTRACT.response_schema(200)
JSON = (("Content-Type", "application/json"),)
MASKS = Masks(frozenset({PersonalData.EMAIL, PersonalData.PHONE}), ("Anna",))


def reply(message: str = "Here.", conversation_id: str = "c1") -> Response:
    items = [{"item_id": "555-123-4567", "title": "Desk of Anna"}]
    body = {"conversation_id": conversation_id, "message": message, "items": items}
    return Response(200, JSON, json.dumps(body).encode())


def failure(status: int, *headers: tuple[str, str], body: bytes = b'{"detail":"slow down"}') -> Response:
    return Response(status, (*JSON, *headers), body)


def exchange(body: Any, response: Response) -> Exchange:
    return Exchange(Request("POST", "/chat", JSON, json.dumps(body).encode()), response)


@pytest.fixture
def printed() -> list[str]:
    return []


def recording(folder: Path | None, printed: list[str], masks: Masks = NO_MASKS) -> Callable[..., Recorded]:
    opened = None if folder is None else open_folder(folder, SCHEMA)
    made = Recording(
        CONTRACT, opened, say=printed.append, secrets=lambda *_: lambda text: "s3cr3t" in text, masks=masks
    )
    return lambda body, response: made.add(exchange(body, response), 0.1)


def turns(folder: Path, name: str) -> Any:
    return yaml.safe_load((folder / "conversations" / f"{name}.yaml").read_text())["turns"]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def run(*options: str) -> Running:
        started.append(start(*options))
        return started[-1]

    yield run
    for running in started:
        running.stop()
        running.process.stdout.close()


def test_failures_are_recorded_and_replayed(tmp_path: Path, printed: list[str], serve: Callable[..., Running]) -> None:
    folder = tmp_path / "recorded"
    add = recording(folder, printed)
    add({"message": "a desk"}, failure(429, ("Retry-After", "7")))
    add({"message": "a desk"}, reply())
    add({"message": "a lamp", "conversation_id": "c1"}, failure(503, body=b"<html>"))
    add({"message": "a lamp", "conversation_id": "c1"}, failure(422, body=b'{"detail":[]}'))
    add({"message": "a lamp", "conversation_id": "c1"}, reply("A lamp."))
    assert not [line for line in printed if "not saved" in line]

    url = serve("--fixtures", str(folder)).url
    seen = [requests.post(url, json={"message": "a desk"}, timeout=PATIENCE) for _ in range(2)]
    known = seen[1].json()["conversation_id"]
    body = {"message": "a lamp", "conversation_id": known}
    seen += [requests.post(url, json=body, timeout=PATIENCE) for _ in range(3)]
    assert [answer.status_code for answer in seen] == [429, 200, 503, 422, 200]
    assert (seen[0].headers["Retry-After"], seen[0].json()) == ("7", {"detail": "slow down"})
    assert seen[3].json() == {"detail": []}
    assert seen[4].json()["message"] == "A lamp."


@pytest.mark.parametrize("value", ["5\x01", "\u2028", "5" * 5000])
def test_retry_after_that_no_response_can_have_is_left_out(tmp_path: Path, printed: list[str], value: str) -> None:
    folder = tmp_path / "recorded"
    recording(folder, printed)({"message": "a desk"}, failure(429, ("Retry-After", value)))
    (turn,) = turns(folder, "a-desk")
    assert (turn["status"], "headers" in turn) == (429, False)


@pytest.mark.parametrize(
    ("body", "response", "reason"),
    [
        ({"message": "a desk", "limit": "four"}, failure(422), NotSaved.INVALID_REQUEST),
        ({"message": "a desk", "limit": "5"}, failure(422), NotSaved.INVALID_REQUEST),
        ({"limit": 4}, failure(429), NotSaved.NO_REQUEST_MESSAGE),
        ({"message": "a desk"}, failure(404), NotSaved.NO_REPLY),
        ({"message": "a desk"}, failure(500, body=b'{"detail":"s3cr3t"}'), NotSaved.CONTAINS_KEY),
    ],
)
def test_failure_that_no_fixture_can_replay_is_not_saved(
    body: Any, response: Response, reason: NotSaved, tmp_path: Path, printed: list[str]
) -> None:
    recorded = recording(tmp_path, printed)(body, response)
    assert (recorded.saved, recorded.reason) == (None, reason)
    assert list((tmp_path / "conversations").iterdir()) == []
    assert "s3cr3t" not in "".join(printed)


def test_personal_data_is_masked_in_every_file_and_line(tmp_path: Path, printed: list[str]) -> None:
    add = recording(tmp_path, printed, MASKS)
    add({"message": "I am Anna, anna@x.example"}, reply("Hello Anna, we call +49 170 1234567."))
    add({"message": "again", "conversation_id": "c1"}, failure(500, body=b'{"detail":"anna@x.example failed"}'))
    written = "".join(path.read_text() for path in tmp_path.rglob("*.yaml"))
    everything = written + "".join(map(str, tmp_path.rglob("*"))) + "".join(printed)
    for value in ("Anna", "anna", "1234567\n", "170 123"):
        assert value not in everything
    assert 'item_id: "555-123-4567"' in written
    assert "  masked: 1 e-mail address, 1 phone number, 1 name" in printed


def test_preview_writes_nothing_and_shows_the_pseudonyms(tmp_path: Path, printed: list[str]) -> None:
    recorded = recording(None, printed, MASKS)({"message": "I am Anna"}, reply())
    assert recorded.reason is NotSaved.PREVIEW
    assert any(line.startswith('  masks name "Anna" as "Person-') for line in printed)


def archive(file: Path, *exchanges: tuple[str, Any, int, Any]) -> Path:
    """Write the archive of a browser."""
    headers = [{"name": "Authorization", "value": "Bearer s3cr3t-s3cr3t-key"}]
    entries = [
        {
            "startedDateTime": f"2024-06-14T10:00:{second:02}.000Z",
            "time": 12.5,
            "request": {"method": "POST", "url": url, "headers": headers, "postData": {"text": json.dumps(sent)}},
            "response": {
                "status": status,
                "headers": [{"name": "content-type", "value": "application/json"}],
                "content": {"text": json.dumps(received)},
            },
        }
        for second, (url, sent, status, received) in enumerate(exchanges)
    ]
    file.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}))
    return file


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(record, [str(argument) for argument in arguments])


def test_archive_is_recorded_with_the_same_redaction(tmp_path: Path) -> None:
    base = "https://staging.example/v1"
    answer = {"conversation_id": "c1", "message": "Hello Anna", "items": []}
    leaking = {"conversation_id": "c2", "message": "Bearer s3cr3t-s3cr3t-key", "items": []}
    file = archive(
        tmp_path / "page.har",
        (f"{base}/chat", {"message": "I am Anna"}, 200, answer),
        (f"{base}/chat", {"message": "busy"}, 429, {"detail": "x"}),
        (f"{base}/chat", {"message": "leak"}, 200, leaking),
        ("https://other.example/v1/chat", {"message": "elsewhere"}, 200, answer),
        (f"{base}/items", {}, 200, {}),
    )
    result = run(base, "--from-har", file, "--out", tmp_path / "out", "--mask-name", "Anna")
    assert (result.exit_code, result.output.splitlines()[-1]) == (0, "3 exchanges read, 2 saved."), result.output
    written = "".join(path.read_text() for path in (tmp_path / "out").rglob("*.yaml"))
    assert "Anna" not in written
    assert "s3cr3t" not in written + result.output
    assert "elsewhere" not in written
    assert run("--from-har", file, "--out", tmp_path / "all").output.splitlines()[-1] == "4 exchanges read, 3 saved."


def test_archive_without_an_exchange_of_the_operation_exits_with_2(tmp_path: Path) -> None:
    file = archive(tmp_path / "page.har", ("https://staging.example/v1/items", {}, 200, {}))
    result = run("--from-har", file, "--out", tmp_path / "out")
    assert (result.exit_code, "no response to POST a URL that ends in /chat" in result.output) == (2, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["http://x/v1"], "--out DIR and --preview exclude each other, and one is required"),
        (["http://x/v1", "--out", "o", "--preview"], "--out DIR and --preview exclude each other"),
        (["--out", "o"], "the URL of the service is missing"),
        (["http://x/v1", "--out", "o", "--mask", "address"], "Invalid value for '--mask'"),
        (["http://x/v1", "--out", "o", "--mask-name", " "], "--mask-name: the name is empty"),
    ],
)
def test_wrong_options_exit_with_2_and_write_nothing(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*arguments)
    assert (result.exit_code, said in result.output) == (2, True), result.output
    assert list(tmp_path.iterdir()) == []


def test_mock_records_what_it_forwards(tmp_path: Path, serve: Callable[..., Running]) -> None:
    service = serve("--seed", "3")
    folder = tmp_path / "captured"
    mock = serve("--upstream", service.url.removesuffix("/chat"), "--record", str(folder), "--mask-name", "lamp")
    answer = requests.post(mock.url, json={"message": "Something to read by, Lamp?"}, timeout=PATIENCE)
    assert answer.status_code == 200
    wait_until(lambda: any((folder / "conversations").glob("*.yaml")))
    [file] = (folder / "conversations").iterdir()
    assert "Lamp?" not in file.read_text()
    assert "Person-" in file.read_text()


def test_record_without_upstream_or_with_a_taken_port_makes_no_folder(
    tmp_path: Path, serve: Callable[..., Running]
) -> None:
    from tests.integration.mock_server.test_serve import run_to_the_end

    folder = tmp_path / "captured"
    alone = run_to_the_end("--record", str(folder), "--port", "0")
    assert (alone.returncode, "--record requires --upstream" in alone.stderr) == (2, True)
    taken = serve()
    blocked = run_to_the_end("--upstream", "http://x/v1", "--record", str(folder), "--port", str(taken.port))
    assert (blocked.returncode, "choose another port" in blocked.stderr) == (2, True)
    assert not folder.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"detail": "x", "access_token": "eyJhbGciOi.fresh.token"},
        {"detail": [{"input": {"Refresh_Token": "fresh"}}]},
        {"detail": [{"type": "s3", "msg": "cr"}, {"type": "cr3t", "msg": "3t"}]},
    ],
)
def test_failure_with_a_token_in_its_body_is_not_recorded(body: Any, tmp_path: Path, printed: list[str]) -> None:
    recorded = Recording(
        CONTRACT, open_folder(tmp_path, SCHEMA), say=printed.append, secrets=lambda *_: lambda text: "s3\ncr3t" in text
    ).add(exchange({"message": "a desk"}, failure(503, body=json.dumps(body).encode())), 0.1)
    assert recorded.reason is NotSaved.CONTAINS_KEY
    assert list((tmp_path / "conversations").iterdir()) == []


def test_key_in_the_ids_of_several_items_is_not_recorded(tmp_path: Path, printed: list[str]) -> None:
    plan = Plan("http://x/v1", tmp_path / "out", headers=(("Authorization", "Bearer sk-0123456789-abc"),))
    items = [{"item_id": part, "title": "Desk"} for part in ("sk-01", "23456", "789-a", "bc")]
    response = Response(200, JSON, json.dumps({"conversation_id": "c1", "message": "Here.", "items": items}).encode())
    recorded = open_recording(CONTRACT, plan, printed.append).add(exchange({"message": "a desk"}, response), 0.1)
    assert recorded.reason is NotSaved.CONTAINS_KEY


@pytest.mark.parametrize(
    ("sent", "received", "query", "shown"),
    [
        ((("Authorization", "Bearer abc1"),), (), "", "Abc1"),
        ((), (), "api_key=qu3ry-key&x=1", "QU3RY.KEY"),
        ((), (("Set-Cookie", "session=5e55-1d0f-th1s; Path=/; HttpOnly"),), "", "5e551d0fth1s"),
        ((("Cookie", "session=5e55-1d0f-th1s; theme=dark"),), (), "", "5e55-1d0f-th1s"),
    ],
)
def test_text_with_any_credential_of_the_exchange_is_not_recorded(
    sent: Headers, received: Headers, query: str, shown: str, tmp_path: Path, printed: list[str]
) -> None:
    recording = open_recording(CONTRACT, Plan("http://x/v1", tmp_path / "out"), printed.append)
    for text, service in ((shown, "fine"), ("fine", shown), ("a dark theme", "fine")):
        request = Request("POST", "/chat", (*JSON, *sent), json.dumps({"message": f"say {text}"}).encode())
        response = replace(reply(f"So {service}."), headers=(*JSON, *received))
        recording.add(Exchange(request, response), 0.1, query)
    everything = "".join(path.read_text() + path.name for path in (tmp_path / "out").rglob("*.yaml")) + "".join(printed)
    assert shown.lower() not in everything.lower()
    assert sum("a text contains the key" in line for line in printed) == 2
    assert "a dark theme" in everything


def test_exchange_with_very_long_credentials_is_neither_recorded_nor_shown(tmp_path: Path, printed: list[str]) -> None:
    recording = open_recording(CONTRACT, Plan("http://x/v1", tmp_path / "out"), printed.append)
    saved = []
    for length in (MAX_CREDENTIALS + 1, MAX_CREDENTIALS - 10):
        key = ("Authorization", "Bearer " + hashlib.shake_128(b"key").hexdigest(length)[: length - 7])
        request = Request("POST", "/chat", (*JSON, key), json.dumps({"message": "a desk"}).encode())
        with at_most_cpu_seconds(10):
            saved.append(recording.add(Exchange(request, reply("Here.")), 0.1).reason)
    assert saved == [NotSaved.LONG_CREDENTIALS, None]
    assert printed[0] == "An exchange is not saved: its credentials are longer than 16 KiB"


@pytest.mark.parametrize(("most", "padding"), [(5_000, ""), (50_000, "x" * 1500)], ids=["short ids", "long ids"])
def test_history_of_a_long_recording_is_limited(
    tmp_path: Path, printed: list[str], monkeypatch: pytest.MonkeyPatch, most: int, padding: str
) -> None:
    monkeypatch.setattr("mock_server.recorder.recording.MAX_HISTORY_BYTES", most)
    made = Recording(CONTRACT, open_folder(tmp_path, SCHEMA), say=printed.append, secrets=lambda *_: lambda _: False)
    for number in range(20):
        answered = reply(f"Reply {number}.", f"c{number}{padding}")
        recorded = made.add(exchange({"message": f"message {number}"}, answered), 0.1)
        assert recorded.saved is not None
        assert not [each for each in recorded.violations if each.level == "must"]
    assert len(made._history.conversations) < 6
