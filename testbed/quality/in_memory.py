"""Sends the plan of a run to a faulty server in memory, without HTTP.

A fault is found if a response violates a clause of its level; nothing is confirmed. Faults of the connection, of some
headers or of credentials need HTTP.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from random import Random
from typing import Any

from chat_contract import Contract, load_contract
from chat_contract.classification import RequestClass, classify
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import Allocation, Tier, allocate
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.observation import Observation
from chat_verifier.run.player import is_accepted
from chat_verifier.run.runner import Runner
from chat_verifier.target.client import DEFAULT_HEADERS
from chat_verifier.target.probe import first_probe
from testbed.faulty_servers.base import PREFIX, Chat
from testbed.faulty_servers.fault import MUST, Fault
from testbed.faulty_servers.pairs import pairs
from testbed.faulty_servers.wire import Answer
from testbed.faulty_servers.wire import Request as WireRequest
from testbed.quality.collection import ALL_NAMED, Subject, on_base
from testbed.quality.trials import Trial
from testbed.quality.verifying import Judgement

_TIMEOUT = 10.0


@dataclass(frozen=True)
class Extent:
    """How much a run sends: the tier, and the request limit if it is not that of the tier."""

    tier: Tier = Tier.DEFAULT
    max_requests: int | None = None

    @property
    def allocation(self) -> Allocation:
        return allocate(self.tier, self.max_requests)

    @property
    def arguments(self) -> list[str]:
        """The arguments of `chat-contract verify`."""
        limit = [] if self.max_requests is None else ["--max-requests", str(self.max_requests)]
        return ["--quick"] * (self.tier is Tier.QUICK) + limit


class NeedsHttpError(Exception):
    """The response cannot be told without a connection."""


def same_ids() -> Callable[[], str]:
    """Return a function that gives a server new ids, the same ones every time."""
    random = Random(0)
    return lambda: str(uuid.UUID(int=random.getrandbits(128), version=4))


class ServerInMemory:
    """Passes requests to a faulty server. A runner can use it like a client.

    ``unlike``: the number of responses that differ from those of the correct server, if that is given.
    """

    def __init__(self, chat: Chat, allocation: Allocation, correct: Chat | None = None) -> None:
        self.chat = chat
        self.correct = correct
        self.budget = RequestBudget(allocation.requests, allocation.accepted)
        self.unlike = 0

    def handling(self) -> AbstractContextManager[None]:
        """Its responses are small."""
        return nullcontext()

    def send(self, request: Request) -> Response | Breakdown:
        self.budget.take()
        outcome = sent(self.chat, request)
        if self.correct is not None:
            self.unlike += not is_alike(request, outcome, sent(self.correct, request), self.chat.issued)
        self.budget.settle(accepted=is_accepted(outcome))
        return outcome


def sent(chat: Chat, request: Request) -> Response | Breakdown:
    return outcome_of(chat(on_wire(request)), bodiless=request.method == "HEAD")


@cache
def _contract() -> Contract:
    return load_contract()


def is_alike(
    request: Request, outcome: Response | Breakdown, correct: Response | Breakdown, issued: Collection[str] = ()
) -> bool:
    """Return whether an outcome is as right as that of the correct server, which names all faults.

    A 422 may name fewer faults, unspecified values may get 200 or 422, and an id may change if the server did not issue
    it or the user is null.
    """
    if outcome == correct:
        return True
    if not (isinstance(outcome, Response) and isinstance(correct, Response)):
        return False
    body, other, given = _json(outcome.body), _json(correct.body), _json(request.body)
    if not all(isinstance(one, dict) for one in (body, other, given)):
        return False
    known_id = given.get("conversation_id") in issued and given.get("user_id", "") is not None
    if outcome.status != correct.status:
        rest = {name: value for name, value in given.items() if name != "conversation_id" or not known_id}
        return {outcome.status, correct.status} == {200, 422} and _is_unspecified(request, rest)
    if outcome.status == 422:
        entries, known = body.get("detail"), other.get("detail")
        return isinstance(entries, list) and bool(entries) and all(entry in known for entry in entries)
    free = {} if known_id else {"conversation_id": body.get("conversation_id")}
    return bool(body == {**other, **free})


def _is_unspecified(request: Request, body: Any) -> bool:
    found = classify(_contract(), replace(request, body=json.dumps(body).encode())).request_class
    return found not in {RequestClass.MUST_ACCEPT, RequestClass.MUST_REJECT}


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def on_wire(request: Request) -> WireRequest:
    length = {"transfer-encoding": "chunked"} if request.chunked else {"content-length": str(len(request.body))}
    given = {name.lower(): value for name, value in (*DEFAULT_HEADERS, *request.headers)}
    headers = {"host": "127.0.0.1", **given, **length}
    return WireRequest(request.method, PREFIX + request.path, headers, request.body, request.chunked)


def outcome_of(answer: Answer, *, bodiless: bool) -> Response | Breakdown:
    """Return what a client would receive; raise :class:`NeedsHttpError` if that depends on the bytes sent."""
    encoded = any(name.lower() == "content-encoding" for name in answer.headers)
    if encoded or answer.undrained or (answer.pieces, answer.length, answer.cut) != (None, None, None):
        raise NeedsHttpError
    if answer.stall > _TIMEOUT:
        return Breakdown("silence")
    if answer.reset:
        return Breakdown("reset")
    length = ("Transfer-Encoding", "chunked") if answer.chunked else ("Content-Length", str(len(answer.body)))
    return Response(answer.status, (*answer.headers.items(), length), b"" if bodiless else answer.body)


@dataclass(frozen=True)
class Played:
    """What a plan showed of a fault. ``unlike``: responses unlike those of the correct server, if it was not found."""

    found: bool
    requests: int
    seconds: float
    met: int | None = None
    unlike: int | None = None


def play(
    contract: Contract, fault: Fault, plan: Sequence[CaseSequence], allocation: Allocation, *, compare: bool = False
) -> Played | None:
    """Play the plan until a response shows the fault; return None if that needs HTTP."""
    if fault.needs_key:
        return None
    correct = Chat(replace(fault.style, naming=ALL_NAMED), new_id=same_ids()) if compare else None
    server = ServerInMemory(Chat(fault.style, fault.hooks, new_id=same_ids()), allocation, correct)
    levels = {"must"} if fault.level == MUST else {"must", "should"}
    shown: list[Observation] = []

    def watch(observation: Observation) -> None:
        if any(violation.level in levels for violation in observation.violations):
            shown.append(observation)
            server.budget.end()

    before, began = _met(fault), time.process_time()
    try:
        runner = Runner(contract, server, limits=allocation.until_exploration, watch=watch)
        sequence, request = first_probe(contract)
        runner.admit(sequence, server.send(request))
        for observation in runner.journal.observations:
            watch(observation)
        runner.play(plan)
    except NeedsHttpError:
        return None
    met = None if before is None else (_met(fault) or 0) - before
    unlike = server.unlike if compare else None
    return Played(bool(shown), server.budget.sent, time.process_time() - began, met, unlike)


def _met(fault: Fault) -> int | None:
    return None if fault.met is None else fault.met[fault.style.naming]


@cache
def _plan(extent: Extent, seed: int) -> tuple[CaseSequence, ...]:
    return make_plan(_contract(), extent.allocation.sizes, seed=seed).sequences


def try_in_memory(fault: Fault, extent: Extent, seed: int) -> Played | None:
    """Play the plan of the seed; if it does not show the fault, once more beside the correct server."""
    contract, plan, allocation = _contract(), _plan(extent, seed), extent.allocation
    played = play(contract, fault, plan, allocation)
    return played if played is None or played.found else play(contract, fault, plan, allocation, compare=True)


class _Process:
    """What a process of the pool keeps: the faults by the names of their servers."""

    faults: dict[str, Fault | None]


def _begin(bases: Sequence[str], drawn: int) -> None:
    faults = pairs(drawn)
    _Process.faults = {one.name: one.fault for base in bases for one in on_base(base, faults)}


def _try_named(name: str, extent: Extent, seed: int) -> Played | None:
    fault = _Process.faults[name]
    assert fault is not None
    return try_in_memory(fault, extent, seed)


def trial(subject: Subject, seed: int, played: Played) -> Trial:
    verdict = "violates" if played.found else "conforms"
    judgement = Judgement(int(played.found), verdict, played.requests, played.seconds, (), "")
    return Trial(subject, seed, judgement, played.met, in_memory=True, unlike=played.unlike)


def try_all_in_memory(
    subjects: Sequence[Subject], extent: Extent, seeds: Sequence[int], jobs: int, *, drawn: int
) -> Iterator[tuple[Subject, list[Trial]]]:
    """Yield each faulty server with its trials; with none if it needs HTTP. ``drawn``: how many faults were drawn."""
    bases = list(dict.fromkeys(one.base for one in subjects))
    # Faults hold functions, so each process makes its own.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (bases, drawn)) as pool:
        futures = [[pool.submit(_try_named, one.name, extent, seed) for seed in seeds] for one in subjects]
        for subject, of_subject in zip(subjects, futures, strict=True):
            played = [future.result() for future in of_subject]
            done = [trial(subject, seed, one) for seed, one in zip(seeds, played, strict=True) if one is not None]
            yield subject, done if len(done) == len(played) else []
