"""Judge recorded traffic by the oracle: no request is sent."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile

from chat_contract import Contract, read_body
from chat_contract.conformance import examine, exercised_clauses, find_violations, update_history
from chat_contract.errors import shorten
from chat_contract.exchange import Exchange
from chat_contract.history import History
from chat_contract.roles import CONVERSATION, DOCUMENTED_EXAMPLE
from chat_contract.rules.exchange_facts import ExchangeFacts
from chat_verifier.findings.causes import group_recorded
from chat_verifier.findings.profile import open_question_profile
from chat_verifier.findings.traffic import TrafficFigures, TrafficKind
from chat_verifier.findings.verdict import (
    ClauseReason,
    RunReason,
    RunReasonId,
    RunResult,
    RunVerdict,
    clause_results,
    partial_verdict,
)
from chat_verifier.findings.waivers import waived
from chat_verifier.planning.case import Case, CaseSequence, Group
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.run.observation import Observation, frozen
from chat_verifier.run.stop import Stop
from chat_verifier.traffic.read import origins_of
from chat_verifier.traffic.recorded import Recorded, Traffic
from kit_reports.waivers import Waiver

_ID = "recorded"
"""The id of every recorded case: positions in a file mean nothing in another recording."""
_LATEST_TURNS = 8
"""How many earlier turns of a conversation are kept with an exchange, besides the first."""
_DECODED = frozenset({"reply.length"})
_UNPROVEN = {
    TrafficKind.HAR: _DECODED,
    TrafficKind.REPORT: _DECODED,
    TrafficKind.JOURNAL: _DECODED | {"reply.media-type", "error.media-type", "reply.encoding"},
}
"""The clauses about what a kind of file does not keep."""
_ONLY_IN_RUNS = frozenset({"http.methods", "http.methods-accepted", "http.methods-failing", "http.unknown-path"})
"""The clauses about requests to other operations, which are ignored in all files except reports of the verifier."""


@dataclass(frozen=True)
class JudgeOptions:
    """Options of the verdict on recorded traffic.

    ``require_complete``: the verdict is inconclusive unless the traffic exercised every clause that it can exercise.
    """

    strict: bool = False
    require_complete: bool = False
    waivers: tuple[Waiver, ...] = ()


def judge_traffic(contract: Contract, traffic: Traffic, options: JudgeOptions, stop: Stop | None = None) -> RunResult:
    """Return the verdict on recorded traffic, in the form of a run; ``stop`` ends it after the present exchange."""
    stop = stop or Stop()
    observed = list(takewhile(lambda _: not stop.is_set, observe(contract, traffic)))
    causes = waived(group_recorded(observed), options.waivers)
    clauses = clause_results(
        contract, observed, causes, strict=options.strict, skipped=_not_recorded(contract, traffic.kind)
    )
    verdict, reason = partial_verdict(clauses, require_complete=options.require_complete)
    if stop.is_set and verdict is not RunVerdict.VIOLATES:
        verdict, reason = RunVerdict.INCONCLUSIVE, RunReason(RunReasonId.INTERRUPTED, ())
    origins = tuple(origins_of(traffic.exchanges))
    times = [one.at for one in traffic.exchanges if one.at is not None] or [0.0]
    return RunResult(
        verdict=verdict,
        reason=reason,
        base_url=origins[0],
        seed=0,
        requests=len(observed),
        seconds=max(times) - min(times),
        clauses=clauses,
        profile=open_question_profile(contract, observed),
        observations=tuple(observed),
        started=dt.datetime.fromtimestamp(min(times), dt.UTC).isoformat(timespec="seconds"),
        contract_version=contract.version,
        strict=options.strict,
        interrupted=stop.interruption,
        waivers=options.waivers,
        traffic=TrafficFigures(
            file=traffic.file,
            kind=traffic.kind,
            judged=len(observed),
            conversations=_count_conversations(observed),
            base_urls=origins,
            ignored=traffic.ignored_exchanges,
        ),
    )


def _not_recorded(contract: Contract, kind: TrafficKind) -> dict[str, ClauseReason]:
    """Return the clauses that a recording cannot exercise: those on credentials, lengths and, often, other methods."""
    never = _UNPROVEN[kind] if kind is TrafficKind.REPORT else _UNPROVEN[kind] | _ONLY_IN_RUNS
    names = [clause.id for clause in contract.clauses.values() if clause.group == "credentials" or clause.id in never]
    skipped = dict.fromkeys(names, ClauseReason.NOT_RECORDED)
    if DOCUMENTED_EXAMPLE not in contract.request_examples:
        skipped["request.documented-example"] = ClauseReason.NEEDS_EXAMPLE
    return skipped


@dataclass
class _Server:
    """What the traffic has shown so far about one server. ``turns``: the exchanges of each conversation, by its id."""

    history: History = field(default_factory=History)
    turns: dict[str, list[Recorded]] = field(default_factory=dict)


def observe(contract: Contract, traffic: Traffic) -> Iterator[Observation]:
    """Yield an observation of each exchange. Conversations are recognised by their ids."""
    servers: dict[str, _Server] = {}
    began = next((one.at for one in traffic.exchanges if one.at is not None), 0.0)
    for recorded in _with_concurrency(traffic.exchanges):
        server = servers.setdefault(recorded.origin, _Server())
        yield _proven(_observe(contract, recorded, server, began), _UNPROVEN[traffic.kind])


def _proven(seen: Observation, unproven: frozenset[str]) -> Observation:
    """Return the observation without the clauses that this kind of file cannot prove."""
    violations = tuple(violation for violation in seen.violations if violation.clause not in unproven)
    return replace(seen, violations=violations, tried=seen.tried - unproven)


def _observe(contract: Contract, recorded: Recorded, server: _Server, began: float) -> Observation:
    facts = examine(contract, recorded.exchange, server.history)
    violations = tuple(find_violations(facts))
    tried = exercised_clauses(facts)
    continued = facts.sent_id is not None and server.history.issued(facts.sent_id)
    before = server.turns.get(facts.sent_id or "", []) if continued else []
    kept = frozen(facts)
    update_history(server.history, facts)
    if facts.reply_id is not None:
        server.turns[facts.reply_id] = [*_kept(server.turns.get(facts.reply_id, before)), recorded]
    earlier = tuple(one.exchange for one in before)
    at = 0.0 if recorded.at is None else max(0.0, recorded.at - began)
    sequence = CaseSequence(_ID, Group.RECORDED, _cases(before, recorded, facts))
    return Observation(
        sequence=sequence,
        index=len(before),
        case=sequence.cases[len(before)],
        facts=kept,
        earlier=earlier,
        violations=violations,
        tried=tried,
        at=at,
    )


def _kept(turns: list[Recorded]) -> list[Recorded]:
    return turns if len(turns) <= _LATEST_TURNS else [turns[0], *turns[-_LATEST_TURNS:]]


def _cases(before: list[Recorded], recorded: Recorded, facts: ExchangeFacts) -> tuple[Case, ...]:
    """Return the turns as test cases; a continued one sends the id that the first turn returns."""
    opening = [_case(one, one.exchange.request.body) for one in before[:1]]
    following = [_case(one, _with_issued_id(one.exchange)) for one in before[1:]]
    current = _with_issued_id(recorded.exchange) if before else recorded.exchange.request.body
    turn = f", turn {len(before) + 1} of conversation {shorten(facts.sent_id, 60)}" if before else ""
    return (*opening, *following, _case(recorded, current, turn))


def _case(recorded: Recorded, body: object, turn: str = "") -> Case:
    about = f" ({recorded.label})" if recorded.label else ""
    label = f"entry {recorded.number}{about}{turn}"
    request = recorded.exchange.request
    return Case(_ID, label, body, request.method, request.path, request.headers, request.chunked)


def _with_issued_id(exchange: Exchange) -> object:
    """Return the body with a placeholder for the conversation id, or its bytes if it is not a readable object."""
    read = read_body(exchange.request.body)
    if not isinstance(read.value, dict) or read.fault is not None or read.beyond_ijson:
        return exchange.request.body
    return {**read.value, CONVERSATION: ISSUED}


def _with_concurrency(exchanges: tuple[Recorded, ...]) -> Iterator[Recorded]:
    """Yield the exchanges, marked where another one with the same server was in flight at the same time."""
    for number, one in enumerate(exchanges):
        neighbours = (*exchanges[max(0, number - 1) : number], *exchanges[number + 1 : number + 2])
        overlapping = any(_overlap(one, other) for other in neighbours)
        yield replace(one, exchange=replace(one.exchange, concurrent=overlapping))


def _overlap(one: Recorded, other: Recorded) -> bool:
    if one.at is None or other.at is None or one.origin != other.origin:
        return False
    return one.at < other.at + other.seconds and other.at < one.at + one.seconds


def _count_conversations(observed: Iterable[Observation]) -> int:
    return len({seen.facts.reply_id for seen in observed if seen.facts.reply_id is not None})
