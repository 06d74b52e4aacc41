"""Requests keep to the rate of the user and of the server, and to the request budget."""

from __future__ import annotations

import pytest

from chat_contract import UsageError
from chat_contract.exchange import Response
from chat_verifier.run.budget import BudgetSpentError, RequestBudget
from chat_verifier.run.pacing import Pace, parse_rate
from kit_http.retry_after import retry_after


class FakeClock:
    """A clock that advances only by sleep."""

    def __init__(self) -> None:
        self.now = 100.0

    def read(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class LimitedServer:
    """A server that accepts a number of requests in each second, and a client with a pace."""

    def __init__(self, each_second: int, rate: float | None = None) -> None:
        self.clock = FakeClock()
        self.pace = Pace(rate, clock=self.clock.read, sleep=self.clock.sleep)
        self.each_second = each_second
        self.accepted: list[float] = []
        self.rejected = 0

    def request(self) -> None:
        self.pace.wait()
        if len([at for at in self.accepted if at > self.clock.now - 1]) >= self.each_second:
            self.rejected += 1
            self.pace.hold(1)
        else:
            self.accepted.append(self.clock.now)


def test_rate_limit_spaces_requests_evenly() -> None:
    server = LimitedServer(1000, rate=4)
    for _ in range(9):
        server.request()
    assert server.clock.now == 102.0


@pytest.mark.parametrize("each_second", [2, 8])
def test_pace_learns_the_limit_of_the_server(each_second: int) -> None:
    server = LimitedServer(each_second)
    while len(server.accepted) < 200:
        server.request()
    assert server.rejected <= 20
    assert server.clock.now - 100 < 2 * 200 / each_second


def test_pace_does_not_wait_without_a_rejection() -> None:
    server = LimitedServer(1000)
    for _ in range(500):
        server.request()
    assert server.clock.now == 100.0


@pytest.mark.parametrize(("text", "rate"), [("5/s", 5.0), ("90/min", 1.5), ("90/m", 1.5), (" 7200/h ", 2.0)])
def test_rate_is_a_count_per_unit(text: str, rate: float) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["fast", "0/s", "5", "-1/s", "5/day"])
def test_invalid_rate_is_rejected_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=f'Invalid --rate-limit "{text}".*5/s'):
        parse_rate(text)


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
def test_retry_after_is_a_number_or_a_date(headers: dict[str, str], seconds: float) -> None:
    assert retry_after(Response(429, tuple(headers.items()))) == seconds


def test_every_request_counts_and_none_is_sent_beyond_the_limit() -> None:
    budget = RequestBudget(2)
    for _ in range(2):
        budget.take()
        budget.settle(accepted=False)
    with pytest.raises(BudgetSpentError):
        budget.take()
    assert (budget.sent, budget.accepted) == (2, 0)


def test_no_request_is_sent_once_the_server_accepted_as_many_as_it_may() -> None:
    budget = RequestBudget(10, 1)
    budget.take()
    budget.settle(accepted=True)
    with pytest.raises(BudgetSpentError):
        budget.take()


def test_nothing_is_sent_after_the_time_is_over() -> None:
    with pytest.raises(BudgetSpentError):
        RequestBudget(left=lambda: 0.0).take()
