"""The file that Locust runs: its users play conversations, and the oracle judges every reply.

This is the only module that imports Locust, whose import replaces the sockets of the process with those of gevent. It
runs in a process of its own, which :mod:`chat_load.launch` starts.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import os
import random
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, cast

import gevent  # type: ignore[import-untyped]  # gevent ships no types
import zmq
from locust import User, events, task
from locust.env import Environment
from locust.rpc.zmqrpc import BaseSocket
from locust.runners import MasterRunner, WorkerRunner
from locust.stats import StatsEntry

from chat_contract import Breakdown, Exchange, Response, load_contract
from chat_contract.conformance import Violation
from chat_contract.errors import render_pointer
from chat_load.client import Client, Credentials
from chat_load.counting import Counts
from chat_load.judging import LoadJudge, RecentIds, Sampler
from chat_load.pausing import Pause
from chat_load.plan import Plan, Shopper, Step
from chat_load.reproduce import Access, beginning_of, reproduce, requests_of
from chat_load.settings import (
    HEADERS_VARIABLE,
    PROGRESS_FILE,
    PROXY_VARIABLE,
    RESULT_FILE,
    SETTINGS_VARIABLE,
    STOP_FILE,
    TOKEN_VARIABLE,
    Example,
    Latency,
    Moment,
    Progress,
    Result,
    Settings,
    Tally,
)
from chat_load.web_tab import admit_own_page_only, show_clauses
from kit_http.redaction.secrets import secrets_of
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from kit_reports.codec import decode, encode
from kit_reports.targets import write_whole

_WORKERS_MESSAGE = "chat-load-workers"
"""The message in which the master tells its workers how many they are."""

_COUNTS = "chat_load_counts"
_TICK = 0.25
_MOST_MOMENTS = 2000


class Load:
    """The state of this process."""

    def __init__(self, settings: Settings, credentials: Credentials, transport: Transport) -> None:
        self.settings = settings
        self.transport = transport
        self.credentials = credentials
        self.folder = Path(settings.folder)
        spec = None if settings.spec is None else Path(settings.spec)
        contract = load_contract(spec, tuple(map(Path, settings.overlays)))
        self.plan = Plan(contract, settings.conversations, wrong=settings.wrong)
        self.judge = LoadJudge(contract)
        self.sampler = Sampler()
        self.counts = Counts()
        self.pause = Pause()
        self.seen = RecentIds()
        self.numbers = itertools.count()
        self.runner: Any = None
        self.began: float | None = None
        self.started = dt.datetime.now(dt.UTC)
        self.web_ui: Any = None
        self.workers = 1
        self.most_users = 0
        self.most_workers = 0
        self.timeline: list[Moment] = []
        self.seconds_between_moments = 1.0

    @property
    def users(self) -> int:
        """The number of active users. A worker multiplies its own: Locust distributes users evenly over the workers."""
        return int(self.runner.user_count) * self.workers

    @property
    def at(self) -> float:
        """The seconds since the load started."""
        return 0.0 if self.began is None else time.monotonic() - self.began

    def example(self, step: Step, exchange: Exchange, violation: Violation) -> Example:
        """Return a violation as an example, without credentials."""
        secrets = secrets_of(self.credentials.all_headers, self.transport.proxy)
        outcome = exchange.outcome
        options = tuple(self.transport.curl_options(secrets.hide))
        access = Access(self.settings.base_url, self.credentials.headers, secrets, options)
        return Example(
            turn=step.name,
            expected=secrets.hide(violation.expected),
            got=secrets.hide(violation.got_text),
            pointer="" if violation.in_request else secrets.hide(render_pointer(violation.pointer)),
            status=outcome.status if isinstance(outcome, Response) else 0,
            body=beginning_of(outcome, secrets),
            command=reproduce(step, access),
            requests=requests_of(step, access),
        )

    def note(self, step: Step, exchange: Exchange, *, users: int, at: float) -> str | None:
        """Judge and count an exchange; return the id of the conversation in the reply."""
        status = exchange.outcome.status if isinstance(exchange.outcome, Response) else 0
        judgement = self.judge.judge(step, exchange, wanted=self.sampler.wants(step, status))
        self.counts.replies += 1
        self.counts.judged += judgement.judged
        self.counts.errors += status != step.expected
        self.counts.exercised |= judgement.exercised
        for found in judgement.violations:
            example = partial(self.example, step, exchange, found)
            self.counts.note_violation(found.clause, users=users, at=at, example=example)
        return judgement.reply_id


def _load() -> Load:
    settings = decode(Settings, Path(os.environ[SETTINGS_VARIABLE]).read_bytes())
    headers = tuple((name, value) for name, value in json.loads(os.environ.get(HEADERS_VARIABLE, "[]")))
    command = os.environ.get(TOKEN_VARIABLE)
    transport = settings.transport(os.environ.get(PROXY_VARIABLE) or None)
    return Load(settings, Credentials(headers, TokenCommand(command) if command else None), transport)


def _admit_own_workers_only() -> None:
    """Encrypt the connections between the processes with a key that other users of the machine do not know.

    Locust imports this file before it forks its workers, so they have the key too.
    """
    public, secret = zmq.curve_keypair()
    connect: Any = BaseSocket.__init__

    def connect_encrypted(own: BaseSocket, kind: int, *arguments: Any) -> None:
        connect(own, kind, *arguments)
        own.socket.curve_publickey, own.socket.curve_secretkey = public, secret
        if kind == zmq.ROUTER:
            own.socket.curve_server = True
        else:
            own.socket.curve_serverkey = public

    cast("Any", BaseSocket).__init__ = connect_encrypted


LOAD = _load()
if LOAD.settings.own_workers and zmq.has("curve"):
    _admit_own_workers_only()


class UnexpectedOutcomeError(Exception):
    """The status is not the expected one, or the response is incomplete. Locust lists these failures."""


class LoadUser(User):
    """A user of Locust: each task is one request."""

    host = LOAD.settings.base_url

    def on_start(self) -> None:
        """Prepare the conversations of this user, with a seed of its own."""
        place = f"{LOAD.settings.seed}-{max(LOAD.runner.worker_index, 0)}-{next(LOAD.numbers)}"
        self.chance = random.Random(place)  # noqa: S311 - not for security
        self.shopper = Shopper(LOAD.plan, self.chance, f"load-{place}", LOAD.seen)
        self.client = Client(LOAD.settings, LOAD.credentials, LOAD.transport)

    def on_stop(self) -> None:
        """Close the connection."""
        self.client.close()

    def wait_time(self) -> float:
        """Return the think time, or the rest of the pause that the server asked for."""
        return max(self.chance.uniform(*LOAD.settings.think_time), LOAD.pause.left(LOAD.at))

    @task
    def turn(self) -> None:
        """Send one request and judge the reply."""
        if LOAD.pause.left(LOAD.at) > 0:
            return
        users, at, step = LOAD.users, LOAD.at, self.shopper.next()
        outcome = self.client.send(step.request)
        # A user that starts meanwhile may already be connected when the server decides how to respond.
        users = max(users, LOAD.users)
        if LOAD.pause.note(outcome, LOAD.at):
            LOAD.counts.refused += 1
            self.shopper.put_back(step)
            return
        exchange = Exchange(step.request, outcome, concurrent=users > 1)
        self.shopper.note(step, LOAD.note(step, exchange, users=users, at=at))
        self.environment.events.request.fire(
            request_type="POST",
            name=step.name,
            response_time=outcome.elapsed * 1000,
            response_length=len(outcome.body) if isinstance(outcome, Response) else 0,
            response=None,
            context={},
            exception=_problem(step, outcome),
        )


def _problem(step: Step, outcome: Response | Breakdown) -> UnexpectedOutcomeError | None:
    if isinstance(outcome, Breakdown):
        return UnexpectedOutcomeError(outcome.kind)
    return None if outcome.status == step.expected else UnexpectedOutcomeError(f"status {outcome.status}")


# What Locust calls ----------------------------------------------------------------------------------------------------


def _prepare(environment: Environment, **_: Any) -> None:
    """Connect this process with the others, and start to watch the load."""
    LOAD.runner = environment.runner
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message(_WORKERS_MESSAGE, _note_workers)
    LOAD.web_ui = environment.web_ui
    if environment.web_ui is not None:
        admit_own_page_only(environment.web_ui)
        show_clauses(environment.web_ui, LOAD.counts)
    gevent.spawn(_watch)


def _note_workers(msg: Any, **_: Any) -> None:
    LOAD.workers = max(int(msg.data["workers"]), 1)


def _start(**_: Any) -> None:
    LOAD.began = time.monotonic()


def _report(data: dict[str, Any], **_: Any) -> None:
    """Send the counts of this worker to the master, each once."""
    data[_COUNTS] = encode(LOAD.counts.take())


def _merge(data: dict[str, Any], **_: Any) -> None:
    """Add the counts of a worker."""
    if _COUNTS in data:
        LOAD.counts.add(decode(Tally, data[_COUNTS]))


def _finish(**_: Any) -> None:
    """Write the result."""
    if LOAD.began is not None and not isinstance(LOAD.runner, WorkerRunner):
        write_whole(LOAD.folder / RESULT_FILE, encode(_result()))


def _watch() -> None:
    """Adapt the judging to the pressure, write the progress, and end the load in time."""
    parent, used = os.getppid(), time.process_time()
    next_moment = 0.0
    while not _should_end(parent):
        before = time.monotonic()
        gevent.sleep(_TICK)
        spent, used_before, used = time.monotonic() - before, used, time.process_time()
        LOAD.sampler.note(lag=spent - _TICK, load=(used - used_before) / spent)
        if isinstance(LOAD.runner, WorkerRunner) or LOAD.began is None:
            continue
        LOAD.most_users = max(LOAD.most_users, LOAD.users)
        if isinstance(LOAD.runner, MasterRunner):
            LOAD.most_workers = max(LOAD.most_workers, LOAD.runner.worker_count)
            LOAD.runner.send_message(_WORKERS_MESSAGE, {"workers": LOAD.runner.worker_count})
        if LOAD.at >= next_moment:
            next_moment = LOAD.at + LOAD.seconds_between_moments
            _note_moment()
    # A master waits here until its workers have stopped and sent their last counts.
    LOAD.runner.stop()
    if LOAD.began is not None and not isinstance(LOAD.runner, WorkerRunner):
        _note_moment()
    LOAD.runner.quit()
    if LOAD.web_ui is not None:
        LOAD.web_ui.stop()


def _should_end(parent: int) -> bool:
    """Return whether the time is over, or the process that started the load says so or is gone."""
    if isinstance(LOAD.runner, WorkerRunner):
        return os.getppid() != parent or (LOAD.folder / STOP_FILE).exists()
    over = LOAD.began is not None and LOAD.at >= LOAD.settings.run_time
    return over or os.getppid() != parent or (LOAD.folder / STOP_FILE).exists()


def _note_moment() -> None:
    """Add the state of now to the timeline, and write it for the live screen."""
    if len(LOAD.timeline) == _MOST_MOMENTS:
        # A long load is shown with fewer moments.
        del LOAD.timeline[::2]
        LOAD.seconds_between_moments *= 2
    total = LOAD.runner.stats.total
    p95 = total.get_current_response_time_percentile(0.95) or 0.0
    now = Moment(
        at=round(LOAD.at, 2),
        users=LOAD.users,
        requests=total.num_requests,
        errors=total.num_failures,
        p95=p95 / 1000,
        violations=LOAD.counts.by_clause(),
    )
    LOAD.timeline.append(now)
    judged = LOAD.counts.judged / LOAD.counts.replies if LOAD.counts.replies else 1.0
    progress = Progress(now, total.current_rps, judged, LOAD.counts.refused, LOAD.most_workers)
    write_whole(LOAD.folder / PROGRESS_FILE, encode(progress))


def _result() -> Result:
    stats = LOAD.runner.stats
    entries = sorted(stats.entries.values(), key=lambda entry: [len(entry.name), entry.name])
    return Result(
        started=LOAD.started.isoformat(timespec="seconds"),
        seconds=LOAD.timeline[-1].at if LOAD.timeline else 0.0,
        users=LOAD.most_users,
        workers=LOAD.most_workers,
        tally=LOAD.counts.tally(),
        latencies=tuple(_latencies([*entries, stats.total])),
        timeline=tuple(LOAD.timeline),
        failures=tuple(str(one["traceback"]) for one in LOAD.runner.exceptions.values()),
    )


def _latencies(entries: list[StatsEntry]) -> Iterator[Latency]:
    for entry in entries:
        p50, p95, p99 = (entry.get_response_time_percentile(share) / 1000 for share in (0.5, 0.95, 0.99))
        name = "all" if entry.name == "Aggregated" else entry.name
        yield Latency(name, entry.num_requests, p50, p95, p99, entry.max_response_time / 1000)


_LISTENERS = {
    events.init: _prepare,
    events.test_start: _start,
    events.report_to_master: _report,
    events.worker_report: _merge,
    events.quitting: _finish,
}
for _event, _listener in _LISTENERS.items():
    cast("Any", _event).add_listener(_listener)
