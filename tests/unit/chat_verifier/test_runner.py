"""The runner judges what comes, and nothing else."""

from __future__ import annotations

from chat_contract import load_contract
from chat_contract.exchange import Breakdown, Response
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Group
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
TALK = CaseSequence(
    "a-conversation",
    Group.CONVERSATION,
    (
        Case("opens", "opens", {"message": "hello"}),
        Case("goes-on", "goes on", {"message": "hello", "conversation_id": ISSUED}),
    ),
)


class Answering(ReferenceServer):
    def __init__(self, *answers):
        super().__init__(CONTRACT)
        self.answers = list(answers)
        self.bodies = []

    def send(self, request):
        self.bodies.append(request.body)
        usual = super().send(request)
        return (self.answers.pop(0) if self.answers else None) or usual


def played(*answers):
    runner = Runner(CONTRACT, Answering(*answers))
    runner.play([TALK])
    return runner


def test_a_later_turn_carries_the_id_that_the_first_one_got():
    runner = played()
    assert b"reference-1" in runner.sender.bodies[1]
    assert [seen.index for seen in runner.journal.observations] == [0, 1]


def test_a_turn_without_a_conversation_is_not_sent():
    runner = played(Response(500))
    assert len(runner.sender.bodies) == 1
    assert runner.journal.not_sent == [(TALK, 1)]


def test_a_429_is_no_verdict():
    runner = played(None, Response(429))
    refused = runner.journal.observations[1]
    assert (refused.facts.status, refused.tried, refused.violations) == (429, frozenset(), ())


def test_the_run_goes_on_after_a_breakdown():
    runner = played(None, Breakdown("reset"))
    assert [violation.clause for violation in runner.journal.observations[1].violations] == ["robustness.reset"]


def test_what_does_not_fit_the_budget_is_left_out_and_said():
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT), max_requests=1)
    runner.play([TALK])
    assert runner.journal.left_out == [TALK]
    assert runner.sender.budget.sent == 0
