"""A run ends with a report, whatever the server does: rate limits without end, failures, closed connections."""

from __future__ import annotations

import gzip
import json
import random
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import brotli
import pytest
from click.testing import CliRunner

from chat_contract import load_contract
from chat_contract.exchange import Request, Response
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.target.client import Client
from kit_cli.main import cli
from testbed.faulty_servers.base import Chat
from testbed.faulty_servers.correct import LAX
from testbed.faulty_servers.wire import Answer as WireAnswer
from testbed.faulty_servers.wire import Request as WireRequest
from testbed.faulty_servers.wire import Server
from tests.support.small_servers import Seen, always, answering
from tests.support.wire_server import answering as answering_bytes
from tests.support.wire_server import http

Answer = tuple[int, dict[str, str], bytes]


class Shop:
    """A correct server that ``spoil`` may change: it gets the response and the number of requests so far."""

    def __init__(self, spoil: Callable[[Answer, int], Answer]) -> None:
        self.reference = ReferenceServer(load_contract())
        self.spoil = spoil
        self.requests = 0

    def respond(self, seen: Seen) -> Answer:
        method, path, headers, body = seen
        self.requests += 1
        request = Request(method, path.removeprefix("/v1"), tuple(headers.items()), body)
        response = self.reference.send(request)
        assert isinstance(response, Response)
        return self.spoil((response.status, dict(response.headers), response.body), self.requests)


def verify(shop: Shop, folder: Path, *options: str) -> tuple[int, dict[str, Any]]:
    report = folder / "report.json"
    with answering(shop.respond) as server:
        result = CliRunner().invoke(cli, ["verify", server.url, "--quick", "--report", f"json={report}", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result.exit_code, json.loads(report.read_text("utf-8"))


def clauses_with_causes(report: dict[str, Any]) -> set[str]:
    return {clause["id"] for clause in report["clauses"] if clause["violations"]}


def test_rate_limit_without_end_ends_the_run_with_a_report(tmp_path: Path) -> None:
    limited = (429, {"Retry-After": "0.2"}, b"{}")
    shop = Shop(lambda answer, number: answer if number <= 12 else limited)
    code, report = verify(shop, tmp_path, "--max-wait", "1")
    assert (code, report["verdict"], report["reason"]["id"]) == (2, "inconclusive", "rate-limited")
    assert 12 < shop.requests < 40


def test_violations_before_an_interruption_stay_in_the_report(tmp_path: Path) -> None:
    def spoil(answer: Answer, number: int) -> Answer:
        return (429, {"Retry-After": "0.2"}, b"{}") if number > 12 else (500, {}, b"") if number == 5 else answer

    code, report = verify(Shop(spoil), tmp_path, "--max-wait", "1")
    assert (code, report["verdict"]) == (2, "inconclusive")
    assert "robustness.failing" in clauses_with_causes(report)


def test_first_request_that_failed_is_in_the_report(tmp_path: Path) -> None:
    shop = Shop(lambda answer, number: (503, {}, b"") if number == 1 else answer)
    code, report = verify(shop, tmp_path)
    assert "robustness.failing" in clauses_with_causes(report)
    assert (code, report["verdict"]) == (0, "conforms")


def test_max_cost_limits_accepted_requests(tmp_path: Path) -> None:
    code, report = verify(Shop(lambda answer, _: answer), tmp_path, "--max-cost", "1", "--cost-per-call", "0.1")
    assert code == 2
    assert 0 < report["accepted"] <= 10


def test_server_that_closes_the_connection_on_rejection_gets_no_more_requests_than_allowed() -> None:
    shop = Shop(lambda answer, _: answer)

    def respond(raw: bytes) -> bytes | None:
        head, _, body = raw.partition(b"\r\n\r\n")
        found = re.match(rb"(\S+) (\S+)", head)
        assert found is not None
        headers = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
        status, sent, reply = shop.respond((found[1].decode(), found[2].decode(), headers, body))
        return None if status == 422 else http(status, reply, *(f"{name}: {value}" for name, value in sent.items()))

    with answering_bytes(respond) as (url, seen):
        result = CliRunner().invoke(cli, ["verify", f"{url}/v1", "--quick"])
    assert result.exit_code == 1
    assert len(seen) <= 60


@pytest.mark.parametrize(("encoding", "compress"), [("br", brotli.compress), ("gzip", gzip.compress)])
def test_compressed_reply_is_decoded(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    body = json.dumps({"message": "café"}).encode()
    with always(200, {"Content-Encoding": encoding}, compress(body)) as server:
        outcome = Client(server.url).send(Request("POST", "/chat", (("Accept-Encoding", encoding),)))
    assert isinstance(outcome, Response)
    assert outcome.body == body


def test_max_time_ends_a_wait_for_the_rate_limit(tmp_path: Path) -> None:
    limited = (429, {"Retry-After": "100"}, b"{}")
    shop = Shop(lambda answer, number: answer if number <= 12 else limited)
    code, report = verify(shop, tmp_path, "--max-time", "5")
    assert (code, report["verdict"]) == (2, "inconclusive")
    assert report["seconds"] < 90
    assert report["not_sent"]


def test_max_time_ends_a_request_in_flight(tmp_path: Path) -> None:
    def spoil(answer: Answer, number: int) -> Answer:
        if number > 12:
            closed.wait(200)
        return answer

    closed = threading.Event()
    report = tmp_path / "report.json"
    options = ("--quick", "--max-time", "3", "--timeout", "600", "--report", f"json={report}")
    with answering(Shop(spoil).respond) as server:
        result = CliRunner().invoke(cli, ["verify", server.url, *options])
        closed.set()
    found = json.loads(report.read_text("utf-8"))
    assert (result.exit_code, found["verdict"]) == (2, "inconclusive")
    assert found["seconds"] < 90
    assert all(one["exchange"]["response"] for one in found["exchanges"])


@pytest.mark.parametrize(
    ("option", "message"),
    [("--max-wait", "status 429 for longer than 2 s in all"), ("--max-time", "the run ended before")],
)
def test_rate_limit_from_the_first_request_on_ends_the_run(option: str, message: str) -> None:
    with always(429, {"Retry-After": "1.5"}) as server:
        result = CliRunner().invoke(cli, ["verify", server.url, option, "2"])
    assert result.exit_code == 2
    assert message in result.stderr
    assert len(server.seen) <= 3


@pytest.mark.parametrize(("kind", "clause"), [("status", "robustness.failing"), ("reset", "robustness.reset")])
def test_server_that_fails_at_random_is_unstable_and_its_failures_are_counted(
    kind: str, clause: str, tmp_path: Path
) -> None:
    chance = random.Random(1)
    chat = Chat(LAX)
    requests: list[bool] = []

    def respond(request: WireRequest) -> WireAnswer:
        fails = len(requests) > 1 and chance.random() < 0.4
        requests.append(fails)
        failure = WireAnswer(500, b"{}") if kind == "status" else WireAnswer(200, reset=True)
        return failure if fails else chat(request)

    path = tmp_path / "report.json"
    with Server(respond) as server:
        url = f"http://127.0.0.1:{server.port}/v1"
        result = CliRunner().invoke(cli, ["verify", url, "--report", f"json={path}"])
    report = json.loads(path.read_text("utf-8"))
    assert (result.exit_code, report["verdict"]) == (1, "unstable")
    assert report["requests"] == len(requests) <= 200
    (violation,) = next(one["violations"] for one in report["clauses"] if one["id"] == clause)
    failed = [one["exchange"] for one in report["exchanges"]]
    failed = [one for one in failed if one["breakdown"] or one["response"]["status"] == 500]
    assert len(failed) + report["lost"] <= sum(requests)
    assert 0.2 < violation["seen"] / violation["sent"] < 0.6 or kind == "reset"
    assert violation["seen"] + report["lost"] > 0.5 * sum(requests)


@pytest.mark.parametrize("part", [{"a": 1}, [1], None])
def test_loc_with_an_odd_part_is_a_violation(part: Any, tmp_path: Path) -> None:
    """Also in a rejection of what must be accepted or is documented."""
    detail = [{"loc": ["body", part], "msg": "Invalid", "type": "invalid"}]

    def spoil(answer: Answer, count: int) -> Answer:
        return (
            answer
            if count < 10
            else (422, {"Content-Type": "application/json"}, json.dumps({"detail": detail}).encode())
        )

    code, report = verify(Shop(spoil), tmp_path)
    assert code == 1
    assert "error.entry" in clauses_with_causes(report)
