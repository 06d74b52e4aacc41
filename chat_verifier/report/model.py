"""The report of a run: the JSON report holds exactly this, and every other format is rendered from it.

The model holds ids and values. Secrets are redacted, and every text can be encoded as UTF-8: see ``build``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from chat_contract.contract import Level
from chat_verifier.findings.cause import Confirmation
from chat_verifier.findings.coverage import Coverage
from chat_verifier.findings.profile import ProfileChange
from chat_verifier.findings.traffic import TrafficFigures
from chat_verifier.findings.verdict import ClauseReason, ClauseVerdict, RunReason, RunVerdict
from chat_verifier.findings.waivers import WaiverMatch
from chat_verifier.planning.tiers import Tier
from chat_verifier.run.stop import Interruption

FORMAT: Literal["chat-contract-report"] = "chat-contract-report"
VERSION: Literal[2] = 2


class _Closed:
    """A part of the model that allows no other fields when it is read."""

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}


@dataclass(frozen=True)
class Base64Body(_Closed):
    """A body that is not UTF-8."""

    base64: str


Body = str | Base64Body


@dataclass(frozen=True)
class RequestReport(_Closed):
    """A request, without its credentials."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Body


@dataclass(frozen=True)
class ResponseReport(_Closed):
    """A complete response; ``omitted``: how many bytes at the end of the body the report leaves out."""

    status: int
    headers: Mapping[str, str]
    body: Body
    omitted: int = 0


@dataclass(frozen=True)
class BreakdownReport(_Closed):
    """Why the response is missing or incomplete."""

    kind: Literal["reset", "truncated", "silence", "garbled", "too-long"]
    detail: str


@dataclass(frozen=True)
class ExchangeReport(_Closed):
    """A request and its outcome: either the response or the breakdown is set."""

    request: RequestReport
    response: ResponseReport | None
    breakdown: BreakdownReport | None


@dataclass(frozen=True)
class ObservationReport(_Closed):
    """An exchange of the run.

    ``turn`` counts from 1. ``at``: seconds since the start of the run. ``seconds``: time to the response.
    ``exercised``, ``violated``: clause ids.
    """

    number: int
    group: str
    sequence: str
    turn: int
    case: str
    label: str
    at: float
    seconds: float
    exercised: tuple[str, ...]
    violated: tuple[str, ...]
    exchange: ExchangeReport


@dataclass(frozen=True)
class WaiverReport(_Closed):
    """A waiver from the waiver file."""

    match: WaiverMatch
    reason: str
    owner: str
    expires: str


@dataclass(frozen=True)
class ViolationReport(_Closed):
    """One cause: a fault of the server that violates a clause.

    ``place`` and ``observed`` identify the cause within its clause; waivers match them. ``pointer``, ``expected`` and
    ``got`` describe the violation in the last of ``exchanges``; with ``in_request``, the pointer is a place in the
    request. ``seen`` of ``sent`` requests showed it. ``case`` and
    ``label`` name the test case shown; ``cases`` lists all that showed the cause. ``cases_not_waived``: those that
    keep a waiver of this cause from accepting it. ``command`` reproduces the violation in a shell.
    """

    place: str
    observed: str
    pointer: str
    in_request: bool
    expected: str
    got: Any
    confirmation: Confirmation
    seen: int
    sent: int
    waiver: WaiverReport | None
    cases_not_waived: tuple[str, ...]
    case: str
    label: str
    cases: tuple[str, ...]
    exchanges: tuple[ExchangeReport, ...]
    command: str


@dataclass(frozen=True)
class ClauseReport(_Closed):
    """The verdict on one clause. ``exchanges`` counts those that exercised it."""

    id: str
    group: str
    level: Level
    requirement: str
    source: str
    verdict: ClauseVerdict
    reason: ClauseReason | None
    exchanges: int
    violations: tuple[ViolationReport, ...]

    def fails_by(self, violation: ViolationReport) -> bool:
        """Return whether this violation makes the clause fail."""
        certain = violation.confirmation is Confirmation.CONFIRMED and violation.waiver is None
        return certain and self.verdict is ClauseVerdict.FAIL


@dataclass(frozen=True)
class NotSent(_Closed):
    """The number of test cases of one group that were not sent because of the request limit."""

    group: str
    cases: tuple[str, ...]


@dataclass(frozen=True)
class VerifyReport(_Closed):
    """The report of a run.

    ``accepted``: how many of the requests the server accepted. ``coverage``: the shares of the pairs of conditions that
    the plan combines. ``uncovered_pairs``: the other pairs of a thorough run, by the same kinds; each condition is
    written as ``name=level``. ``replayed`` counts responses from a checkpoint file.
    ``profile`` holds the answer to each open question, by id.
    ``traffic``: the recorded traffic that was judged; None for a run. ``app``: the application that was verified in
    process; ``base_url`` is then where its server usually serves it. ``contract_coverage``: which values of
    fields and keywords the requests had. ``interrupted``: the signal that ended the run early.
    ``lost``: how many requests got no response and were sent again.
    """

    format: Literal["chat-contract-report"]
    version: Literal[2]
    tool: str
    contract: str
    base_url: str
    verdict: RunVerdict
    reason: RunReason | None
    started: str
    seconds: float
    requests: int
    accepted: int
    coverage: Mapping[str, float]
    uncovered_pairs: Mapping[str, tuple[tuple[str, str], ...]]
    replayed: int
    seed: int
    tier: Tier
    strict: bool
    not_sent: tuple[NotSent, ...]
    clauses: tuple[ClauseReport, ...]
    unused_waivers: tuple[WaiverReport, ...]
    profile: Mapping[str, str]
    profile_changes: tuple[ProfileChange, ...]
    exchanges: tuple[ObservationReport, ...]
    traffic: TrafficFigures | None = None
    app: str | None = None
    contract_coverage: Coverage | None = None
    interrupted: Interruption | None = None
    lost: int = 0

    @property
    def target(self) -> str:
        """What was verified: the application or the base URL."""
        return self.app or self.base_url

    def clause(self, name: str) -> ClauseReport:
        """Return the clause with this id."""
        return next(clause for clause in self.clauses if clause.id == name)

    def with_verdict(self, *verdicts: ClauseVerdict) -> Iterator[ClauseReport]:
        """Yield the clauses with one of these verdicts."""
        return (clause for clause in self.clauses if clause.verdict in verdicts)

    def violations(self, *verdicts: ClauseVerdict) -> Iterator[tuple[ClauseReport, ViolationReport]]:
        """Yield the violations of the clauses with these verdicts that no waiver accepts."""
        for clause in self.with_verdict(*verdicts):
            for violation in clause.violations:
                if violation.waiver is None:
                    yield clause, violation
