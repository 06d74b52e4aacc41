"""``python -m benchmarks.load``: the CPU time of ``chat-contract load`` for each response, and of judging one.

The exchanges are those of simulated users with the mock. CPU time is compared, in interleaved rounds, because other
work on the machine changes it least.
"""

from __future__ import annotations

import argparse
import copy
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from benchmarks.documents import compile_packages, replace_figures
from benchmarks.processes import cpu_seconds
from chat_contract import Contract, Exchange, Response, load_contract
from chat_contract.conformance import examine, find_violations
from chat_load.judging import LoadJudge, RecentIds
from chat_load.launch import Access, Swarm, run_load
from chat_load.plan import Plan, Shopper, Step
from chat_load.settings import Conversation, Progress, Settings
from kit_cli.actions.load import read_conversations
from mock_server import Options, create_app, read_snapshot

MICROSECONDS = 1e6
TARGET = 200.0
"""Microseconds that judging a response may take."""
TARGET_RATE = 1500.0
"""Judged responses that a whole load must reach in a second of CPU time."""

_SECONDS_TO_WARM_UP = 3
"""Before this, processes start, and the first request of each kind is classified."""

_Played = list[tuple[Step, Exchange]]


def main() -> int:
    """Measure and print; exit 1 if a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=10, help="seconds of the load (default: %(default)s)")
    parser.add_argument("--write-docs", action="store_true", help="update the figures in docs/how-to/load.md")
    options = parser.parse_args()
    compile_packages()
    contract = load_contract()
    conversations = read_conversations(None, contract)[0]
    played = play(contract, conversations, 1000)
    thorough, fast, judge = [], [], LoadJudge(contract)
    # The first request of its kind is classified; in a load, the kinds repeat.
    cost(played, judge.judge)
    for _ in range(options.rounds):
        thorough.append(cost(played[:300], partial(judge_thoroughly, contract)))
        fast.append(cost(played, judge.judge))
    rate = statistics.median(drive(conversations, options.seconds, options.rounds))
    lines = list(table(statistics.median(thorough), statistics.median(fast), rate))
    print("\n".join(lines))
    if options.write_docs:
        replace_figures("how-to/load.md", "python -m benchmarks.load", lines)
    return int(statistics.median(fast) > TARGET or rate < TARGET_RATE)


def table(thorough: float, fast: float, rate: float) -> Iterator[str]:
    """Yield the table of the documentation."""
    each = MICROSECONDS / rate
    yield "| measure | CPU time | target |"
    yield "| --- | --- | --- |"
    yield f"| judge a response as `verify` does | {thorough:.0f} µs | |"
    yield f"| judge a response as `load` does | {fast:.0f} µs | ≤ {TARGET:.0f} µs |"
    yield f"| send a request, receive and judge the response | {each:.0f} µs | ≤ {MICROSECONDS / TARGET_RATE:.0f} µs |"
    yield f"| judged responses per second on one core | {rate:,.0f} | ≥ {TARGET_RATE:,.0f} |"


def play(contract: Contract, conversations: tuple[Conversation, ...], count: int) -> _Played:
    """Return exchanges of a user with the mock, each with a history that judging has not changed."""
    client = create_app(read_snapshot(Options(seed=7))).test_client()
    chance = random.Random(0)  # noqa: S311 - not for security
    user = Shopper(Plan(contract, conversations, wrong=0.05), chance, "bench", RecentIds())
    judge = LoadJudge(contract)
    played = []
    for _ in range(count):
        step = user.next()
        answered = client.post("/v1/chat", data=step.request.body, headers=list(step.request.headers))
        exchange = Exchange(
            step.request, Response(answered.status_code, tuple(answered.headers.items()), answered.data)
        )
        history = replace(step.history, conversations=dict(step.history.conversations), seen=set())
        played.append((replace(step, history=history), exchange))
        user.note(step, judge.judge(step, exchange).reply_id)
    return played


def judge_thoroughly(contract: Contract, step: Step, exchange: Exchange) -> None:
    """Judge an exchange without keeping anything from the ones before it."""
    list(find_violations(examine(contract, exchange, step.history)))


def cost(played: _Played, judge: Callable[[Step, Exchange], object]) -> float:
    """Return the CPU time of judging an exchange in microseconds."""
    fresh = [(replace(step, history=copy.deepcopy(step.history)), exchange) for step, exchange in played]
    began = time.process_time()
    for step, exchange in fresh:
        judge(step, exchange)
    return (time.process_time() - began) / len(fresh) * MICROSECONDS


def drive(conversations: tuple[Conversation, ...], seconds: int, rounds: int) -> list[float]:
    """Put as much load on a mock as one process can; return the judged responses a second of CPU time, by round."""
    mock = subprocess.Popen(
        [sys.executable, "-m", "mock_server", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert mock.stdout is not None
    try:
        url = mock.stdout.readline().split("POST ")[1].split("/chat")[0]
        settings = settings_of_load(url, conversations, _SECONDS_TO_WARM_UP + seconds)
        return [one_load(settings, mock.pid) for _ in range(rounds)]
    finally:
        mock.terminate()
        mock.wait()


def one_load(settings: Settings, mock: int) -> float:
    """Return how many responses a load judges in a second of CPU time, from the end of its warm-up to its end."""
    found: list[tuple[float, float]] = []

    def note(progress: Progress) -> None:
        if progress.now.at >= _SECONDS_TO_WARM_UP:
            # Besides the mock, the load is the only process that this one has started.
            found.append((progress.now.requests * progress.judged, cpu_seconds(os.getpid()) - cpu_seconds(mock)))

    run_load(settings, Swarm(users=20, spawn_rate=100), Access(), note)
    (few, short), (many, long) = found[0], found[-1]
    return (many - few) / (long - short)


def settings_of_load(url: str, conversations: tuple[Conversation, ...], seconds: int) -> Settings:
    return Settings(
        folder="",
        base_url=url,
        spec=None,
        overlays=(),
        conversations=conversations,
        wrong=0.05,
        think_time=(0.0, 0.0),
        timeout=60.0,
        seed=1,
        run_time=seconds,
    )


if __name__ == "__main__":
    sys.exit(main())
