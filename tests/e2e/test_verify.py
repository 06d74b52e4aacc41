"""``chat-contract verify`` from end to end: what it says of right and wrong servers, and proof that can be pasted."""

from __future__ import annotations

import json
import re
import socket
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from chat_contract import Contract, Exchange, History, judge, load_contract
from kit_cli.main import cli
from testbed.correct_servers import serving
from testbed.faulty_servers.base import KEY
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import GROUPS, SHOULD, Fault, serve
from tests.support.mock import start
from tests.support.pasting import paste, request_of, shape
from tests.support.small_servers import Seen, answering

pytest_plugins = ()


@dataclass(frozen=True)
class Judged:
    exit_code: int
    said: str
    report: dict[str, Any]

    def clauses(self, *verdicts: str) -> list[dict[str, Any]]:
        return [clause for clause in self.report["clauses"] if clause["verdict"] in verdicts]


def verify(folder: Path, *arguments: str) -> Judged:
    file = folder / "report.json"
    result = CliRunner().invoke(cli, ["verify", *arguments, "--report", f"json={file}"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return Judged(result.exit_code, result.output, json.loads(file.read_text("utf-8")) if file.exists() else {})


def verify_fault(fault: Fault, url: str, folder: Path) -> Judged:
    more = ["-H", f"Authorization: Bearer {KEY}", "--expect-auth"] * fault.needs_key + ["--strict"] * (
        fault.level == SHOULD
    )
    return verify(folder, url, *more)


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@pytest.fixture(scope="module")
def mock_url() -> Iterator[str]:
    running = start()
    yield running.url.removesuffix("/chat")
    running.stop()
    running.process.stdout.close()


# Right and wrong servers


@pytest.mark.parametrize("strictness", [(), ("--strict",)], ids=["plain", "strict"])
def test_our_own_mock_conforms(mock_url: str, strictness: tuple[str, ...], tmp_path: Path) -> None:
    judged = verify(tmp_path, mock_url, *strictness)
    assert (judged.exit_code, judged.report["verdict"]) == (0, "conforms"), judged.said
    assert judged.clauses("fail", "warn") == []
    assert {one["id"].split(".")[0] for one in judged.clauses("skipped") if one["level"] == "must"} == {"credentials"}


def test_a_lax_fastapi_application_conforms(tmp_path: Path) -> None:
    with serving("fastapi-lax") as url:
        judged = verify(tmp_path, url)
    assert (judged.exit_code, judged.report["verdict"]) == (0, "conforms"), judged.said
    assert judged.clauses("fail") == []


def test_a_server_with_keys_conforms_when_it_keeps_its_door_shut(tmp_path: Path) -> None:
    with serve(BY_NAME["keyed"]) as url:
        judged = verify(tmp_path, url, "-H", f"Authorization: Bearer {KEY}", "--expect-auth")
    assert judged.exit_code == 0, judged.said
    assert [clause["id"] for clause in judged.clauses("skipped", "fail") if clause["level"] == "must"] == []


FAULTS = [
    *("no-emoji", "event-type-enum", "stamp-no-west"),
    *("message-null", "event-without-type", "limit-fraction", "always-400"),
    *("detail-string", "counts-from-one", "blames-message"),
    *("status-201", "reply-with-nan", "title-list", "price-with-dollar"),
    *("limit-ignored", "default-five", "limit-ignored-later"),
    *("id-always-new", "id-new-from-third", "one-for-all", "id-upper-cased"),
    *("form-crashes", "get-crashes"),
    *("single-quote-crashes", "nul-crashes", "emoji-resets", "thousand-events-crash"),
    *("null-blamed-on-message", "extra-property-is-400"),
    *("any-key-opens", "no-key-is-403"),
]


def test_the_faults_are_of_every_group() -> None:
    assert len(FAULTS) >= 20
    assert {BY_NAME[name].group for name in FAULTS} == set(GROUPS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    fault = BY_NAME[name]
    with serve(fault) as url:
        judged = verify_fault(fault, url, tmp_path)
    assert (judged.exit_code, judged.report["verdict"]) == (1, "violates"), judged.said
    failed = judged.clauses("fail")
    for clause in failed:
        assert clause["violations"]
        assert clause["id"] in judged.said
    # What is merely good sense fails nothing unless asked to.
    assert fault.level == SHOULD or {clause["level"] for clause in failed} == {"must"}


# Proof to paste

SINGLE = [
    *("no-emoji", "message-null", "detail-string", "status-201", "limit-ignored", "get-crashes"),
    *("single-quote-crashes", "nul-crashes", "no-key-is-403", "any-key-opens", "form-crashes", "thousand-events-crash"),
]
SEVERAL_TURNS = ["id-always-new", "id-upper-cased", "limit-ignored-later", "id-new-from-third", "emoji-later-crashes"]


@pytest.mark.parametrize("name", SINGLE)
def test_the_curl_command_shows_the_violation_again(name: str, contract: Contract, tmp_path: Path) -> None:
    """Pasted into bash while the server runs, it gets an answer in which the oracle sees the same clause broken."""
    fault = BY_NAME[name]
    with serve(fault) as url:
        judged = verify_fault(fault, url, tmp_path)
        [clause, *_] = judged.clauses("fail")
        [violation, *_] = clause["violations"]
        [answer] = paste(violation["curl"], tmp_path)
    [*_, exchange] = violation["exchanges"]
    assert answer.status == exchange["response"]["status"]
    assert shape(answer.body) == shape(exchange["response"]["body"].encode())
    credential = clause["id"].removeprefix("credentials.") if fault.needs_key else "given"
    again = judge(contract, Exchange(request_of(exchange["request"], credential), answer), History())
    assert clause["id"] in {found.clause for found in again}


@pytest.mark.parametrize("name", SEVERAL_TURNS)
def test_the_script_shows_the_violation_again(name: str, tmp_path: Path) -> None:
    """A fault that shows only later in a conversation comes with a script that carries the id along."""
    fault = BY_NAME[name]
    with serve(fault) as url:
        judged = verify_fault(fault, url, tmp_path)
        [clause, *_] = judged.clauses("fail")
        [violation, *_] = clause["violations"]
        assert len(violation["exchanges"]) > 1
        answers = paste(violation["curl"], tmp_path)
    assert [answer.status for answer in answers] == [one["response"]["status"] for one in violation["exchanges"][1:]]
    assert shape(answers[-1].body) == shape(violation["exchanges"][-1]["response"]["body"].encode())


# The report

HEADERS = {"type": "object", "additionalProperties": {"type": "string"}}
BODY = {"anyOf": [{"type": "string"}, {"type": "object", "required": ["base64"]}]}


def exactly(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object", "properties": properties, "required": list(properties), "additionalProperties": False,
    }  # fmt: skip


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number"}, {"type": "integer", "minimum": 0}
EXCHANGE = {
    "type": "object",
    "required": ["request", "response"],
    "properties": {
        "request": exactly(method=TEXT, path=TEXT, headers=HEADERS, body=BODY),
        "response": {"anyOf": [exactly(status=COUNT, headers=HEADERS, body=BODY), {"type": "null"}]},
        "breakdown": exactly(kind={"enum": ["reset", "truncated", "silence", "garbled"]}, detail=TEXT),
    },
    "additionalProperties": False,
    # No answer at all is told by what came instead.
    "if": {"properties": {"response": {"type": "null"}}},
    "then": {"required": ["breakdown"]},
}
TEXTS = {"type": "array", "items": TEXT}
SEEN = {
    **EXCHANGE,
    "required": [
        *EXCHANGE["required"],
        "number",
        "group",
        "script",
        "turn",
        "label",
        "at",
        "seconds",
        "tried",
        "broken",
    ],
    "properties": {
        **EXCHANGE["properties"],
        **dict.fromkeys(("number", "turn"), COUNT),
        **dict.fromkeys(("group", "script", "label"), TEXT),
        **dict.fromkeys(("at", "seconds"), NUMBER),
        **dict.fromkeys(("tried", "broken"), TEXTS),
    },
}
VIOLATION = exactly(
    message=TEXT, pointer=TEXT, expected=TEXT, got={}, exchanges={"type": "array", "items": EXCHANGE, "minItems": 1},
    cause=exactly(pointer=TEXT, got=TEXT), beyond_waiver=TEXTS, curl=TEXT, seen=COUNT, sent=COUNT,
    intermittent={"type": "boolean"}, request=TEXT,
    requests={"type": "array", "items": TEXT, "minItems": 1},
    waived={"anyOf": [{"type": "null"}, exactly(reason=TEXT, owner=TEXT, expires=TEXT)]},
)  # fmt: skip
CLAUSE = exactly(
    id=TEXT, group=TEXT, asked={"type": "boolean"},
    level={"enum": ["must", "should", "observed"]}, says=TEXT, source=TEXT, reason=TEXT,
    exchanges=COUNT, verdict={"enum": ["pass", "fail", "warn", "waived", "observed", "skipped"]},
    violations={"type": "array", "items": VIOLATION},
)  # fmt: skip
REPORT = exactly(
    verdict={"enum": ["conforms", "violates", "inconclusive"]}, reason=TEXT, base_url=TEXT, seed={"type": "integer"},
    requests=COUNT, seconds=NUMBER, clauses={"type": "array", "items": CLAUSE}, latitude=HEADERS,
    format={"const": "chat-contract-report"}, version={"const": 1}, tool=TEXT, contract=TEXT, started=TEXT,
    tier={"enum": ["quick", "default", "deep"]}, strict={"type": "boolean"}, shard=TEXT, recalled=COUNT,
    left_out={"type": "object", "additionalProperties": COUNT}, waivers_in_vain=TEXTS,
    latitude_changes={"type": "array", "items": {"type": "array", "items": TEXT, "minItems": 3, "maxItems": 3}},
    exchanges={"type": "array", "items": SEEN, "minItems": 1},
)  # fmt: skip


@pytest.mark.parametrize("name", ["reply-with-nan", "emoji-resets", "reply-in-latin-1", "price-number"])
def test_the_report_has_its_shape(name: str, contract: Contract, tmp_path: Path) -> None:
    with serve(BY_NAME[name]) as url:
        report = verify(tmp_path, url, "--seed", "3").report
    jsonschema.validate(report, REPORT)
    assert (report["base_url"], report["seed"]) == (url, 3)
    assert [clause["id"] for clause in report["clauses"]] == list(contract.clauses)
    failed = [clause for clause in report["clauses"] if clause["verdict"] == "fail"]
    assert failed
    assert all(clause["violations"] for clause in failed)
    assert [
        one["violations"] for one in report["clauses"] if one["verdict"] in {"pass", "skipped"} and one["violations"]
    ] == []


# What is sent


def recorded(seed: int, folder: Path) -> list[str]:
    """Everything that a run sends. A conversation is known by the request that began it, whichever came first."""
    begun: Counter[bytes] = Counter()

    def respond(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        try:
            body = json.loads(seen[3])
            known = body.get("conversation_id") if isinstance(body, dict) else None
        except ValueError:
            known = None
        if known is None:
            begun[seen[3]] += 1
            known = f"{zlib.crc32(seen[3]):08x}-{begun[seen[3]]}"
        reply = {"conversation_id": known, "message": "Hello.", "items": []}
        return 200, {"Content-Type": "application/json"}, json.dumps(reply).encode()

    with answering(respond) as small:
        verify(folder, small.url, "--seed", str(seed))
        return [str(seen).replace(str(small.port), "PORT") for seen in small.seen]


def places(requests: list[str]) -> dict[tuple[str, int], int]:
    """Where each request stands; of equal ones the first is told from the second."""
    count: Counter[str] = Counter()
    found = {}
    for place, request in enumerate(requests):
        count[request] += 1
        found[request, count[request]] = place
    return found


def test_the_same_seed_sends_the_same_in_the_same_order(tmp_path: Path) -> None:
    """Those that are sent at the same time, six at most, may overtake each other."""
    first, second, other = (recorded(seed, tmp_path) for seed in (5, 5, 6))
    assert len(first) > 100
    assert sorted(first) == sorted(second)
    once, again = places(first), places(second)
    assert max(abs(once[request] - again[request]) for request in once) < 6
    assert sorted(first) != sorted(other)


def test_nothing_is_sent_anywhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever the environment says of proxies and passwords."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login somebody password pa55word\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    addresses = set()
    connect, resolve = socket.socket.connect, socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", lambda self, where: (addresses.add(where), connect(self, where))[1])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **options: (addresses.add(host), resolve(host, *more, **options))[1]
    )
    with serve(BY_NAME["lax"]) as url:
        assert verify(tmp_path, url).exit_code == 0
    port = int(re.search(r":(\d+)/", url)[1])
    assert addresses <= {("127.0.0.1", port), "127.0.0.1"}
    assert ("127.0.0.1", port) in addresses


def test_requests_carry_the_headers_given_and_say_who_asks(tmp_path: Path) -> None:
    with answering(lambda _: (200, {"Content-Type": "application/json"}, b"{}")) as small:
        verify(tmp_path, small.url, "-H", "X-Tenant: shop 7")
    assert {headers.get("X-Tenant") for *_, headers, _ in small.seen} == {"shop 7"}
    assert {headers["User-Agent"].split("/")[0] for *_, headers, _ in small.seen} == {"chat-contract"}
    assert {path for _, path, *_ in small.seen if path.startswith("/v1/")} == {path for _, path, *_ in small.seen}
