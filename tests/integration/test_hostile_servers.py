"""Samples of ``python -m testbed.hostile_servers``: ``verify`` and ``load`` report a server that attacks its client."""

from __future__ import annotations

import math
from contextlib import closing

import gevent  # type: ignore[import-untyped]  # gevent ships no types
import pytest

from chat_contract import Breakdown, Request, Response, load_contract
from chat_load.client import Client, Credentials
from chat_load.launch import LoadError
from chat_load.plan import Plan
from chat_load.settings import Conversation, Settings
from chat_load.target import check_server
from kit_http.transport import Transport
from testbed.hostile_servers.attacks import ATTACKS
from testbed.hostile_servers.measure import verify_hostile, verify_odd
from testbed.hostile_servers.server import serve_attack
from tests.support.waiting import PATIENCE

BY_NAME = {attack.name: attack for attack in ATTACKS}
LARGE = ("header-of-a-megabyte", "gzip-bomb", "nested-reply")
ENDLESS = ("endless-100-continue", "dripping-headers")


@pytest.mark.parametrize(
    ("name", "timeout"), [*((name, f"{PATIENCE:.0f}") for name in LARGE), *((name, "2") for name in ENDLESS)]
)
def test_hostile_server_gets_a_named_finding_in_complete_reports(name: str, timeout: str) -> None:
    """Memory has its limit in ``MEGABYTES``; ``make hostile-servers`` limits the time too.

    An endless response is cut off after 2 s. On a busy machine, a good one may take as long; then nothing is confirmed.
    """
    options = ["--max-requests", "12", "--timeout", timeout]
    outcome = verify_hostile(BY_NAME[name], options, period=2, most_seconds=math.inf)
    assert outcome.complaints == ()
    assert outcome.code in ({1, 2} if name in ENDLESS else {1})


@pytest.mark.parametrize("seed", [2, 5, 8])
def test_odd_responses_end_in_complete_reports(seed: int) -> None:
    """The seeds change values in all responses, or in a third of them; 8 has objects in locs."""
    outcome = verify_odd(seed, ["--quick", "--timeout", f"{PATIENCE:.0f}"], most_seconds=math.inf)
    assert outcome.complaints == ()
    assert outcome.code == 1


def test_server_that_attacks_from_the_first_request_on_cannot_be_verified() -> None:
    outcome = verify_hostile(BY_NAME["no-http"], period=1, spared=0, most_seconds=math.inf)
    assert outcome.complaints == ()
    assert (outcome.code, outcome.requests) == (2, 0)


def test_attacks_have_unique_names() -> None:
    assert len(BY_NAME) == len(ATTACKS) >= 39


REQUEST = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message":"hi"}')
CONVERSATION = Conversation("greeting", (("hi",),))


def loaded(url: str, timeout: float) -> Response | Breakdown:
    settings = Settings("", url, None, (), (CONVERSATION,), 0.0, (0.0, 0.0), timeout, 0, 0.0)
    with closing(Client(settings, Credentials((), None), Transport())) as client:
        return client.send(REQUEST)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("status-line-without-end", "garbled"),
        ("header-of-a-megabyte", "garbled"),
        ("headers-without-end", "garbled"),
        ("endless-100-continue", "garbled"),
        ("chunk-size-without-end", "too-long"),
        ("trailers-without-end", "too-long"),
        ("closed-half-way", "truncated"),
        ("closed-without-a-byte", "reset"),
        ("endless-body", "too-long"),
        ("endless-chunks", "too-long"),
    ],
)
def test_load_reads_no_more_of_a_response_than_its_limits(name: str, kind: str) -> None:
    with serve_attack(BY_NAME[name], period=1, spared=0) as url:
        outcome = loaded(url, PATIENCE)
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == kind


@pytest.mark.parametrize("name", ["dripping-headers", "dripping-chunks"])
def test_load_waits_no_longer_for_a_dripping_response_than_its_timeout(name: str) -> None:
    with serve_attack(BY_NAME[name], period=1, spared=0) as url:
        outcome = loaded(url, 0.6)
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == "silence"


def test_responses_larger_than_a_megabyte_are_received_by_one_user_of_a_load_after_the_other() -> None:
    with serve_attack(BY_NAME["keys"], period=1, spared=0) as url:
        outcomes = [greenlet.get() for greenlet in [gevent.spawn(loaded, url, PATIENCE) for _ in range(3)]]
    assert [isinstance(outcome, Response) and len(outcome.body) > 1_000_000 for outcome in outcomes] == [True] * 3


def test_load_of_a_server_whose_first_response_drips_ends_after_the_timeout() -> None:
    plan = Plan(load_contract(), (CONVERSATION,), wrong=0.0)
    with (
        serve_attack(BY_NAME["dripping-headers"], period=1, spared=0) as url,
        pytest.raises(LoadError, match="no response within"),
    ):
        check_server(plan, url, (), Transport(), 0.5)


def test_load_does_not_read_the_first_response_to_its_end() -> None:
    plan = Plan(load_contract(), (CONVERSATION,), wrong=0.0)
    with serve_attack(BY_NAME["endless-body"], period=1, spared=0) as url:
        check_server(plan, url, (), Transport(), PATIENCE)
