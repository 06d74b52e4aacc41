"""What the process that runs the load receives, and what it returns: both cross the process boundary as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit_http.transport import Transport

SETTINGS_VARIABLE = "CHAT_LOAD_SETTINGS"
"""The environment variable that names the file of the settings."""

HEADERS_VARIABLE = "CHAT_LOAD_HEADERS"
"""The environment variable that holds the user's headers as JSON. They may contain keys, so no file holds them."""

TOKEN_VARIABLE = "CHAT_LOAD_TOKEN_COMMAND"  # noqa: S105 - the name of the variable
"""The environment variable that holds the command of ``--token-command``."""

PROXY_VARIABLE = "CHAT_LOAD_PROXY"
"""The environment variable that holds the URL of ``--proxy``, which may contain a password."""

PROGRESS_FILE, RESULT_FILE, STOP_FILE, LOG_FILE = "progress.json", "result.json", "stop", "log.txt"
"""Files in the folder that both processes share. The load stops when the stop file appears."""


@dataclass(frozen=True)
class Conversation:
    """A conversation to play: for each turn, the messages from which each user sends one."""

    name: str
    turns: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Settings:
    """The options of a load that concern its requests. Times are in seconds."""

    folder: str
    base_url: str
    spec: str | None
    overlays: tuple[str, ...]
    conversations: tuple[Conversation, ...]
    wrong: float
    think_time: tuple[float, float]
    timeout: float
    seed: int
    run_time: float
    skipped_turns: int = 0
    """Turns of the fixtures that cannot be sent, or whose reply is a failure."""
    ca_bundle: str | None = None
    cert: str | None = None
    key: str | None = None
    insecure: bool = False
    own_workers: bool = False
    """Whether only processes that Locust starts itself may join the load."""

    def transport(self, proxy: str | None) -> Transport:
        """Return how to connect, with the proxy that no file holds."""
        ca_bundle, cert, key = (None if name is None else Path(name) for name in (self.ca_bundle, self.cert, self.key))
        return Transport(ca_bundle, cert, key, proxy, insecure=self.insecure)


@dataclass(frozen=True)
class SentRequest:
    """A request without credentials; a placeholder in its body stands for the conversation id of the first reply."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Example:
    """The first exchange that violates a clause, without credentials.

    ``pointer``: the place in the response; empty for the response as a whole. ``command`` reproduces the violation in a
    shell; ``requests`` are the turns of its conversation up to it.
    """

    turn: str
    expected: str
    got: str
    pointer: str
    status: int
    body: str
    command: str
    requests: tuple[SentRequest, ...]


@dataclass(frozen=True)
class ClauseTally:
    """The violations of one clause.

    ``users``: the most users that were active during the first violating request; ``at``: when it was sent, in seconds
    since the start. ``by_second`` counts violations for each second.
    """

    clause: str
    violations: int
    users: int
    at: float
    by_second: Mapping[int, int]
    example: Example


@dataclass(frozen=True)
class Tally:
    """What one process counted. ``errors``: unexpected statuses and missing responses; ``refused``: responses 429."""

    replies: int = 0
    judged: int = 0
    errors: int = 0
    refused: int = 0
    exercised: tuple[str, ...] = ()
    clauses: tuple[ClauseTally, ...] = ()


@dataclass(frozen=True)
class Latency:
    """The response times of one kind of request, in seconds. ``name`` is ``turn 1``, ``wrong request`` or ``all``."""

    name: str
    requests: int
    p50: float
    p95: float
    p99: float
    highest: float


@dataclass(frozen=True)
class Moment:
    """The state of the load at one time: ``p95`` is that of the last seconds, ``requests`` counts from the start."""

    at: float
    users: int
    requests: int
    errors: int
    p95: float
    violations: Mapping[str, int]


@dataclass(frozen=True)
class Progress:
    """What the live screen shows."""

    now: Moment
    rate: float
    judged: float
    refused: int
    workers: int


@dataclass(frozen=True)
class Result:
    """What the process that ran the load, or the master of several, returns. ``failures``: bugs in simulated users."""

    started: str
    seconds: float
    users: int
    workers: int
    tally: Tally
    latencies: tuple[Latency, ...]
    timeline: tuple[Moment, ...]
    failures: tuple[str, ...]
