"""Every command of a report, pasted into a shell, shows its violation: over TLS, with a key, every kind of request."""

from __future__ import annotations

import functools
import json
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
from chat_verifier.report.reproduce import Way
from kit_cli.main import cli
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport
from testbed.faulty_servers.base import KEY, PREFIX, Chat, Hook, Turn
from testbed.faulty_servers.catalogue import BY_NAME
from testbed.faulty_servers.correct import KEYED
from testbed.faulty_servers.fault import Fault
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
    """Plant one fault on top of another."""

    def both(usual: Any, turn: Turn) -> Any:
        return second(lambda inner: first(usual, inner), turn)

    return both


def many_faults() -> Chat:
    """A server that demands a key and has all the faults."""
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
def away(tmp_path: Path, require_program: RequireProgram) -> Iterator[tuple[str, Path]]:
    """The server behind TLS; its URL, and the certificate to trust."""
    require_program("openssl", "openssl")
    cert, key = certificate(tmp_path, "server")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    with Server(many_faults()) as server, passing(f"http://127.0.0.1:{server.port}{PREFIX}", tls=tls) as (url, _):
        yield url, cert


def test_every_command_shows_its_violation(away: tuple[str, Path], contract: Contract, tmp_path: Path) -> None:
    url, cert = away
    report = tmp_path / "report.json"
    options = ["-H", f"Authorization: Bearer {KEY}", "--expect-auth", "--strict", "--ca-bundle", str(cert)]
    # With so many faults at once most packs are taken apart; what comes last must be sent all the same.
    options += ["--max-requests", "400"]
    result = CliRunner().invoke(cli, ["verify", url, *options, "--report", f"json={report}"])
    assert result.exit_code == 1, result.output
    found = [
        (clause["id"], violation)
        for clause in json.loads(report.read_text("utf-8"))["clauses"]
        if clause["verdict"] == "fail"
        for violation in clause["violations"]
        if not violation["intermittent"]
    ]
    assert len(found) >= 10, found
    for clause, violation in found:
        assert_shown(clause, violation, contract, tmp_path)
    # Each kind of command is among them.
    commands = "\n".join(violation["curl"] for _, violation in found)
    kinds = (
        "_of_the_first_turn",
        "| curl",
        "-X GET",
        "chunked",
        "${CHAT_API_KEY}",
        "--cacert",
        "x-www-form-urlencoded",
        "-d ''",
    )
    assert [kind for kind in kinds if kind not in commands] == []


def assert_shown(clause: str, violation: dict[str, Any], contract: Contract, folder: Path) -> None:
    if violation["curl"].startswith("for n in"):
        # Several at the same time: each line says what id was given, and what came then.
        lines = shown(violation["curl"], folder).decode().splitlines()
        assert len(lines) == 6
        assert all('"' + line.split()[0] + '"' not in line.partition(" ")[2] for line in lines), lines
        return
    answer = paste(violation["curl"], folder)[-1]
    *before, exchange = violation["exchanges"]
    assert answer.status == exchange["response"]["status"], violation["curl"]
    if before:
        came = exchange["response"]["body"].encode()
        assert shape(answer.body) == shape(came), violation["curl"]
        return
    kind = clause.removeprefix("credentials.") if clause.startswith("credentials.") else "given"
    again = judge(contract, Exchange(request_of(exchange["request"], kind), answer), History())
    assert clause in {one.clause for one in again} or clause in {"http.chunked", "conversation.kept"}, violation["curl"]


def test_a_command_goes_the_way_that_was_gone() -> None:
    proxy = "http://me:open-sesame-42@127.0.0.1:3128"
    transport = Transport(cert=Path("our cert.pem"), key=Path("our.key"), proxy=proxy, insecure=True)
    options = Way("https://127.0.0.1:1/v1", (), secrets_of((), proxy), transport).options
    assert " ".join(options) == (
        "--insecure --cert 'our cert.pem' --key our.key --proxy \"http://me:${CHAT_PROXY_PASSWORD}@127.0.0.1:3128\""
    )
