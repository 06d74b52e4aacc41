"""A server in memory that keeps every clause. It shows which clauses a sequence exercises without network requests."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import count
from typing import Any

from chat_contract import Contract
from chat_contract.conformance import examine, update_history
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History
from chat_contract.roles import CONVERSATION, ITEMS, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_verifier.planning.case import Case, CaseSequence, Priority
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.knowledge import rebuilt
from chat_verifier.run.runner import Runner

_HEADERS = (("Content-Type", "application/json"),)


class ReferenceServer:
    """Responds as the contract requires. A runner can use it like a client."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.budget = RequestBudget()
        self.history = History()
        # Concurrent conversations need different ids; a counter is safe between threads.
        self._numbers = count(1)

    def handling(self) -> AbstractContextManager[None]:
        """Its responses are small."""
        return nullcontext()

    def send(self, request: Request) -> Response:
        """Return a response that violates no clause."""
        self.budget.take()
        facts = examine(self.contract, Exchange(request, Response(0)), self.history)
        response = self._respond(facts)
        update_history(self.history, examine(self.contract, Exchange(request, response), self.history))
        self.budget.settle(accepted=response.status == 200)
        return response

    def _respond(self, facts: ExchangeFacts) -> Response:
        if facts.kind is RequestKind.CREDENTIALS:
            return Response(401, _HEADERS, b"{}")
        if facts.kind is RequestKind.METHOD:
            return Response(405, (("Allow", self.contract.operation.method),), b"")
        if facts.kind is RequestKind.PATH:
            return Response(404, _HEADERS, b"{}")
        rejected = {RequestKind.MALFORMED, RequestKind.LENIENT_JSON, RequestKind.MUST_REJECT}
        if facts.kind in rejected or any(fault.place for fault in facts.classification.hard_faults):
            return Response(422, _HEADERS, _json(_validation_error(facts)))
        reply = {CONVERSATION: facts.sent_id or f"reference-{next(self._numbers)}", MESSAGE: "Here you are.", ITEMS: []}
        return Response(200, _HEADERS, _json(reply))


def _validation_error(facts: ExchangeFacts) -> dict[str, Any]:
    entries = [
        {"loc": ["body", *fault.place], "msg": f"Rejected: {fault.keyword}", "type": "missing"}
        for fault in facts.classification.hard_faults
    ]
    return {"detail": entries}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def sequences_for(
    contract: Contract, sequences: Sequence[CaseSequence], clauses: Iterable[str]
) -> tuple[CaseSequence, ...]:
    """Return the sequences that exercise one of the clauses, and those that are played together with them."""
    wanted = set(clauses)
    runner = Runner(contract, ReferenceServer(contract))
    runner.play(sequences)
    needed = {observation.sequence for observation in runner.journal.observations if observation.tried & wanted}
    together = {sequence.together for sequence in sequences if sequence in needed and sequence.together is not None}
    return tuple(sequence for sequence in sequences if sequence in needed or sequence.together in together)


def plain_sequences_for(
    contract: Contract, sequences: Iterable[CaseSequence], clauses: Iterable[str]
) -> tuple[CaseSequence, ...]:
    """Return for each clause the shortest plain version of a sequence that exercises it.

    It shows whether a server violates the clause that fails for a value in the sequence itself.
    """
    plain = [
        replace(
            sequence,
            id=f"{sequence.id}-plain",
            cases=tuple(map(_in_plain_words, sequence.cases)),
            priority=Priority.ESSENTIAL,
            together=None,
            deferred=0,
        )
        for sequence in sequences
    ]
    runner = Runner(contract, ReferenceServer(contract))
    runner.play(plain)
    found: dict[str, CaseSequence] = {}
    for clause in clauses:
        tried = [observation for observation in runner.journal.observations if clause in observation.tried]
        if tried:
            shortest = min(tried, key=lambda observation: observation.index)
            cut = replace(shortest.sequence, cases=shortest.sequence.cases[: shortest.index + 1])
            same = found.get(cut.id, cut)
            found[cut.id] = max(same, cut, key=lambda sequence: len(sequence.cases))
    return tuple(found.values())


def _in_plain_words(case: Case) -> Case:
    """Return the case with plain values in all fields that it has."""
    recipe = case.recipe
    return case if recipe is None else rebuilt(case, recipe.in_plain_words())
