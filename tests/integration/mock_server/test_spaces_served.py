"""Spaces, the log and origins in a mock that runs as users run it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.support.mock import Running
from tests.support.waiting import PATIENCE

HEADERS = {"Origin": "http://shop.test"}


def base_of(mock: Running) -> str:
    return mock.url.removesuffix("/v1/chat")


def test_many_workers_with_a_space_each_see_their_own_rules_and_requests(run_mock: Callable[..., Running]) -> None:
    base = base_of(run_mock("--seed", "7"))

    def work(number: int) -> tuple[list[int], list[str]]:
        space = f"{base}/_mock/spaces/w{number}"
        with requests.Session() as session:
            session.post(f"{space}/_mock/reset", timeout=PATIENCE)
            session.put(f"{space}/_mock/behaviour", json={"code": 500 + number, "times": 2}, timeout=PATIENCE)
            sent = [{"message": f"worker {number}, turn {turn}"} for turn in range(10)]
            statuses = [session.post(f"{space}/v1/chat", json=body, timeout=PATIENCE).status_code for body in sent]
            listed = session.get(f"{space}/_mock/requests", timeout=PATIENCE).json()["requests"]
        return statuses, [entry["request"]["body"]["message"] for entry in listed]

    with ThreadPoolExecutor(8) as pool:
        for number, (statuses, messages) in enumerate(pool.map(work, range(16))):
            assert statuses == [500 + number] * 2 + [200] * 8
            assert messages == [f"worker {number}, turn {turn}" for turn in range(10)]


def test_log_has_a_line_for_each_request(run_mock: Callable[..., Running]) -> None:
    mock = run_mock("--log", "json")
    requests.post(mock.url, json={"message": "hi"}, timeout=PATIENCE)
    requests.post(f"{base_of(mock)}/_mock/spaces/a/v1/chat", json={}, timeout=PATIENCE)
    requests.get(f"{base_of(mock)}/_mock/requests", timeout=PATIENCE)
    mock.stop()
    lines = [json.loads(line) for line in mock.process.stdout.read().splitlines()]
    assert [(line["path"], line["status"], line["source"]) for line in lines] == [
        ("/v1/chat", 200, "search"),
        ("/_mock/spaces/a/v1/chat", 422, "validation"),
    ]


def test_refused_origin_is_logged_once_with_the_fix(run_mock: Callable[..., Running]) -> None:
    mock = run_mock()
    for _ in range(2):
        requests.post(mock.url, json={"message": "hi"}, headers=HEADERS, timeout=PATIENCE)
        requests.options(mock.url, headers={**HEADERS, "Access-Control-Request-Method": "POST"}, timeout=PATIENCE)
    mock.stop()
    assert mock.process.stdout.read().splitlines() == [
        'A page of the origin "http://shop.test" cannot read the responses. Allow it with --cors-origin http://shop.test'
    ]
