"""What a run needs to know, and what it uses of its surroundings."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from chat_contract.exchange import Headers
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.tiers import MAX_WAIT, Tier
from chat_verifier.run.stop import Stop
from kit_http.tokens import TokenCommand
from kit_http.transport import Transport
from kit_reports.waivers import Waiver


@dataclass(frozen=True)
class Options:
    """The options of a run.

    ``timeout``: seconds a request may take; None: ten, or five times the latency of the probe if that is more.
    ``only``: the clauses to verify; None: all. ``replay``: the sequences to send instead of a plan.
    ``max_requests``, ``max_accepted``: limits instead of the tier's.
    ``max_time``: seconds after which nothing more is sent. ``patience``: seconds that conversations rest before their
    last turn. ``max_wait``: seconds that the run waits in all because of 429 responses.
    ``workers``: concurrent requests. ``rate``: requests a second.
    ``checkpoint``: the checkpoint file to continue or to create.
    """

    base_url: str
    headers: Headers = ()
    expect_auth: bool = False
    strict: bool = False
    require_complete: bool = False
    seed: int = 0
    timeout: float | None = None
    only: frozenset[str] | None = None
    tier: Tier = Tier.DEFAULT
    max_requests: int | None = None
    max_accepted: int | None = None
    max_time: float | None = None
    patience: float = 1.0
    max_wait: float = MAX_WAIT
    workers: int = 1
    rate: float | None = None
    checkpoint: Path | None = None
    waivers: tuple[Waiver, ...] = ()
    drafts_waivers: bool = False
    """Also send the test cases that a run sends if all its violations are waived."""
    transport: Transport = field(default_factory=Transport)
    tokens: TokenCommand | None = None
    replay: tuple[CaseSequence, ...] | None = None


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _ignore_progress(_done: int, _total: int) -> None:
    pass


class Phase(StrEnum):
    """A part of a run."""

    PROBE = "probe"
    PLAN = "plan"
    PLAY = "play"
    EXPLORE = "explore"
    CONFIRM = "confirm"
    SUMMARIZE = "summarize"


def _ignore_phase(_phase: Phase, _seconds: float) -> None:
    pass


@dataclass(frozen=True)
class Environment:
    """What a run uses of its surroundings: a monotonic clock, the time of day, and a display of progress.

    ``progress`` receives the number of requests sent and the number expected. ``stop`` ends the run early.
    ``phase_ended`` receives each phase at its end, with its seconds.
    """

    clock: Callable[[], float] = time.monotonic
    stop: Stop = field(default_factory=Stop)
    now: Callable[[], dt.datetime] = _utc_now
    progress: Callable[[int, int], None] = _ignore_progress
    phase_ended: Callable[[Phase, float], None] = _ignore_phase

    @contextmanager
    def phase(self, phase: Phase) -> Iterator[None]:
        """Measure the time of a phase."""
        began = self.clock()
        try:
            yield
        finally:
            self.phase_ended(phase, self.clock() - began)
