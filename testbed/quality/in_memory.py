"""Sends the plan to each faulty server in memory, without HTTP, and prints the faults that no response shows.

`python -m testbed.quality.in_memory [--quick] [--seed N] [--base all] [--level MUST] [--only GLOB]`

All faults take about a minute of processor time. Faults of the connection, of headers or of credentials need HTTP, and
`python -m testbed.quality` verifies those. Nothing is confirmed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from enum import StrEnum
from fnmatch import fnmatch

from chat_contract import Contract, load_contract
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import Allocation, Tier, allocate
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.player import is_accepted
from chat_verifier.run.runner import Runner
from testbed.faulty_servers.base import PREFIX, Chat
from testbed.faulty_servers.catalogue import FAULTS
from testbed.faulty_servers.fault import MUST, SHOULD, Fault
from testbed.faulty_servers.wire import Answer
from testbed.faulty_servers.wire import Request as WireRequest
from testbed.quality.collection import ALL_NAMED, FIRST_NAMED, HYBRID

_TIMEOUT = 10.0


class Result(StrEnum):
    """Whether the responses of a server show its fault."""

    FOUND = "found"
    MISSED = "missed"
    NEEDS_HTTP = "needs HTTP"


class NeedsHttpError(Exception):
    """The response cannot be told without a connection."""


class ServerInMemory:
    """Passes requests to a faulty server. A runner can use it like a client."""

    def __init__(self, chat: Chat, allocation: Allocation) -> None:
        self.chat = chat
        self.budget = RequestBudget(allocation.requests, allocation.accepted)

    def handling(self) -> AbstractContextManager[None]:
        """Its responses are small."""
        return nullcontext()

    def send(self, request: Request) -> Response | Breakdown:
        self.budget.take()
        outcome = outcome_of(self.chat(on_wire(request)), bodiless=request.method == "HEAD")
        self.budget.settle(accepted=is_accepted(outcome))
        return outcome


def on_wire(request: Request) -> WireRequest:
    length = {"transfer-encoding": "chunked"} if request.chunked else {"content-length": str(len(request.body))}
    headers = {"host": "127.0.0.1", **{name.lower(): value for name, value in request.headers}, **length}
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


def try_in_memory(
    contract: Contract, fault: Fault, plan: Sequence[CaseSequence], allocation: Allocation
) -> tuple[Result, int]:
    """Play the plan, and return whether a response violates a clause and how many requests were sent."""
    if fault.needs_key:
        return Result.NEEDS_HTTP, 0
    server = ServerInMemory(Chat(fault.style, fault.hooks), allocation)
    runner = Runner(
        contract,
        server,
        limits=allocation.until_exploration,
    )
    try:
        runner.play(plan)
    except NeedsHttpError:
        return Result.NEEDS_HTTP, server.budget.sent
    levels = {violation.level for seen in runner.journal.observations for violation in seen.violations}
    counted = {"must"} if fault.level == MUST else {"must", "should"}
    return Result.FOUND if levels & counted else Result.MISSED, server.budget.sent


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.quality.in_memory", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="send the plan of the quick tier")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the seed of the plan")
    parser.add_argument("--base", choices=(ALL_NAMED, FIRST_NAMED, HYBRID), default=ALL_NAMED)
    parser.add_argument("--level", choices=(MUST, SHOULD), default=MUST)
    parser.add_argument("--max-requests", type=int, metavar="N", help="the request limit of each run")
    parser.add_argument("--only", default="*", metavar="GLOB", help="only faults whose names match")
    options = parser.parse_args(arguments)
    contract = load_contract()
    allocation = allocate(Tier.QUICK if options.quick else Tier.DEFAULT, options.max_requests)
    plan = make_plan(contract, allocation.sizes, seed=options.seed).sequences
    results: Counter[Result] = Counter()
    for fault in FAULTS:
        if fault.level != options.level or not fnmatch(fault.name, options.only):
            continue
        on_base = replace(fault, style=replace(fault.style, naming=options.base))
        result, requests = try_in_memory(contract, on_base, plan, allocation)
        results[result] += 1
        if result is Result.MISSED:
            print(f"missed after {requests} requests: {fault.name} ({fault.group}): {fault.about}", flush=True)
    print(", ".join(f"{results[result]} {result}" for result in Result))
    return 1 if results[Result.MISSED] else 0


if __name__ == "__main__":
    sys.exit(main())
