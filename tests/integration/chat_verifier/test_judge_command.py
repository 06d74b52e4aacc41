"""``chat-contract judge``: recorded traffic gets the verdict that the same exchanges get in a run."""

from __future__ import annotations

import base64
import gzip
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from chat_verifier.traffic import judge as judging
from kit_cli.main import cli
from mock_server import Options, create_app, read_snapshot
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import serve

URL = "https://api.example.com/v1/chat"
ISSUED = "9b022f99-358e-4041-904d-abb9bd15731a"
SECRET = "sk-recorded-secret-42"


def item(number: int) -> dict[str, Any]:
    return {"item_id": f"I{number}", "title": "Desk", "status": "active", "description": "A desk.", "price": "9.99"}


def reply(**changes: Any) -> dict[str, Any]:
    return {"conversation_id": ISSUED, "message": "Here.", "items": [item(1)], **changes}


def entry(sent: Any, received: Any, *, second: float = 0, status: int = 200, **changes: Any) -> dict[str, Any]:
    """Return an entry as browsers write it; bodies that are not text are written as JSON."""
    text = received if isinstance(received, str) else json.dumps(received)
    body = sent if isinstance(sent, str) else json.dumps(sent)
    return {
        "startedDateTime": f"2026-06-01T10:00:{second:06.3f}Z",
        "time": 100,
        "request": {
            "method": "POST",
            "url": URL,
            "headers": [
                {"name": "content-type", "value": "application/json"},
                {"name": "authorization", "value": f"Bearer {SECRET}"},
                {"name": "sec-fetch-mode", "value": "cors"},
            ],
            "postData": {"mimeType": "application/json", "text": body},
            **changes.pop("request", {}),
        },
        "response": {
            "status": status,
            "headers": [{"name": "content-type", "value": "application/json"}],
            "content": {"size": len(text), "mimeType": "application/json", "text": text},
            **changes.pop("response", {}),
        },
        **changes,
    }


GOOD = entry({"message": "Hi"}, reply())


def archive(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": "t", "version": "1"}, "entries": list(entries)}}


@pytest.fixture
def judge(tmp_path: Path) -> Callable[..., Result]:
    """Return a function that judges a JSON value written to a file."""

    def call(value: Any, *options: str) -> Result:
        path = tmp_path / "traffic.har"
        path.write_text(json.dumps(value), encoding="utf-8")
        result = CliRunner().invoke(cli, ["judge", str(path), *options])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        assert SECRET not in result.output
        return result

    return call


@pytest.fixture
def report(judge: Callable[..., Result]) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Return a function that returns the exit code and the JSON report."""

    def call(value: Any, *options: str) -> tuple[int, dict[str, Any]]:
        result = judge(value, "--report", "json", *options)
        return result.exit_code, json.loads(result.stdout)

    return call


def violated(read: dict[str, Any]) -> list[str]:
    return [clause["id"] for clause in read["clauses"] if clause["verdict"] in {"fail", "warn"}]


def exercised(read: dict[str, Any]) -> set[str]:
    return {clause["id"] for clause in read["clauses"] if clause["exchanges"]}


def test_good_traffic_exits_with_zero_and_lists_the_clauses_not_exercised(judge: Callable[..., Result]) -> None:
    result = judge(archive(GOOD))
    assert result.exit_code == 0
    first, second, *_ = result.stdout.splitlines()
    assert first == "NO VIOLATION SEEN  https://api.example.com/v1"
    assert second.startswith("These clauses were not exercised: ")
    assert "rejection.message" in second
    assert "1 exchange in 1 conversation, recorded in " in result.stdout


def test_require_complete_exits_with_two_unless_every_clause_is_exercised(judge: Callable[..., Result]) -> None:
    result = judge(archive(GOOD), "--require-complete")
    assert result.exit_code == 2
    assert result.stdout.startswith("INCONCLUSIVE")


def test_violated_must_clause_exits_with_one_and_shows_the_entry_and_a_command(judge: Callable[..., Result]) -> None:
    result = judge(archive(GOOD, entry({"message": "Hi"}, reply(conversation_id="c2", items=None), second=1)))
    assert result.exit_code == 1
    assert "reply.items" in result.stdout
    assert "Test case: entry 2 (seen once)" in result.stdout
    assert "curl -sS -i -X POST https://api.example.com/v1/chat" in result.stdout
    assert "${CHAT_API_KEY}" not in result.stdout
    assert "sec-fetch-mode" not in result.stdout


@pytest.mark.parametrize(
    ("server", "options"),
    [("https://api.example.com", ("--base-url", "https://api.example.com/v1")), ("http://127.0.0.1:8000", ())],
)
def test_commands_send_the_key_to_a_server_of_the_user_only(
    judge: Callable[..., Result], server: str, options: tuple[str, ...]
) -> None:
    wrong = entry({"message": "Hi"}, reply(items=None), request={"url": f"{server}/v1/chat"})
    assert "${CHAT_API_KEY}" in judge(archive(wrong), *options).stdout


def test_violated_should_clause_fails_only_with_strict(report: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    traffic = archive(entry({"message": "Hi"}, reply(message=" ")))
    code, read = report(traffic)
    assert (code, violated(read)) == (0, ["reply.message-blank"])
    assert report(traffic, "--strict")[0] == 1


def test_turns_are_recognised_by_the_conversation_id(report: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    second = {"message": "More", "conversation_id": ISSUED}
    kept = archive(GOOD, entry(second, reply(), second=1))
    code, read = report(kept)
    assert code == 0
    assert "conversation.kept" in exercised(read)
    code, read = report(archive(GOOD, entry(second, reply(conversation_id="other-id"), second=1)))
    assert (code, violated(read)) == (1, ["conversation.kept"])
    (violation,) = next(one for one in read["clauses"] if one["id"] == "conversation.kept")["violations"]
    assert violation["label"] == f'entry 2, turn 2 of conversation "{ISSUED}"'
    assert len(violation["exchanges"]) == 2
    assert violation["command"].startswith("conversation_id=$(curl")
    assert '"\'"$conversation_id"\'"' in violation["command"]


def test_conversations_of_two_servers_do_not_mix(report: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    other = entry({"message": "Hi"}, reply(), second=1, request={"url": "http://127.0.0.1:4010/v1/chat"})
    code, read = report(archive(GOOD, other))
    assert code == 0, "equal ids on two servers do not violate a clause"
    assert read["traffic"]["base_urls"] == ["https://api.example.com/v1", "http://127.0.0.1:4010/v1"]
    assert report(archive(GOOD, entry({"message": "Hi"}, reply(), second=1)))[0] == 1
    assert report(archive(GOOD, other), "--base-url", "http://127.0.0.1:4010/v1")[1]["requests"] == 1


def test_decoded_content_raises_no_alarm_about_lengths(report: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    text = json.dumps(reply())
    compressed = gzip.compress(text.encode())
    for names in (["content-encoding"], []):
        headers = [
            {"name": "content-type", "value": "application/json"},
            {"name": "content-length", "value": str(len(compressed))},
            *({"name": name, "value": "gzip"} for name in names),
        ]
        code, read = report(archive(entry({"message": "Hi"}, text, response={"headers": headers})))
        assert (code, violated(read)) == (0, [])
        assert "reply.length" not in exercised(read)


def test_base64_content_is_judged(report: Callable[..., tuple[int, dict[str, Any]]]) -> None:
    def content(raw: bytes) -> dict[str, Any]:
        encoded = base64.b64encode(raw).decode()
        return {"content": {"size": len(raw), "mimeType": "", "text": encoded, "encoding": "base64"}}

    assert report(archive(entry({"message": "Hi"}, "", response=content(json.dumps(reply()).encode()))))[0] == 0
    code, read = report(archive(entry({"message": "Hi"}, "", response=content(b'{"message": "\xff"}'))))
    assert (code, violated(read)) == (1, ["reply.encoding"])


def test_what_proves_nothing_is_ignored_and_counted(judge: Callable[..., Result]) -> None:
    preflight = {
        "method": "OPTIONS",
        "headers": [{"name": "Access-Control-Request-Method", "value": "POST"}],
        "postData": None,
    }
    entries = [
        GOOD,
        entry("", "", status=204, request=preflight),
        entry({"q": 1}, {}, request={"url": "https://api.example.com/v1/search"}),
        entry("", "<html>", request={"method": "GET", "postData": None}),
        entry({"message": "Hi"}, "", response={"status": 0}),
        entry({"message": "Hi"}, "", response={"content": {"size": 40}}),
        entry({"message": "Hi"}, {}, request={"postData": None, "bodySize": -1}),
        entry({"message": "Hi"}, {"detail": "no"}, status=401),
        entry({"message": "Hi"}, "", status=307),
    ]
    result = judge(archive(*entries))
    assert result.exit_code == 0, result.output
    assert (
        "Ignored exchanges: 2 of another operation, 1 from CORS preflights, 1 without a response, "
        "2 whose body the file does not contain, 1 redirected, 1 with status 401\n" in result.stdout
    )


def test_failure_of_the_server_counts_even_without_its_body(
    report: Callable[..., tuple[int, dict[str, Any]]],
) -> None:
    code, read = report(archive(entry({"message": "Hi"}, "", status=500, response={"content": {"size": 9}})))
    assert code == 1
    assert violated(read) == ["robustness.failing"]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (archive(), r"no exchange of POST /chat that can be judged. Record"),
        (archive(entry("", "", request={"url": "https://a/b"})), "(ignored: other-operation: 1)"),
        ({"openapi": "3.1.0"}, "not recorded traffic"),
        ({"requests": [{"reply": {}}]}, "(/requests/0): not an entry of the mock's journal"),
        ({"format": "chat-contract-report", "version": 99}, "report version 99"),
        ([], "not recorded traffic"),
    ],
)
def test_file_without_exchanges_exits_with_two(value: Any, message: str, judge: Callable[..., Result]) -> None:
    result = judge(value)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("cannot judge: ")
    assert message in result.stderr


def test_waiver_of_a_run_also_waives_recorded_traffic(tmp_path: Path, judge: Callable[..., Result]) -> None:
    waivers = tmp_path / "waivers.yaml"
    waivers.write_text(
        "waivers:\n  - clause: reply.items\n    pointer: /items\n    observed: 'null'\n    cases: [plain]\n"
        "    reason: fixed in 2.4\n    owner: search\n    expires: 2999-12-31\n"
    )
    broken = archive(entry({"message": "Hi"}, reply(items=None)))
    assert judge(broken).exit_code == 1
    result = judge(broken, "--waivers", str(waivers))
    assert result.exit_code == 0, result.output
    assert "waived until 2999-12-31 by search" in result.stdout


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "html", "junit", "har"])
def test_every_report_format_is_written_without_the_key(
    format_: str, tmp_path: Path, judge: Callable[..., Result]
) -> None:
    file = tmp_path / "report"
    echo = reply(message=f"Your key is {SECRET}", items=5)
    assert judge(archive(entry({"message": "Hi"}, echo)), "--report", f"{format_}={file}").exit_code == 1
    assert SECRET not in file.read_text(encoding="utf-8")


def test_report_and_archive_of_a_run_get_the_verdict_of_the_run(tmp_path: Path) -> None:
    files = {name: tmp_path / name for name in ("json", "har")}
    options = [part for name, file in files.items() for part in ("--report", f"{name}={file}")]
    with serve(BY_NAME["limit-ignored"]) as url:
        run = CliRunner().invoke(cli, ["verify", url, "--max-requests", "60", *options])
    assert run.exit_code == 1
    expected = {one["id"] for one in json.loads(files["json"].read_text())["clauses"] if one["verdict"] == "fail"}
    for file in files.values():
        result = CliRunner().invoke(cli, ["judge", str(file), "--report", "json"])
        assert result.exit_code == 1, result.output
        assert set(violated(json.loads(result.stdout))) >= expected


def test_rejected_json_string_in_a_journal_is_not_taken_for_the_object_in_it(
    tmp_path: Path, judge: Callable[..., Result]
) -> None:
    client = create_app(read_snapshot(Options())).test_client()
    string = json.dumps(json.dumps({"message": "A desk, please"}))
    assert client.post("/v1/chat", data=string, content_type="application/json").status_code == 422
    result = judge(client.get("/_mock/requests").json)
    assert result.exit_code == 0, result.output


def test_body_in_a_journal_that_is_not_utf_8_is_not_judged(tmp_path: Path, judge: Callable[..., Result]) -> None:
    client = create_app(read_snapshot(Options())).test_client()
    client.post("/v1/chat", json={"message": "A desk, please"})
    latin_1 = '{"message": "café"}'.encode("latin-1")
    assert client.post("/v1/chat", data=latin_1, content_type="application/json").status_code == 422
    result = judge(client.get("/_mock/requests").json)
    assert result.exit_code == 0, result.output
    assert "1 whose body the file does not contain" in result.stdout


def test_journal_of_the_mock_is_judged(tmp_path: Path, judge: Callable[..., Result]) -> None:
    client = create_app(read_snapshot(Options(seed=7))).test_client()
    first = client.post("/v1/chat", json={"message": "A desk, please"}).json
    client.post("/v1/chat", json={"message": "Another", "conversation_id": first["conversation_id"]})
    client.post("/v1/chat", json={"message": "Hi"}, headers={"Prefer": "code=500"})
    journal = client.get("/_mock/requests").json
    result = judge(journal)
    assert result.exit_code == 0, result.output
    assert "2 exchanges in 1 conversation" in result.stdout
    assert "Ignored exchanges: 1 with a response that a rule or preference of the mock chose" in result.stdout
    journal["requests"][1]["reply"]["body"]["conversation_id"] = "another"
    assert judge(journal).exit_code == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_judging_with_a_report_of_what_was_judged(
    judge: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, number: signal.Signals, code: int
) -> None:
    observe = judging.observe

    def interrupted(*arguments: Any) -> Iterator[Any]:
        for index, seen in enumerate(observe(*arguments)):
            if index == 1:
                signal.raise_signal(number)
            yield seen

    monkeypatch.setattr(judging, "observe", interrupted)
    result = judge(archive(*[GOOD] * 3), "--report", "json")
    report = json.loads(result.stdout)
    assert result.exit_code == code
    assert (report["requests"], report["verdict"], report["interrupted"]) == (1, "inconclusive", number.name.lower())


@pytest.mark.parametrize("url", ["http://[::1/v1/chat", "http://[x]/v1/chat", "http://\uff41\u2100/v1/chat"])
def test_entry_with_an_invalid_url_does_not_belong_to_the_operation(judge: Callable[..., Result], url: str) -> None:
    assert judge(archive(entry({"message": "Hi"}, reply(), request={"url": url}), GOOD)).exit_code == 0
    assert judge(archive(entry({"message": "Hi"}, reply(), request={"url": url}))).exit_code == 2


@pytest.mark.parametrize("time", [10**400, float("inf"), 1e300, "1", [1]])
def test_invalid_duration_is_ignored(judge: Callable[..., Result], time: object) -> None:
    assert judge(archive(entry({"message": "Hi"}, reply(), time=time))).exit_code == 0


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", 5, None])
def test_time_outside_the_calendar_is_ignored(judge: Callable[..., Result], time: object) -> None:
    assert judge(archive(entry({"message": "Hi"}, reply(), startedDateTime=time))).exit_code == 0


def test_more_credentials_than_can_be_searched_for_are_refused(judge: Callable[..., Result]) -> None:
    def using(number: int) -> dict[str, Any]:
        headers = [{"name": "authorization", "value": f"Bearer {number:1000}"}]
        return entry({"message": "Hi"}, reply(), request={"headers": headers})

    assert judge(archive(*(using(number % 10) for number in range(40)))).exit_code in {0, 1}
    result = judge(archive(*map(using, range(40))))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "/log/entries/16/request/headers): more than 16 KiB of different credentials" in result.stderr


@pytest.mark.parametrize(("text", "code"), [("é", 2), ("\ud800", 2), ("%%%", 2), ("e30=", 1)])
def test_invalid_base64_of_a_response_is_refused(judge: Callable[..., Result], text: str, code: int) -> None:
    content = {"size": 2, "encoding": "base64", "text": text}
    assert judge(archive(entry({"message": "Hi"}, reply(), response={"content": content}))).exit_code == code


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("started",), ""),
        (("exchanges", 0, "exchange", "response"), None),
        (("exchanges", 0, "exchange", "response", "body"), {"base64": "%"}),
    ],
)
def test_report_with_an_invalid_value_is_refused(
    judge: Callable[..., Result],
    report: Callable[..., tuple[int, dict[str, Any]]],
    place: tuple[str | int, ...],
    value: object,
) -> None:
    _, read = report(archive(GOOD))
    assert judge(read).exit_code == 0
    parent: Any = read
    for part in place[:-1]:
        parent = parent[part]
    parent[place[-1]] = value
    assert (judge(read).exit_code, judge(read).stdout) == (2, "")


def test_recorded_texts_are_no_options_or_commands_of_other_programs(judge: Callable[..., Result]) -> None:
    headers = [
        {"name": name, "value": value} for name, value in (("@x", "1"), ("X", "1\n::error::x"), ("X-Trace", "2"))
    ]
    hostile = entry({"message": "x"}, {}, request={"headers": headers, "url": "http://h/[1-9]/v1/chat"})
    output = judge(archive(hostile), "--report", "text").output
    assert "curl -sS -i -X POST -g 'http://h/[1-9]/v1/chat' -H 'X-Trace: 2'" in output
    assert "@x" not in output
    assert not any(line.lstrip().startswith("::") for line in output.splitlines())
