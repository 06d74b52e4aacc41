"""Every command of a report reproduces its violation in a shell: over TLS, with a key, for every kind of request."""

from __future__ import annotations

import functools
import ssl
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chat_contract import Contract, load_contract
from chat_contract.conformance import judge
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_verifier.findings.cause import Confirmation
from chat_verifier.findings.verdict import ClauseVerdict
from chat_verifier.report.model import ViolationReport
from chat_verifier.report.read import read_report
from chat_verifier.report.reproduce import Access
from kit_cli.main import cli
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport
from testbed.faulty_servers.base import KEY, PREFIX, Chat, Hook, Turn
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.correct import KEYED
from testbed.faulty_servers.fault import Fault, serve
from testbed.faulty_servers.wire import Server
from tests.conftest import RequireProgram
from tests.support.certificates import certificate
from tests.support.pasting import paste, request_of, shape, shown
from tests.support.small_proxy import passing

FAULTS = (
    *("get-crashes", "chunked-is-411", "broken-utf8-crashes", "nul-crashes", "empty-body-crashes", "form-crashes"),
    *("limit-ignored-later", "emoji-later-crashes", "message-null", "thousand-events-crash"),
    *("any-key-opens", "no-key-is-403", "id-upper-cased"),
)


def after(first: Hook, second: Hook) -> Hook:
    """Combine two faults."""

    def both(usual: Any, turn: Turn) -> Any:
        return second(lambda inner: first(usual, inner), turn)

    return both


def many_faults() -> Chat:
    """Return a server that requires a key and has all the faults."""
    hooks: dict[str, list[Hook]] = defaultdict(list)
    for name in FAULTS:
        fault = BY_NAME[name]
        assert isinstance(fault, Fault)
        for hook, planted in fault.hooks.items():
            hooks[hook].append(planted)
    return Chat(KEYED, {name: functools.reduce(after, planted) for name, planted in hooks.items()})


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


@pytest.fixture
def tls_server(tmp_path: Path, require_program: RequireProgram) -> Iterator[tuple[str, Path]]:
    """Serve the faulty server over TLS; yield its URL and its certificate."""
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    with Server(many_faults()) as server, passing(f"http://127.0.0.1:{server.port}{PREFIX}", tls=tls) as (url, _):
        yield url, cert


def test_every_command_reproduces_its_violation(
    tls_server: tuple[str, Path], contract: Contract, tmp_path: Path
) -> None:
    url, cert = tls_server
    report = tmp_path / "report.json"
    options = ["-H", f"Authorization: Bearer {KEY}", "--expect-auth", "--strict", "--ca-bundle", str(cert)]
    # With all these faults, most packs are taken apart; the budget must still reach the last sequences.
    options += ["--max-requests", "400"]
    result = CliRunner().invoke(cli, ["verify", url, *options, "--report", f"json={report}"])
    assert result.exit_code == 1, result.output
    found = [
        (clause.id, violation)
        for clause, violation in read_report(report).violations(ClauseVerdict.FAIL)
        if violation.confirmation is Confirmation.CONFIRMED
    ]
    assert len(found) >= 10, found
    for clause, violation in found:
        assert_reproduces(clause, violation, contract, tmp_path)
    # The commands cover every form.
    commands = "\n".join(violation.command for _, violation in found)
    kinds = (
        "conversation_id=$(",
        "| curl",
        "-X GET",
        "chunked",
        "${CHAT_API_KEY}",
        "--cacert",
        "multipart/form-data",
    )
    assert [kind for kind in kinds if kind not in commands] == []


def test_command_of_an_empty_body_reproduces_its_violation(contract: Contract, tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serve(BY_NAME["empty-body-crashes"]) as url:
        result = CliRunner().invoke(cli, ["verify", url, "--quick", "--report", f"json={report}"])
        assert result.exit_code == 1, result.output
        [(clause, violation)] = read_report(report).violations(ClauseVerdict.FAIL)
        assert violation.command.endswith("-d ''")
        assert_reproduces(clause.id, violation, contract, tmp_path)


def assert_reproduces(clause: str, violation: ViolationReport, contract: Contract, folder: Path) -> None:
    if violation.command.startswith("for n in"):
        assert_reproduces_in_parallel(violation.command, folder)
        return
    answer = paste(violation.command, folder)[-1]
    *before, exchange = violation.exchanges
    assert exchange.response is not None
    assert answer.status == exchange.response.status, violation.command
    if before:
        assert isinstance(exchange.response.body, str)
        assert shape(answer.body) == shape(exchange.response.body.encode()), violation.command
        return
    kind = clause.removeprefix("credentials.") if clause.startswith("credentials.") else "given"
    again = judge(contract, Exchange(request_of(exchange.request, kind), answer), History())
    assert clause in {one.clause for one in again} or clause in {"http.chunked", "conversation.kept"}, violation.command


def assert_reproduces_in_parallel(command: str, folder: Path) -> None:
    """Each line shows the id of the first turn, then the next response, which must not have it."""
    lines = shown(command, folder).decode().splitlines()
    assert len(lines) == 6
    assert all('"' + line.split(":")[0] + '"' not in line.partition(" ")[2] for line in lines), lines


def test_curl_options_match_the_transport_of_the_run() -> None:
    proxy = "http://me:open-sesame-42@127.0.0.1:3128"
    transport = Transport(cert=Path("our cert.pem"), key=Path("our.key"), proxy=proxy, insecure=True)
    options = Access("https://127.0.0.1:1/v1", (), secrets_of((), proxy), transport).options
    assert " ".join(options) == (
        "--insecure --cert 'our cert.pem' --key our.key --proxy \"http://me:${CHAT_PROXY_PASSWORD}@127.0.0.1:3128\""
    )
