"""Large responses are received and judged one after the other, and waiting for that is not the server's fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count, repeat

import pytest

from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.run.large import LARGE, LargeResponses
from chat_verifier.target.bounded import Bounds
from chat_verifier.target.client import Client
from testbed.hostile_servers.attacks import Attack
from testbed.hostile_servers.server import serve_attack
from tests.support.waiting import PATIENCE, wait_until
from tests.support.wire_server import answering, http

ASK = Request("POST", "/chat", (("Content-Type", "application/json"),), b'{"message": "hello"}')
BODY = b"x" * 2 * LARGE
WAITED = 1000.0


def ask(client: Client) -> Response | Breakdown:
    with client.handling():
        return client.send(ASK)


def waits(_large: LargeResponses, _over: object) -> float:
    return WAITED


def test_large_responses_are_handled_one_after_the_other_and_small_ones_meanwhile() -> None:
    handled, most = [0, 0], [0, 0]
    small = threading.Barrier(4)
    lock = threading.Lock()

    def handle(path: str) -> None:
        with client.handling():
            outcome = client.send(Request("GET", path))
            assert isinstance(outcome, Response)
            large = len(outcome.body) > LARGE
            with lock:
                handled[large] += 1
                most[large] = max(most[large], handled[large])
            if large:
                time.sleep(0.02)
            else:
                small.wait(PATIENCE)
            with lock:
                handled[large] -= 1

    with answering(lambda raw: http(200, BODY if b"/large" in raw else b"{}")) as (url, _):
        client = Client(url, timeout=PATIENCE)
        with ThreadPoolExecutor(max_workers=8) as pool:
            list(pool.map(handle, ["/large", "/small"] * 4))
        client.close()
    assert (most, handled) == ([4, 1], [0, 0])


def test_large_response_that_drips_holds_others_up_only_until_its_time_limit() -> None:
    drips = threading.Event()

    def pieces(_: bytes) -> Iterator[bytes | float]:
        first = not drips.is_set()
        drips.set()
        yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY[: -1 if first else None]
        if first:
            yield from repeat(0.05)

    with serve_attack(Attack("dripping", pieces), period=1, spared=0) as url, ThreadPoolExecutor(1) as pool:
        client, patient = Client(url, timeout=2.0), Client(url, timeout=PATIENCE)
        patient._large = client._large
        dripping = pool.submit(ask, client)
        assert drips.wait(PATIENCE)
        assert isinstance(ask(patient), Response)
        outcome = dripping.result(PATIENCE)
        client.close()
        patient.close()
    assert isinstance(outcome, Breakdown)
    assert outcome.kind == "silence"


def test_time_in_which_the_client_does_not_read_does_not_count() -> None:
    began = time.monotonic() - WAITED
    with pytest.raises(TimeoutError):
        _ = Bounds(PATIENCE, 1, began=began).wait
    assert Bounds(PATIENCE, 1, began=began, waited=WAITED).wait > 0


def test_duration_of_a_response_is_without_the_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LargeResponses, "begin", waits)
    with answering(lambda _: http(200, BODY)) as (url, _):
        client = Client(url, timeout=PATIENCE)
        outcome = ask(client)
        client.close()
    assert isinstance(outcome, Response)
    assert outcome.elapsed < 0


@pytest.mark.parametrize("waited", [True, False])
def test_response_that_breaks_off_after_a_wait_is_requested_again(
    monkeypatch: pytest.MonkeyPatch, *, waited: bool
) -> None:
    if waited:
        monkeypatch.setattr(LargeResponses, "begin", waits)
    number = count()
    with answering(lambda _: http(200, BODY, length=len(BODY) + (next(number) == 0))) as (url, seen):
        client = Client(url, timeout=PATIENCE)
        outcome = ask(client)
        client.close()
    assert isinstance(outcome, Response if waited else Breakdown)
    assert (len(seen), client.lost) == ((2, 1) if waited else (1, 0))


def test_run_that_ends_does_not_wait_for_its_turn() -> None:
    large, over = LargeResponses(), threading.Event()

    def wait() -> float:
        with large.handling():
            return large.begin(over.is_set)

    with large.handling(), ThreadPoolExecutor(max_workers=1) as pool:
        large.begin(lambda: False)
        waiting = pool.submit(wait)
        wait_until(waiting.running)
        over.set()
        assert waiting.result(PATIENCE) >= 0
