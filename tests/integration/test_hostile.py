"""A sample of hostile requests, and many clients that stop half way."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import requests

from chat_mock.server import Server
from testbed.hostile.attack import attack

A_SAMPLE = 1500
HALF = b"POST /v1/chat HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    started = Server.start(["--seed", "0"])
    yield started
    started.stop()


def test_no_hostile_request_gets_a_5xx_or_html_or_no_end(server: Server) -> None:
    """A sample; ``make hostile`` sends twenty thousand."""
    result = attack(server.base_url, A_SAMPLE, seed=5)
    assert result.complaints == []
    assert {200, 400, 404, 405, 422} <= set(result.statuses)


def test_many_half_sent_bodies_do_not_slow_others(server: Server) -> None:
    address = urlsplit(server.base_url)
    with ExitStack() as stack, requests.Session() as session:
        session.trust_env = False

        def seconds_of_twenty() -> float:
            before = time.perf_counter()
            for _ in range(20):
                assert session.post(f"{server.base_url}/chat", json={"message": "hi"}, timeout=5).status_code == 200
            return time.perf_counter() - before

        alone = min(seconds_of_twenty() for _ in range(3))
        for _ in range(400):
            waiting = stack.enter_context(socket.create_connection((address.hostname, address.port)))
            waiting.sendall(HALF)
        beside = min(seconds_of_twenty() for _ in range(3))
        # Each of them held a thread once, and beyond so many nobody was answered.
        assert beside < 5 * alone + 1
