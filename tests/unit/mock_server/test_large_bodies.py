"""Large bodies: a 422 equals FastAPI's up to 1,000 errors, lists the first 1,000 beyond, and stays small."""

from __future__ import annotations

import gc
import json
import tracemalloc
from typing import Any

import pytest

from mock_server.respond.collector import paused_collector
from mock_server.respond.intake import OMITTED
from mock_server.validation.long_lists import LONGEST
from testbed.fastapi_parity.reference import Client, documented_app
from tests.support.deciding import decide, service_with

GOOD = {"timestamp": "2024-06-14T10:00:00Z", "type": "x"}
MEGABYTE = 1024 * 1024


def by_fastapi(raw: bytes) -> tuple[int, str]:
    client = Client(documented_app())
    try:
        return client.post(raw, "application/json")
    finally:
        client.close()


@pytest.mark.parametrize(
    "body",
    [
        {"message": "hi", "events": [GOOD] * 2000},
        {"message": "hi", "events": [GOOD] * LONGEST + [5]},
        {"user_id": 5, "limit": "x", "events": [5] * 990},
        {"message": "hi", "events": [{}] * 500, "extra": 1},
        {"message": 1, "events": [GOOD, {"type": 1}] * 400, "limit": -1},
        {"limit": True, "events": [*([GOOD] * 700), {"timestamp": "x", "type": None}, [], None]},
    ],
)
def test_rejection_with_at_most_1000_errors_equals_that_of_fastapi(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    status, text = by_fastapi(raw)
    answer = decide(service_with(), raw)
    assert answer.status == status
    assert status == 200 or answer.body.decode() == text
    assert OMITTED not in dict(answer.headers)


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ({"message": "hi", "events": [5] * 1001}, 1001),
        ({"user_id": 5, "events": [{}] * 3000, "limit": "x"}, 6003),
    ],
)
def test_rejection_lists_1000_errors_of_fastapi_and_counts_the_others(body: dict[str, Any], count: int) -> None:
    raw = json.dumps(body).encode()
    expected = json.loads(by_fastapi(raw)[1])["detail"]
    answer = decide(service_with(), raw)
    assert len(expected) == count
    assert json.loads(answer.body)["detail"] == expected[:1000]
    assert dict(answer.headers)[OMITTED] == str(count - 1000)


def test_properties_beyond_1000_that_the_profile_rejects_are_counted() -> None:
    body = {"message": "hi", **{f"k{number}": 1 for number in range(1500)}}
    answer = decide(service_with(latitude="forbid"), json.dumps(body).encode())
    assert (len(json.loads(answer.body)["detail"]), dict(answer.headers)[OMITTED]) == (1000, "500")


@pytest.mark.parametrize("item", [b"[]", b"1", b"{}", b"null", b'{"":0}'])
def test_body_of_a_megabyte_needs_less_than_100_megabytes(item: bytes) -> None:
    service = service_with()
    raw = b'{"message":"hi","events":[%b]}' % b",".join([item] * ((MEGABYTE - 30) // (len(item) + 1)))
    tracemalloc.start()
    try:
        answer = decide(service, raw)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status == 422
    assert len(answer.body) < MEGABYTE
    assert peak < 100 * MEGABYTE


@pytest.mark.parametrize("item", [b"[]", b"{}", b"5", b'{"a":[[]]}'])
def test_large_bodies_leave_no_garbage_for_the_collector(item: bytes) -> None:
    service = service_with()
    raw = b'{"message":"hi","events":[%b]}' % b",".join([item] * 20_000)
    decide(service, raw)
    gc.collect()
    gc.disable()
    try:
        decide(service, raw)
        assert gc.collect() < 1000
    finally:
        gc.enable()


@pytest.mark.parametrize("profile", ["documented", "fastapi", "forbid"])
def test_errors_beyond_1000_are_counted_for_any_mix_of_items(profile: str) -> None:
    items = (5, [], {}, GOOD, None, "x", {"type": 1}, True, 1.5, [GOOD], {**GOOD, "extra": 1}, {"timestamp": "x"})
    body = {"message": "hi", "events": [items[number * number % 12] for number in range(3000)]}
    service = service_with(latitude=profile)
    alone = [decide(service, json.dumps({"message": "hi", "events": [item]}).encode()) for item in items]
    counts = [len(json.loads(answer.body)["detail"]) if answer.status == 422 else 0 for answer in alone]
    answer = decide(service, json.dumps(body).encode())
    assert int(dict(answer.headers)[OMITTED]) == sum(counts[n * n % 12] for n in range(3000)) - 1000


def test_collector_is_paused_once_and_runs_again_afterwards() -> None:
    seen = []

    def fail() -> None:
        with paused_collector():
            with paused_collector():
                seen.append(gc.isenabled())
            seen.append(gc.isenabled())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert [*seen, gc.isenabled()] == [False, False, True]
