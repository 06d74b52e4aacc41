"""``chat-contract verify`` on correct and faulty servers: verdicts, reports and commands that reproduce a violation."""

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

import pytest
from click.testing import CliRunner

from chat_contract import Contract, Exchange, History, judge, load_contract
from chat_contract.contract import Level
from chat_verifier.findings.verdict import ClauseVerdict, RunVerdict
from chat_verifier.report.model import ClauseReport, ExchangeReport, ResponseReport, VerifyReport
from chat_verifier.report.read import read_report
from kit_cli.main import cli
from testbed.correct_servers import serving
from testbed.faulty_servers.base import KEY
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.fault import GROUPS, SHOULD, Fault, serve
from tests.support.mock import start
from tests.support.pasting import paste, request_of, shape
from tests.support.small_servers import Seen, answering

FAIL, WARN, PASS, SKIPPED = ClauseVerdict.FAIL, ClauseVerdict.WARN, ClauseVerdict.PASS, ClauseVerdict.SKIPPED


@dataclass(frozen=True)
class Verified:
    exit_code: int
    output: str
    report: VerifyReport

    def clauses(self, *verdicts: ClauseVerdict) -> list[ClauseReport]:
        return list(self.report.with_verdict(*verdicts))


def verify(folder: Path, *arguments: str) -> Verified:
    file = folder / "report.json"
    result = CliRunner().invoke(cli, ["verify", *arguments, "--report", f"json={file}"])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    assert file.exists(), result.output
    return Verified(result.exit_code, result.output, read_report(file))


def verify_fault(fault: Fault, url: str, folder: Path) -> Verified:
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


# Correct and faulty servers


@pytest.mark.parametrize("strictness", [(), ("--strict",)], ids=["plain", "strict"])
def test_mock_server_conforms(mock_url: str, strictness: tuple[str, ...], tmp_path: Path) -> None:
    verified = verify(tmp_path, mock_url, *strictness)
    assert (verified.exit_code, verified.report.verdict) == (0, RunVerdict.CONFORMS), verified.output
    assert verified.clauses(FAIL, WARN) == []
    assert {clause.group for clause in verified.clauses(SKIPPED) if clause.level is Level.MUST} == {"credentials"}


def test_lax_fastapi_application_conforms(tmp_path: Path) -> None:
    with serving("fastapi-lax") as url:
        verified = verify(tmp_path, url)
    assert (verified.exit_code, verified.report.verdict) == (0, RunVerdict.CONFORMS), verified.output
    assert verified.clauses(FAIL) == []


def test_server_that_rejects_wrong_keys_conforms(tmp_path: Path) -> None:
    with serve(BY_NAME["keyed"]) as url:
        verified = verify(tmp_path, url, "-H", f"Authorization: Bearer {KEY}", "--expect-auth")
    assert verified.exit_code == 0, verified.output
    assert [clause.id for clause in verified.clauses(SKIPPED, FAIL) if clause.level is Level.MUST] == []


FAULTS = [
    *("no-emoji", "event-type-enum", "stamp-no-west"),
    *("message-null", "event-without-type", "limit-fraction", "always-400"),
    *("detail-string", "counts-from-one", "blames-message"),
    *("status-201", "reply-with-nan", "title-list", "price-with-dollar"),
    *("limit-ignored", "default-five", "limit-ignored-later"),
    *("id-always-new", "id-new-from-third", "one-for-all", "id-upper-cased"),
    *("form-crashes", "get-crashes", "emoji-later-crashes"),
    *("single-quote-crashes", "nul-crashes", "emoji-resets", "thousand-events-crash"),
    *("null-blamed-on-message", "extra-property-is-400"),
    *("any-key-opens", "no-key-is-403"),
]


def test_faults_cover_every_group() -> None:
    assert len(FAULTS) >= 20
    assert {BY_NAME[name].group for name in FAULTS} == set(GROUPS)


# Of these faults, the commands that reproduce the first violation are run: one request, or a conversation.
SINGLE = [
    *("no-emoji", "message-null", "detail-string", "status-201", "limit-ignored", "get-crashes"),
    *("single-quote-crashes", "nul-crashes", "no-key-is-403", "any-key-opens", "form-crashes", "thousand-events-crash"),
]
SEVERAL_TURNS = ["id-always-new", "id-upper-cased", "limit-ignored-later", "id-new-from-third", "emoji-later-crashes"]


def test_commands_of_planted_faults_are_run() -> None:
    assert {*SINGLE, *SEVERAL_TURNS} <= set(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_planted_fault_is_found_and_its_command_reproduces_it(name: str, contract: Contract, tmp_path: Path) -> None:
    fault = BY_NAME[name]
    with serve(fault) as url:
        verified = verify_fault(fault, url, tmp_path)
        assert (verified.exit_code, verified.report.verdict) == (1, RunVerdict.VIOLATES), verified.output
        failed = verified.clauses(FAIL)
        if name in SINGLE:
            check_curl_command(contract, fault, failed[0], tmp_path)
        if name in SEVERAL_TURNS:
            check_script(failed[0], tmp_path)
    for clause in failed:
        assert clause.violations
        assert clause.id in verified.output
    # Without --strict, only MUST clauses fail.
    assert fault.level == SHOULD or {clause.level for clause in failed} == {Level.MUST}


def response_of(exchange: ExchangeReport) -> ResponseReport:
    assert exchange.response is not None
    return exchange.response


def shape_of(exchange: ExchangeReport) -> Any:
    body = response_of(exchange).body
    assert isinstance(body, str)
    return shape(body.encode())


def check_curl_command(contract: Contract, fault: Fault, clause: ClauseReport, folder: Path) -> None:
    """Run in bash, the command gets a response that violates the same clause."""
    [violation, *_] = clause.violations
    [answer] = paste(violation.command, folder)
    [*_, exchange] = violation.exchanges
    assert answer.status == response_of(exchange).status
    assert shape(answer.body) == shape_of(exchange)
    credential = clause.id.removeprefix("credentials.") if fault.needs_key else "given"
    again = judge(contract, Exchange(request_of(exchange.request, credential), answer), History())
    assert clause.id in {found.clause for found in again}


def check_script(clause: ClauseReport, folder: Path) -> None:
    """The script carries the conversation id from turn to turn."""
    [violation, *_] = clause.violations
    assert len(violation.exchanges) > 1
    answers = paste(violation.command, folder)
    assert [answer.status for answer in answers] == [response_of(one).status for one in violation.exchanges[1:]]
    assert shape(answers[-1].body) == shape_of(violation.exchanges[-1])


# The report


@pytest.mark.parametrize("name", ["reply-with-nan", "emoji-resets", "reply-in-latin-1", "price-number"])
def test_report_lists_every_clause_and_the_violations_of_failed_ones(
    name: str, contract: Contract, tmp_path: Path
) -> None:
    with serve(BY_NAME[name]) as url:
        report = verify(tmp_path, url, "--seed", "3").report
    assert (report.base_url, report.seed) == (url, 3)
    assert [clause.id for clause in report.clauses] == list(contract.clauses)
    failed = list(report.with_verdict(FAIL))
    assert failed
    assert all(clause.violations for clause in failed)
    assert [clause.id for clause in report.with_verdict(PASS, SKIPPED) if clause.violations] == []


# What is sent


def requests_of(seed: int, folder: Path) -> list[str]:
    """Return what a run sends. The server derives each conversation id from the request that opens the conversation."""
    opened: Counter[bytes] = Counter()

    def respond(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        try:
            body = json.loads(seen[3])
            known = body.get("conversation_id") if isinstance(body, dict) else None
        except ValueError:
            known = None
        if known is None:
            opened[seen[3]] += 1
            known = f"{zlib.crc32(seen[3]):08x}-{opened[seen[3]]}"
        reply = {"conversation_id": known, "message": "Hello.", "items": []}
        return 200, {"Content-Type": "application/json"}, json.dumps(reply).encode()

    with answering(respond) as small:
        verify(folder, small.url, "--seed", str(seed))
        return [str(seen).replace(str(small.port), "PORT") for seen in small.seen]


def places(requests: list[str]) -> dict[tuple[str, int], int]:
    """Return the position of each request; equal requests are numbered."""
    count: Counter[str] = Counter()
    found = {}
    for place, request in enumerate(requests):
        count[request] += 1
        found[request, count[request]] = place
    return found


def test_equal_seeds_send_equal_requests_in_the_same_order(tmp_path: Path) -> None:
    """Up to six requests are sent at the same time and may overtake each other."""
    first, second, other = (requests_of(seed, tmp_path) for seed in (5, 5, 6))
    assert len(first) > 80
    assert sorted(first) == sorted(second)
    once, again = places(first), places(second)
    assert max(abs(once[request] - again[request]) for request in once) < 6
    assert sorted(first) != sorted(other)


def test_environment_does_not_redirect_requests(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proxy variables and .netrc are ignored."""
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


def test_verbose_prints_the_seconds_of_each_phase_and_the_report_does_not(tmp_path: Path) -> None:
    with answering(lambda _: (200, {"Content-Type": "application/json"}, b"{}")) as small:
        verified = verify(tmp_path, small.url, "--quick", "--max-requests", "5", "-v")
    [line] = re.findall(r"^phases: (.*)$", verified.output, re.MULTILINE)
    names = [each.split()[0] for each in line.split(", ")]
    assert names == ["probe", "plan", "play", "explore", "confirm", "summarize"]
    assert "phases" not in (tmp_path / "report.json").read_text()


def test_requests_have_the_given_headers_and_our_user_agent(tmp_path: Path) -> None:
    with answering(lambda _: (200, {"Content-Type": "application/json"}, b"{}")) as small:
        verify(tmp_path, small.url, "--max-requests", "30", "-H", "X-Tenant: shop 7")
    assert {headers.get("X-Tenant") for *_, headers, _ in small.seen} == {"shop 7"}
    # Some cases have the headers of other clients.
    agents = [headers["User-Agent"].split("/")[0] for *_, headers, _ in small.seen]
    assert agents.count("chat-contract") > len(agents) / 3
    assert {path for _, path, *_ in small.seen if path.startswith("/v1/")} == {path for _, path, *_ in small.seen}
