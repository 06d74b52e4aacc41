"""Violations are grouped into causes; each is confirmed and shown by its smallest exchange."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from chat_contract import load_contract
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.findings.causes import MAX_CONFIRMATIONS, Cause, Confirmation, find_causes
from chat_verifier.findings.verdict import (
    ClauseReason,
    ClauseResult,
    ClauseVerdict,
    RunReasonId,
    RunVerdict,
    clause_results,
    run_verdict,
)
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Group, single
from chat_verifier.planning.plan import make_plan
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()

Outcome = Response | Breakdown
Spoil = Callable[[Request, Outcome, int], Response | None]
"""Changes a correct response; also gets the number of requests sent so far. None keeps the response."""


class Faulty(ReferenceServer):
    """The reference server with the responses that ``spoil`` changes."""

    def __init__(self, spoil: Spoil) -> None:
        super().__init__(CONTRACT)
        self.spoil = spoil

    def send(self, request: Request) -> Outcome:
        response = super().send(request)
        return self.spoil(request, response, self.budget.sent) or response


def causes_of(spoil: Spoil, sequences: Sequence[CaseSequence], **limits: Any) -> tuple[list[Cause], Runner]:
    runner = Runner(CONTRACT, Faulty(spoil))
    runner.play(sequences)
    return find_causes(runner, runner.journal.observations, **limits), runner


def results_of(runner: Runner, causes: Sequence[Cause], *, strict: bool = False) -> tuple[ClauseResult, ...]:
    return clause_results(CONTRACT, runner.journal.observations, causes, strict=strict, skipped={})


JSON = (("Content-Type", "application/json"),)

HELLO = [single(Case("hello", "hello", {"message": "hello", "limit": 3}), Group.REQUEST)]


def acceptance(case_id: str, body: Any) -> CaseSequence:
    return single(Case(case_id, case_id, body), Group.REQUEST)


def fails_when(condition: Callable[[Request, int], bool]) -> Spoil:
    return lambda request, _, sent: Response(500) if condition(request, sent) else None


def body_of(cause: Cause) -> Any:
    return json.loads(cause.exhibit.exchange.request.body)


def test_violation_seen_once_is_sent_again_and_confirmed() -> None:
    (cause,), runner = causes_of(fails_when(lambda *_: True), HELLO)
    assert (cause.key.clause, cause.key.observed, cause.cases) == ("robustness.failing", "status-500", ("hello",))
    assert (cause.seen, cause.confirmation) == (2, Confirmation.CONFIRMED)
    assert runner.sender.budget.sent == 2


def test_violation_that_does_not_recur_is_intermittent_and_only_a_warning() -> None:
    (cause,), runner = causes_of(fails_when(lambda _, sent: sent == 1), HELLO)
    assert (cause.seen, cause.sent, cause.confirmation) == (1, 4, Confirmation.INTERMITTENT)
    (result,) = [result for result in results_of(runner, [cause], strict=True) if result.causes]
    assert (result.verdict, result.reason) == (ClauseVerdict.WARN, ClauseReason.NOT_CONFIRMED)


def test_warning_is_confirmed_only_if_the_budget_has_room_for_all_its_turns() -> None:
    opening = Case("hello", "hello", {"message": "hello"})
    more = [Case(f"more-{n}", "more", {"message": "and then?", "conversation_id": ISSUED}) for n in (1, 2)]
    conversation = CaseSequence("three-turns", Group.CONVERSATION, (opening, *more))

    def blank_third_reply(_: Request, response: Outcome, sent: int) -> Response | None:
        assert isinstance(response, Response)
        reply = json.loads(response.body) | {"message": " "}
        return Response(200, response.headers, json.dumps(reply).encode()) if sent == 3 else None

    asked: list[int] = []
    # A list's append returns None, so there is never room.
    (cause,), runner = causes_of(blank_third_reply, [conversation], spare=asked.append)
    assert (cause.key.clause, cause.confirmation) == ("reply.message-blank", Confirmation.NOT_CONFIRMED)
    assert cause.cases == ("three-turns/more-2",)
    assert (runner.sender.budget.sent, asked) == (3, [2])


def test_each_cause_is_reported_once() -> None:
    causes, _ = causes_of(fails_when(lambda *_: True), make_plan(CONTRACT).sequences)
    assert len({cause.key for cause in causes}) == len(causes)


def test_confirmations_stay_within_their_budget() -> None:
    numbers = iter(range(10**6))
    causes, runner = causes_of(fails_when(lambda *_: next(numbers) % 3 == 0), make_plan(CONTRACT).sequences)
    assert causes
    assert runner.sender.budget.sent <= make_plan(CONTRACT).requests * 3 + MAX_CONFIRMATIONS + 20


def test_cause_is_shown_by_the_smallest_request() -> None:
    big = {"message": "hello", "session_id": "s", "user_id": 5, "events": [], "limit": 3}

    def accept_everything(_: Request, response: Outcome, __: int) -> Response | None:
        accepted = {"conversation_id": "x", "message": "m", "items": []}
        if isinstance(response, Response) and response.status == 422:
            return Response(200, response.headers, json.dumps(accepted).encode())
        return None

    causes, _ = causes_of(accept_everything, [single(Case("wrong-user", "wrong user", big), Group.REJECTION)])
    (cause,) = [cause for cause in causes if cause.key.clause == "rejection.field"]
    assert body_of(cause) == {"message": "hello", "user_id": 5}


def reject_limit_six(request: Request, _: Outcome, __: int) -> Response | None:
    if b'"limit": 6' not in request.body:
        return None
    detail = [{"loc": ["body", "limit"], "msg": "not 6", "type": "value_error"}]
    return Response(422, JSON, json.dumps({"detail": detail}).encode())


def test_values_accepted_in_other_requests_are_left_out_of_the_shown_request() -> None:
    event = {"timestamp": "2024-06-14T10:00:00+02:00", "type": "é"}
    odd = event | {"type": "wish list"}
    sequences = [
        acceptance("plain", {"message": "hello"}),
        acceptance("session", {"message": "où?", "session_id": "s-1", "events": [event]}),
        acceptance("limit-six", {"message": "où?", "session_id": "s-1", "events": [event, odd], "limit": 6}),
    ]
    causes, runner = causes_of(reject_limit_six, sequences)
    (cause,) = [cause for cause in causes if cause.key.clause.startswith("request.")]
    assert body_of(cause) == {"message": "hello", "events": [odd], "limit": 6}
    assert (cause.seen, cause.sent, cause.confirmation) == (2, 2, Confirmation.CONFIRMED)
    assert runner.sender.budget.sent <= len(sequences) + 2


def test_causes_that_become_equal_when_made_smaller_are_merged() -> None:
    texts = [{"message": "où?", "limit": 6}, {"message": "hello", "limit": 6, "session_id": "s", "user_id": "u"}]
    sequences = [acceptance(f"request-{number}", body) for number, body in enumerate(texts)]
    accepted = [
        acceptance(f"accepted-{number}", {"message": message, "session_id": "s", "user_id": "u"})
        for number, message in enumerate(("où?", "hello"))
    ]

    def reject_six(request: Request, _: Outcome, __: int) -> Response | None:
        return Response(400, JSON, b"{}") if b'"limit": 6' in request.body else None

    causes, _ = causes_of(reject_six, [*accepted, *sequences])
    assert len({cause.key for cause in causes}) == len(causes)
    assert [cause.seen for cause in causes if cause.key.clause.startswith("request.")] == [4]


def test_rejection_only_after_another_rejection_violates_harmless() -> None:
    opening = Case("opening", "opening", {"message": "hello"})
    wrong = Case("wrong", "wrong", {"message": 5, "conversation_id": ISSUED})
    after = Case("after", "after", {"message": "and then?", "limit": 6, "conversation_id": ISSUED})
    conversation = CaseSequence("rejection-between", Group.CONVERSATION, (opening, wrong, after))
    rejected: list[Any] = []

    def reject_for_ever(request: Request, response: Outcome, _: int) -> Response | None:
        body = json.loads(request.body)
        if isinstance(response, Response) and response.status == 422:
            rejected.append(body.get("conversation_id"))
        elif body.get("conversation_id") in rejected:
            return Response(422, JSON, json.dumps({"detail": [{"loc": ["body"], "msg": "m", "type": "t"}]}).encode())
        return None

    causes, _ = causes_of(reject_for_ever, [conversation])
    assert "rejection.harmless" in {cause.key.clause for cause in causes}


def test_run_that_does_not_exercise_every_must_clause_is_inconclusive() -> None:
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT))
    runner.play(HELLO)
    verdict, reason = run_verdict(results_of(runner, []))
    assert reason is not None
    assert (verdict, reason.id) == (RunVerdict.INCONCLUSIVE, RunReasonId.CLAUSES_NOT_EXERCISED)
    assert "rejection.body" in reason.clauses


def test_violation_of_a_must_clause_that_is_not_confirmed_makes_the_run_inconclusive() -> None:
    causes, runner = causes_of(fails_when(lambda _, sent: sent == 1), make_plan(CONTRACT).sequences, most=1)
    verdict, reason = run_verdict(results_of(runner, causes))
    assert reason is not None
    assert verdict is RunVerdict.INCONCLUSIVE
