"""Each planted fault is observable in its own server and in no correct one."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from testbed.faulty_servers.catalogue import BY_NAME, FAULTS
from testbed.faulty_servers.correct import CORRECT
from testbed.faulty_servers.fault import GROUPS, MUST, SHOULD, Fault, serve
from testbed.faulty_servers.witness import Client, broken, client_for, say

every_fault = pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)


@pytest.fixture(scope="module")
def correct_urls() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        yield {style.name: stack.enter_context(serve(style)) for style in CORRECT}


@every_fault
def test_witness_detects_the_fault(fault: Fault) -> None:
    with serve(fault) as url:
        assert fault.witness(client_for(url, keyed=fault.needs_key))


@every_fault
def test_witness_passes_on_correct_servers(fault: Fault, correct_urls: dict[str, str]) -> None:
    """Faults of level SHOULD are compared with servers without warnings only."""
    blamed = [
        style.name
        for style in CORRECT
        if (fault.level == MUST or style.spotless) and style.keyed == fault.needs_key
        if fault.witness(client_for(correct_urls[style.name], keyed=style.keyed))
    ]
    assert blamed == []


def test_catalogue_has_unique_names_and_enough_faults() -> None:
    assert len(FAULTS) >= 150
    assert len(BY_NAME) == len(FAULTS) + len(CORRECT)
    assert {fault.group for fault in FAULTS} == set(GROUPS)
    assert Counter(fault.level for fault in FAULTS).keys() == {MUST, SHOULD}


def test_should_faults_are_based_on_servers_without_warnings() -> None:
    """Otherwise --strict would report the base server instead of the fault."""
    assert [fault.name for fault in FAULTS if fault.level == SHOULD and not fault.style.spotless] == []


@pytest.mark.timeout(30)
def test_stalling_server_stops_while_a_request_hangs() -> None:
    with serve(BY_NAME["quote-hangs"]) as url:
        assert broken("silence", say("It's oak"))(Client(url))


def test_one_server_starts_by_name() -> None:
    command = [sys.executable, "-m", "testbed.faulty_servers", "status-201"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "A turn gets 201 Created.\n"
        assert Client(process.stdout.readline().strip()).send(say()).status == 201
        process.terminate()
