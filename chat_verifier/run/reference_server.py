"""A server that keeps every clause, played in memory: tells what a script puts to the test, without sending."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from chat_contract import Contract
from chat_contract.conformance import examine, update_history
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History
from chat_contract.roles import CONVERSATION, ITEMS, MESSAGE
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_verifier.planning.case import CaseSequence, FaultNaming
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.runner import Runner

_HEADERS = (("Content-Type", "application/json"),)


class ReferenceServer:
    """Answers as the contract wants it; stands in for a client."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.budget = RequestBudget()
        self.history = History()

    def send(self, request: Request) -> Response:
        """Return the answer that breaks no clause."""
        self.budget.take()
        unanswered = examine(self.contract, Exchange(request, Response(0)), self.history)
        response = self._answer(unanswered)
        update_history(self.history, examine(self.contract, Exchange(request, response), self.history))
        return response

    def _answer(self, facts: ExchangeFacts) -> Response:
        if facts.kind is RequestKind.CREDENTIALS:
            return Response(401, _HEADERS, b"{}")
        if facts.kind is RequestKind.METHOD:
            return Response(405, (("Allow", self.contract.operation.method),), b"")
        if facts.kind is RequestKind.PATH:
            return Response(404, _HEADERS, b"{}")
        if facts.kind in {RequestKind.MALFORMED, RequestKind.MUST_REJECT}:
            return Response(422, _HEADERS, _json(_refusal(facts)))
        reply = {CONVERSATION: facts.sent_id or f"ideal-{self.budget.sent}", MESSAGE: "Here you are.", ITEMS: []}
        return Response(200, _HEADERS, _json(reply))


def _refusal(facts: ExchangeFacts) -> dict[str, Any]:
    entries = [
        {"loc": ["body", *fault.place], "msg": f"Refused: {fault.keyword}", "type": "missing"}
        for fault in facts.classification.hard_faults
    ]
    return {"detail": entries}


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def needed_for(
    contract: Contract, sequences: Sequence[CaseSequence], clauses: Iterable[str]
) -> tuple[CaseSequence, ...]:
    """Return the scripts that put one of the clauses to the test, with those that are played beside them."""
    wanted = set(clauses)
    # Of the two ways to put faults to the test, the one that needs no knowledge of the server.
    sequences = [sequence for sequence in sequences if sequence.naming is not FaultNaming.SEVERAL]
    runner = Runner(contract, ReferenceServer(contract))
    runner.play(sequences)
    telling = {id(observation.sequence) for observation in runner.journal.observations if observation.tried & wanted}
    beside = {sequence.together for sequence in sequences if id(sequence) in telling and sequence.together is not None}
    return tuple(sequence for sequence in sequences if id(sequence) in telling or sequence.together in beside)
