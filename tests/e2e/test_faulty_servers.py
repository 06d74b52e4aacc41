"""Each planted fault is observable in its own server and in no correct one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from testbed.faulty_servers.base import PREFIX, Chat
from testbed.faulty_servers.catalogue import BY_NAME, FAULTS
from testbed.faulty_servers.conditions import CONDITIONS
from testbed.faulty_servers.correct import CORRECT, LAX
from testbed.faulty_servers.effects import WRONG, Wrong, rejecting
from testbed.faulty_servers.fault import GROUPS, MUST, SHOULD, Fault, serve
from testbed.faulty_servers.pairs import Draw, pairs
from testbed.faulty_servers.wire import JSON, Request
from testbed.faulty_servers.witness import Client, broken, client_for, say
from tests.support.waiting import PATIENCE

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
        if fault.witness(client_for(correct_urls[style.name], keyed=style.keyed, seconds_of_a_hang=PATIENCE))
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


@pytest.mark.parametrize("seed", range(3))
def test_drawn_faults_show_on_their_own_server_only(correct_urls: dict[str, str], seed: int) -> None:
    for fault in pairs(5, seed):
        with serve(fault) as url:
            assert fault.witness(client_for(url, keyed=False)), fault.about
            assert fault.met, fault.about
        blamed = [
            style.name
            for style in CORRECT
            if style.spotless and not style.keyed and not style.rate
            if fault.witness(client_for(correct_urls[style.name], keyed=False))
        ]
        assert blamed == [], fault.about


@pytest.mark.parametrize("wrong", [one for one in WRONG if not one.field], ids=lambda wrong: wrong.name)
def test_fault_of_a_wrong_event_does_not_show_if_the_list_of_events_is_wrong(wrong: Wrong) -> None:
    first_turn = next(one for one in CONDITIONS if one.name == "first turn")
    fault = Draw((first_turn,), rejecting(wrong)[0], wrong).fault("drawn")
    headers = {name.lower(): value for name, value in JSON.items()}
    answer = Chat(fault.style, fault.hooks)(
        Request("POST", f"{PREFIX}/chat", headers, json.dumps(say(events=7)).encode(), chunked=False)
    )
    assert answer.status == 422


def test_same_seed_draws_the_same_faults() -> None:
    first, again, other = pairs(8, 1), pairs(8, 1), pairs(8, 2)
    assert [(one.name, one.level, one.about) for one in first] == [(one.name, one.level, one.about) for one in again]
    assert [one.about for one in first] != [one.about for one in other]
    assert len({one.about for one in first}) == 8


@pytest.mark.parametrize(
    ("naming", "named"),
    [
        ("all", ["message", "session_id", "limit"]),
        ("first", ["message"]),
        ("hybrid", ["session_id"]),
    ],
)
def test_base_names_all_faults_or_the_first_or_the_first_wrong_type(naming: str, named: list[str]) -> None:
    with serve(replace(LAX, naming=naming)) as url:
        detail = Client(url).send({"session_id": 5, "limit": []}).detail
        assert [entry["loc"][-1] for entry in detail] == named
        missing = Client(url).send({"events": [{}]}).detail
        assert len(missing) == (1 if naming == "first" else 3)


def test_stalling_server_stops_while_a_request_hangs() -> None:
    with serve(BY_NAME["quote-hangs"]) as url:
        assert broken("silence", say("It's oak"))(Client(url))


def test_one_server_starts_by_name() -> None:
    command = [sys.executable, "-m", "testbed.faulty_servers", "status-201"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "A turn gets 201 Created.\n"
            assert Client(process.stdout.readline().strip()).send(say()).status == 201
        finally:
            process.terminate()
