"""Counts of several processes merge, and users pause as long as a server asks."""

from __future__ import annotations

import pytest

from chat_contract import Breakdown, Response
from chat_load.counting import Counts
from chat_load.pausing import LONGEST_SECONDS, Pause
from chat_load.settings import Example, Tally
from chat_load.target import check_host
from chat_load.web_tab import rows
from kit_http.urls import is_loopback
from kit_reports.codec import decode, encode


def example(name: str) -> Example:
    return Example(name, "at most 4 items", "14 items", "/items", 200, "{}", "curl …", ())


def counts(*violations: tuple[str, int, float]) -> Counts:
    made = Counts(replies=10, judged=8, errors=1, refused=2, exercised={"reply.item"})
    for clause, users, at in violations:
        made.note_violation(clause, users=users, at=at, example=lambda clause=clause, at=at: example(f"{clause} {at}"))
    return made


def test_first_violation_of_a_clause_is_kept_and_all_are_counted_by_second() -> None:
    [tally] = counts(("limit.asked", 40, 3.2), ("limit.asked", 41, 3.9), ("limit.asked", 42, 5.0)).tally().clauses
    assert (tally.violations, tally.users, tally.at) == (3, 40, 3.2)
    assert tally.by_second == {3: 2, 5: 1}
    assert tally.example.turn == "limit.asked 3.2"


@pytest.mark.parametrize("order", [1, -1])
def test_merging_adds_and_keeps_the_earliest_violation(order: int) -> None:
    one, other = counts(("limit.asked", 9, 7.0), ("reply.item", 9, 8.0)), counts(("limit.asked", 4, 2.5))
    merged = Counts()
    for each in [one, other][::order]:
        merged.add(decode(Tally, encode(each.tally())))
    tally = merged.tally()
    assert (tally.replies, tally.judged, tally.errors, tally.refused) == (20, 16, 2, 4)
    assert merged.by_clause() == {"limit.asked": 2, "reply.item": 1}
    first = tally.clauses[0]
    assert (first.clause, first.users, first.at, first.by_second) == ("limit.asked", 4, 2.5, {2: 1, 7: 1})


def test_taken_counts_are_sent_once() -> None:
    made = counts(("limit.asked", 1, 1.0))
    assert made.take().replies == 10
    assert made.take() == Tally()


def test_tab_has_a_row_for_each_violated_clause() -> None:
    [row] = rows(counts(("limit.asked", 40, 3.24)))
    assert (row["clause"], row["violations"], row["users"], row["at"]) == ("limit.asked", 1, 40, 3.2)
    assert row["got"] == "expected at most 4 items, got 14 items"


@pytest.mark.parametrize(
    ("status", "header", "seconds"),
    [
        (429, "7", 7.0),
        (429, None, 1.0),
        (429, "99999", LONGEST_SECONDS),
        (503, "3", 3.0),
        (503, None, 0.0),
        (200, "9", 0.0),
    ],
)
def test_pause_is_as_long_as_the_server_asks(status: int, header: str | None, seconds: float) -> None:
    pause = Pause()
    headers = () if header is None else (("Retry-After", header),)
    assert pause.note(Response(status, headers), now=10.0) == (status == 429)
    assert pause.left(10.0) == pytest.approx(seconds)
    assert pause.left(10.0 + seconds) == pytest.approx(0.0)


def test_later_and_shorter_pause_does_not_end_the_longer_one() -> None:
    pause = Pause()
    pause.note(Response(429, (("Retry-After", "60"),)), now=0.0)
    pause.note(Response(429, (("Retry-After", "1"),)), now=5.0)
    assert not pause.note(Breakdown("reset"), now=5.0)
    assert pause.left(5.0) == pytest.approx(55.0)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.8.7", "::1"])
def test_loopback_needs_no_permission(host: str) -> None:
    assert is_loopback(host)
    check_host(f"http://{f'[{host}]' if ':' in host else host}:80/v1", ())


@pytest.mark.parametrize("host", ["localhost.example", "10.0.0.1", "0.0.0.0", "127.0.0.1.example"])
def test_other_hosts_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
