"""A cause that needs several turns is shown by the shortest conversation, and its label names the turn."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from chat_contract import load_contract, read_body
from chat_contract.exchange import Request, Response
from chat_contract.roles import CONVERSATION, MESSAGE
from chat_verifier.findings.cause import Cause
from chat_verifier.findings.causes import find_causes
from chat_verifier.planning.conditions import TurnNumber
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
LIMITS = ALLOCATIONS[Tier.DEFAULT]
PLAN = make_plan(CONTRACT, LIMITS.sizes).sequences


class FailsLate(ReferenceServer):
    """The reference server, which fails after so many turns or so many characters of a conversation."""

    def __init__(self, *, turns: int = 1000, characters: int = 10**6, reply: bytes | None = None) -> None:
        super().__init__(CONTRACT)
        self.turns = turns
        self.characters = characters
        self.reply = reply
        self._turns: Counter[str] = Counter()
        self._characters: defaultdict[str, int] = defaultdict(int)
        self.budget.most, self.budget.most_accepted = LIMITS.requests, LIMITS.accepted

    def send(self, request: Request) -> Response:
        response = super().send(request)
        reply = json.loads(response.body or b"{}")
        name = reply.get(CONVERSATION) if response.status == 200 else None
        if name is None:
            return response
        fails = self._turns[name] >= self.turns or self._characters[name] > self.characters
        body = read_body(request.body).value
        self._turns[name] += 1
        self._characters[name] += len(str(body.get(MESSAGE))) if isinstance(body, dict) else 0
        if not fails:
            return response
        return Response(500) if self.reply is None else Response(200, response.headers, self.reply)


def causes_on(server: FailsLate) -> list[Cause]:
    runner = Runner(
        CONTRACT,
        server,
        limits=LIMITS.until_exploration,
    )
    runner.play(PLAN)
    return find_causes(runner, runner.journal.observations)


def shown_bodies(cause: Cause) -> list[Any]:
    exchanges = (*cause.exhibit.earlier, cause.exhibit.exchange)
    return [read_body(one.request.body).value for one in exchanges]


@pytest.mark.parametrize(("turns", "ordinal"), [(3, "fourth"), (7, "eighth")])
def test_failure_from_a_late_turn_on_is_shown_by_a_conversation_of_plain_messages(turns: int, ordinal: str) -> None:
    (cause,) = causes_on(FailsLate(turns=turns))
    assert cause.exhibit.case.label == f"a plain message, from the {ordinal} turn on"
    bodies = shown_bodies(cause)
    assert len(bodies) == turns + 1
    assert [set(body) - {CONVERSATION} for body in bodies] == [{MESSAGE}] * len(bodies)


def test_empty_replies_from_the_fourth_turn_on_are_shown_by_one_conversation() -> None:
    causes = causes_on(FailsLate(turns=3, reply=b"{}"))
    assert {cause.exhibit.case.label for cause in causes} == {"a plain message, from the fourth turn on"}
    assert len({id(cause.exhibit) for cause in causes}) == 1


def test_failure_after_a_long_history_names_its_length() -> None:
    (cause,) = causes_on(FailsLate(characters=1500))
    earlier = shown_bodies(cause)[:-1]
    # The conversation may contain a rejected turn.
    written = sum(len(body[MESSAGE]) for body in earlier if isinstance(body[MESSAGE], str))
    assert written > 1500
    assert cause.exhibit.case.label.endswith(f"turn, after messages of {written:,} characters")


@pytest.mark.parametrize(
    ("turn", "label"),
    [
        (TurnNumber(2), "in the second turn"),
        (TurnNumber(9, onwards=True), "from the ninth turn on"),
        (TurnNumber(12), "in the 12th turn"),
        (TurnNumber(21, onwards=True), "from the 21st turn on"),
        (TurnNumber(5, history=1512), "in the fifth turn, after messages of 1,512 characters"),
    ],
)
def test_label_of_a_turn_names_its_number(turn: TurnNumber, label: str) -> None:
    assert turn.label == label
