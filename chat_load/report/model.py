"""The report of a load: the JSON report holds exactly this, and every other format is rendered from it.

Times are in seconds. Secrets are redacted by the process that received the responses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Literal

from chat_contract.contract import Level
from chat_load.settings import Example, Latency, Moment


class LoadVerdict(StrEnum):
    """The outcome of a load."""

    CONFORMS = "conforms"
    """Every judged reply conforms, and no limit is exceeded."""
    VIOLATES = "violates"
    """A reply violates a MUST clause."""
    LIMIT_EXCEEDED = "limit-exceeded"
    """Response times or errors exceed a limit of the user."""
    INTERRUPTED = "interrupted"
    """The user ended the load early, and no violation was found until then."""
    NOTHING_JUDGED = "nothing-judged"
    """The server answered no request that could be judged."""


class Limit(StrEnum):
    """A limit that the user can set."""

    P95 = "max-p95"
    ERROR_RATE = "max-error-rate"


class _Closed:
    """A part of the model that allows no other fields when it is read."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class LimitReport(_Closed):
    """A limit of the user and the measured value."""

    name: Limit
    limit: float
    measured: float

    @property
    def exceeded(self) -> bool:
        return self.measured > self.limit


@dataclass(frozen=True)
class ClauseReport(_Closed):
    """A clause that the load exercised.

    ``users``: the most users that were active during the first violating request; ``at``: when it was sent.
    ``by_second`` counts violations for each second of the load.
    """

    id: str
    level: Level
    requirement: str
    violations: int
    users: int | None
    at: float | None
    by_second: Mapping[int, int]
    example: Example | None


@dataclass(frozen=True)
class LoadReport(_Closed):
    """The report of a load.

    ``users``: the most that were active at the same time. ``workers``: the processes of a distributed load, else 0.
    ``judged`` of ``replies`` were judged. ``errors``: unexpected statuses and missing responses. ``refused``: responses
    429, which count neither as replies nor as errors. ``skipped_turns``: turns of the fixtures that no user sends.
    """

    format: Literal["chat-contract-load"]
    version: Literal[1]
    tool: str
    contract: str
    base_url: str
    verdict: LoadVerdict
    interrupted: bool
    started: str
    seconds: float
    users: int
    spawn_rate: float
    workers: int
    seed: int
    wrong: float
    skipped_turns: int
    replies: int
    judged: int
    errors: int
    refused: int
    limits: tuple[LimitReport, ...]
    latencies: tuple[Latency, ...]
    clauses: tuple[ClauseReport, ...]
    timeline: tuple[Moment, ...]

    @property
    def rate(self) -> float:
        """Replies per second."""
        return self.replies / self.seconds if self.seconds else 0.0

    @property
    def judged_share(self) -> float:
        return self.judged / self.replies if self.replies else 0.0

    @property
    def error_rate(self) -> float:
        return self.errors / self.replies if self.replies else 0.0

    def violated(self, *levels: Level) -> Iterator[ClauseReport]:
        """Yield the violated clauses of these levels, or of all, the earliest violation first."""
        found = [clause for clause in self.clauses if clause.violations and (not levels or clause.level in levels)]
        yield from sorted(found, key=lambda clause: (clause.at or 0.0, clause.id))
