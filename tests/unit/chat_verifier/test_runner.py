"""The runner plays sequences, judges their responses, and keeps within the budget."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from chat_contract import load_contract
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, single
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.planning.tiers import Limits
from chat_verifier.run.budget import RequestBudget
from chat_verifier.run.knowledge import named_locs
from chat_verifier.run.observation import MOST_BODY
from chat_verifier.run.queue import SequenceQueue
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
CONVERSATION = CaseSequence(
    "two-turns",
    Group.CONVERSATION,
    (
        Case("opening", "opening", {"message": "hello"}),
        Case("turn-2", "a later turn", {"message": "hello", "conversation_id": ISSUED}),
    ),
)


class Scripted(ReferenceServer):
    """Responds with the given outcomes in turn; None and further requests get the usual response."""

    def __init__(self, *outcomes: Response | Breakdown | None) -> None:
        super().__init__(CONTRACT)
        self.outcomes = list(outcomes)
        self.bodies: list[bytes] = []

    def send(self, request: Request) -> Response | Breakdown:  # type: ignore[override]
        self.bodies.append(request.body)
        usual = super().send(request)
        return (self.outcomes.pop(0) if self.outcomes else None) or usual


def play(*outcomes: Response | Breakdown | None) -> tuple[Runner, Scripted]:
    server = Scripted(*outcomes)
    runner = Runner(CONTRACT, server)
    runner.play([CONVERSATION])
    return runner, server


def test_later_turn_has_the_conversation_id_of_the_first_reply() -> None:
    runner, server = play()
    assert b"reference-1" in server.bodies[1]
    assert [seen.index for seen in runner.journal.observations] == [0, 1]


@pytest.mark.parametrize(("length", "continues"), [(5_000, True), (64 * 1024, True), (64 * 1024 + 1, False)])
def test_long_id_is_sent_back_completely_or_not_at_all(length: int, continues: bool) -> None:
    body = json.dumps({"message": "Here.", "items": [], "conversation_id": "x" * length}).encode()
    runner, server = play(Response(200, (("Content-Type", "application/json"),), body))
    assert [json.loads(sent)["conversation_id"] for sent in server.bodies[1:]] == ["x" * length] * continues
    assert runner.journal.not_sent == ([] if continues else [(CONVERSATION, 1)])


def test_later_turn_without_a_conversation_is_not_sent() -> None:
    runner, server = play(Response(500))
    assert len(server.bodies) == 1
    assert runner.journal.not_sent == [(CONVERSATION, 1)]


def test_429_is_not_judged() -> None:
    runner, _ = play(None, Response(429))
    limited = runner.journal.observations[1]
    assert (limited.facts.status, limited.tried, limited.violations) == (429, frozenset(), ())


def test_run_continues_after_a_breakdown() -> None:
    runner, _ = play(None, Breakdown("reset"))
    assert [violation.clause for violation in runner.journal.observations[1].violations] == ["robustness.reset"]


def test_sequence_beyond_the_budget_is_left_out() -> None:
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT), limits=Limits(1))
    runner.play([CONVERSATION])
    assert runner.journal.left_out == [CONVERSATION]
    assert runner.sender.budget.sent == 0


def test_queue_is_sorted_by_priority_and_keeps_the_order_of_equal_ones() -> None:
    def sequence(name: str, priority: Priority) -> CaseSequence:
        return single(Case(name, name), Group.REQUEST, priority=priority)

    queue = SequenceQueue([sequence("a", Priority.LOW), sequence("b", Priority.HIGH), sequence("c", Priority.LOW)])
    queue.add([sequence("d", Priority.HIGH), sequence("e", Priority.ESSENTIAL)])
    taken = []
    while queue:
        taken += [one.id for one in queue.take()[1]]
    assert taken == ["e", "b", "d", "a", "c"]


def test_run_keeps_every_error_of_a_long_rejection() -> None:
    places = [("events", number, "type") for number in range(150)]
    errors = [
        {"type": "missing", "loc": ["body", *place], "msg": "Field required", "input": {"text": "x" * 300}}
        for place in places
    ]
    body = json.dumps({"detail": errors}).encode()
    assert len(body) <= MOST_BODY
    runner, _ = play(Response(422, (("Content-Type", "application/json"),), body))
    assert named_locs(runner.journal.observations[0].facts) == tuple(places)


@pytest.mark.parametrize(("count", "is_whole"), [(3990, True), (4010, False)])
def test_run_keeps_all_values_of_a_body_with_at_most_4000(count: int, is_whole: bool) -> None:
    body = json.dumps({"detail": [0] * count}).encode()
    runner, _ = play(Response(422, (("Content-Type", "application/json"),), body))
    assert (len(runner.journal.observations[0].facts.response_json["detail"]) == count) is is_whole


def test_run_keeps_little_of_large_responses() -> None:
    values = {f"field-{number}": [number] * 10 for number in range(4000)}
    body = json.dumps({"conversation_id": "a-1", "message": "x" * 5000, "items": [], **values}).encode()
    headers = (("Content-Type", "application/json"), *((f"X-{number}", "x" * 50_000) for number in range(4)))
    runner, _ = play(Response(200, headers, body))
    kept = runner.journal.observations[0].facts
    assert kept.response is not None
    assert sum(len(value) for _, value in kept.response.headers) < 1000
    assert len(kept.response.body) == MOST_BODY < len(body)
    assert len(json.dumps(kept.response_json)) < 25_000
    assert kept.reply is not None
    assert kept.reply["conversation_id"] == "a-1"


def test_violations_of_one_response_are_kept_with_little_of_their_values() -> None:
    items = [{f"field-{number}": number for number in range(200)}] * 100
    body = json.dumps({"conversation_id": "a-1", "message": "Here.", "items": items}).encode()
    runner, _ = play(Response(200, (("Content-Type", "application/json"),), body))
    violations = runner.journal.observations[0].violations
    assert len(violations) >= 100
    assert sum(len(json.dumps(violation.got)) for violation in violations) < 150_000


WRONG_BODIES = [
    single(Case(f"wrong-body-{number}", "wrong body", b"wrong"), Group.REJECTION, priority=Priority.LOW)
    for number in range(12)
]
WRONG_KEYS = [
    single(Case(f"wrong-key-{number}", "wrong key", {"message": "hello"}, credential="wrong"), Group.CREDENTIALS)
    for number in range(12)
]
MESSAGES = [
    single(Case(f"message-{number}", "message", {"message": "hello"}), Group.REQUEST, priority=Priority.MEDIUM)
    for number in range(12)
]


class AcceptsAll(ReferenceServer):
    """Accepts every request that it receives, or every request with a wrong key. Its budget has a hard limit."""

    def __init__(self, most_accepted: int, *, only_keys: bool = False) -> None:
        super().__init__(CONTRACT)
        self.budget = RequestBudget(most_accepted=most_accepted)
        self.only_keys = only_keys
        self.sent: list[Request] = []

    def send(self, request: Request) -> Response:
        if self.only_keys and request.credential == "given":
            self.sent.append(request)
            return super().send(request)
        self.budget.take()
        self.sent.append(request)
        self.budget.settle(accepted=True)
        return Response(200, (("Content-Type", "application/json"),), b"{}")


@pytest.mark.parametrize("workers", [1, 8])
def test_rejected_cases_are_sent_after_the_limit_of_accepted_requests(workers: int) -> None:
    server = AcceptsAll(10, only_keys=True)
    runner = Runner(CONTRACT, server, limits=Limits(accepted=9), workers=workers)
    runner.play([*MESSAGES, *WRONG_BODIES, *WRONG_KEYS])
    assert sum(request.body == b"wrong" for request in server.sent) == len(WRONG_BODIES)
    assert {left.group for left in runner.journal.left_out} == {Group.REQUEST, Group.CREDENTIALS}
    assert server.budget.accepted <= 10


@pytest.mark.parametrize("workers", [1, 8])
def test_server_that_accepts_everything_accepts_no_more_than_the_limit(workers: int) -> None:
    server = AcceptsAll(10)
    runner = Runner(CONTRACT, server, limits=Limits(accepted=9), workers=workers)
    runner.play([*WRONG_KEYS, *WRONG_BODIES, *MESSAGES])
    assert len(server.sent) == server.budget.accepted <= 10
    assert len(runner.journal.left_out) == len([*WRONG_KEYS, *WRONG_BODIES, *MESSAGES]) - len(server.sent)


def test_cases_that_show_a_known_fault_again_come_last() -> None:
    early = [replace(sequence, priority=Priority.HIGH) for sequence in WRONG_KEYS]
    server = AcceptsAll(100, only_keys=True)
    Runner(CONTRACT, server).play([*early, *WRONG_BODIES])
    assert [request.credential for request in server.sent] == ["wrong"] * 2 + ["given"] * 12 + ["wrong"] * 10
