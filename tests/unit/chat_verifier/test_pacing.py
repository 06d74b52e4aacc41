"""Requests go out no faster than the user wants and the server takes, and no more of them than were allowed."""

from __future__ import annotations

import pytest

from chat_contract.exchange import Response
from chat_verifier.run.budget import MOST_LOST, BudgetSpentError, RequestBudget
from chat_verifier.run.pacing import Pace
from chat_verifier.target.client import retry_after


class Time:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self):
        self.now = 100.0

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


class Limited:
    """A server that takes so many requests in each second, and the pace of whoever asks it."""

    def __init__(self, each_second, rate=None):
        self.time = Time()
        self.pace = Pace(rate, clock=self.time.clock, sleep=self.time.sleep)
        self.each_second = each_second
        self.taken = []
        self.refused = 0

    def ask(self):
        self.pace.wait()
        if len([at for at in self.taken if at > self.time.now - 1]) >= self.each_second:
            self.refused += 1
            self.pace.hold(1)
        else:
            self.taken.append(self.time.now)


def test_a_rate_spaces_requests_out():
    server = Limited(1000, rate=4)
    for _ in range(9):
        server.ask()
    assert server.time.now == 102.0


@pytest.mark.parametrize("each_second", [2, 8])
def test_what_a_server_takes_is_learnt_from_its_refusals(each_second):
    server = Limited(each_second)
    while len(server.taken) < 200:
        server.ask()
    assert server.refused <= 20
    assert server.time.now - 100 < 2 * 200 / each_second


def test_without_a_refusal_nothing_is_held_back():
    server = Limited(1000)
    for _ in range(500):
        server.ask()
    assert server.time.now == 100.0


DATE = "Wed, 25 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 1.0),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 2.5 "}, 2.5),
        ({"Retry-After": "3600"}, 3600.0),
        ({"Retry-After": "0"}, 0.05),
        ({"Retry-After": "-5"}, 1.0),
        ({"Retry-After": "nan"}, 1.0),
        ({"Retry-After": "inf"}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({"Retry-After": "Wed, 99 Foo"}, 1.0),
        ({"Retry-After": "Wed, 25 Nov 2026 10:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry-After": "Wed, 25 Nov 2026 09:00:00 GMT", "Date": DATE}, 0.05),
    ],
)
def test_retry_after_is_a_number_or_a_date(headers, seconds):
    assert retry_after(Response(429, tuple(headers.items()))) == seconds


def test_no_more_is_sent_than_allowed_whatever_was_lost():
    budget = RequestBudget(2)
    budget.take()
    budget.lose()
    budget.take()
    with pytest.raises(BudgetSpentError):
        budget.take()
    assert (budget.sent, budget.spent) == (2, 2)


def test_without_a_fixed_end_a_few_lost_ones_count_and_many_do_not():
    budget = RequestBudget()
    for _ in range(MOST_LOST):
        budget.take()
        budget.lose()
    assert budget.spent == budget.sent == MOST_LOST
    budget.take()
    budget.lose()
    assert (budget.sent, budget.spent) == (MOST_LOST + 1, MOST_LOST)


def test_nothing_is_sent_when_the_time_is_over():
    with pytest.raises(BudgetSpentError):
        RequestBudget(left=lambda: 0.0).take()
