"""Violations become causes: each once, confirmed by sending again, the smallest exchange shown."""

from __future__ import annotations

import json

from chat_contract import load_contract
from chat_contract.exchange import Response
from chat_verifier.findings.causes import MAX_CONFIRMATIONS, find_causes
from chat_verifier.findings.verdict import clause_results, run_verdict
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, Group, kebab, single
from chat_verifier.planning.plan import make_plan
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()


class Faulty(ReferenceServer):
    """The ideal server, but for what ``spoil`` changes; it is told how often it was asked before."""

    def __init__(self, spoil):
        super().__init__(CONTRACT)
        self.spoil = spoil

    def send(self, request):
        answer = super().send(request)
        return self.spoil(request, answer, self.budget.sent) or answer


def causes_of(spoil, sequences, **bounds):
    runner = Runner(CONTRACT, Faulty(spoil))
    runner.play(sequences)
    return find_causes(runner, runner.journal.observations, **bounds), runner


JSON = (("Content-Type", "application/json"),)

ASK = [single(Case("hello", "hello", {"message": "hello", "limit": 3}), Group.REQUEST)]


def fails_when(condition):
    return lambda request, answer, sent: Response(500) if condition(request, sent) else None


def test_a_violation_seen_once_is_sent_again_and_counts():
    (cause,), runner = causes_of(fails_when(lambda *_: True), ASK)
    assert (cause.violation.clause, cause.seen, cause.intermittent) == ("robustness.failing", 2, False)
    assert runner.sender.budget.sent == 2


def test_a_violation_that_does_not_come_back_is_intermittent():
    (cause,), runner = causes_of(fails_when(lambda _, sent: sent == 1), ASK)
    assert (cause.seen, cause.sent, cause.intermittent) == (1, 4, True)
    results = clause_results(CONTRACT, runner.journal.observations, [cause], strict=True, skipped={})
    assert [result.verdict for result in results if result.causes] == ["warn"]


def test_a_warning_is_sent_again_only_where_all_that_it_takes_is_to_spare():
    go_on = Case("goes-on", "goes on", {"message": "and then?", "conversation_id": ISSUED})
    talk = CaseSequence("three-turns", Group.CONVERSATION, (Case("hello", "hello", {"message": "hello"}), go_on, go_on))

    def blank(_request, answer, sent):
        reply = json.loads(answer.body) | {"message": " "}
        return Response(200, answer.headers, json.dumps(reply).encode()) if sent == 3 else None

    asked = []
    (cause,), runner = causes_of(blank, [talk], spare=asked.append)
    assert (cause.violation.clause, cause.unsure, runner.sender.budget.sent) == ("reply.message-blank", True, 3)
    assert asked == [2]
    results = clause_results(CONTRACT, runner.journal.observations, [cause], strict=True, skipped={})
    assert [result.reason for result in results if result.causes] == ["seen once, not sent again"]


def test_every_distinct_cause_is_said_once():
    causes, _ = causes_of(fails_when(lambda *_: True), make_plan(CONTRACT).sequences)
    assert len({cause.key for cause in causes}) == len(causes)


def test_confirming_keeps_to_its_budget():
    flaky = iter(range(10**6))
    causes, runner = causes_of(fails_when(lambda *_: next(flaky) % 3 == 0), make_plan(CONTRACT).sequences)
    assert causes
    assert runner.sender.budget.sent <= make_plan(CONTRACT).requests * 3 + MAX_CONFIRMATIONS + 20


def test_the_smallest_request_that_shows_a_cause_is_shown():
    big = {"message": "hello", "session_id": "s", "user_id": 5, "events": [], "limit": 3}

    def overlook(request, answer, _):
        accepted = {"conversation_id": "x", "message": "m", "items": []}
        if answer.status == 422:
            return Response(200, answer.headers, json.dumps(accepted).encode())
        return None

    (cause,) = [
        cause
        for cause in causes_of(overlook, [single(Case("wrong-user", "wrong user", big), Group.REJECTION)])[0]
        if cause.violation.clause == "rejection.field"
    ]
    assert json.loads(cause.exhibit.exchange.request.body) == {"message": "hello", "user_id": 5}


def refuses_a_limit_of_six(request, _answer, _):
    if b'"limit": 6' not in request.body:
        return None
    detail = [{"loc": ["body", "limit"], "msg": "not 6", "type": "value_error"}]
    return Response(422, JSON, json.dumps({"detail": detail}).encode())


def test_what_others_were_accepted_with_is_left_out():
    event = {"timestamp": "2024-06-14T10:00:00+02:00", "type": "é"}
    odd = event | {"type": "wish list"}
    sequences = [
        single(Case(kebab(label), label, body), Group.REQUEST)
        for label, body in (
            ("plain", {"message": "hello"}),
            ("with a session", {"message": "où?", "session_id": "s-1", "events": [event]}),
            ("with a limit of 6", {"message": "où?", "session_id": "s-1", "events": [event, odd], "limit": 6}),
        )
    ]

    causes, runner = causes_of(refuses_a_limit_of_six, sequences)
    (cause,) = [cause for cause in causes if cause.violation.clause.startswith("request.")]
    assert json.loads(cause.exhibit.exchange.request.body) == {"message": "hello", "events": [odd], "limit": 6}
    assert (cause.seen, cause.sent, cause.intermittent) == (2, 2, False)
    assert runner.sender.budget.sent <= len(sequences) + 2


def test_two_clauses_that_prove_to_be_one_cause_are_said_once():
    texts = [{"message": "où?", "limit": 6}, {"message": "hello", "limit": 6, "session_id": "s", "user_id": "u"}]
    sequences = [
        single(Case(f"request-{number}", f"request {number}", body), Group.REQUEST) for number, body in enumerate(texts)
    ]
    fine = [
        single(
            Case(kebab("fine", message), f"fine {message}", {"message": message, "session_id": "s", "user_id": "u"}),
            Group.REQUEST,
        )
        for message in ("où?", "hello")
    ]

    def refuses_six(request, _answer, _):
        return Response(400, JSON, b"{}") if b'"limit": 6' in request.body else None

    causes, _ = causes_of(refuses_six, [*fine, *sequences])
    assert len({cause.key for cause in causes}) == len(causes)
    assert [cause.seen for cause in causes if cause.violation.clause.startswith("request.")] == [4]


def talk_with_a_refusal():
    ask = Case("opens-a-conversation", "opens a conversation", {"message": "hello"})
    wrong = Case("wrong", "wrong", {"message": 5, "conversation_id": ISSUED})
    go_on = Case("goes-on", "goes on", {"message": "and then?", "limit": 6, "conversation_id": ISSUED})
    return CaseSequence("a-refusal-in-between", Group.CONVERSATION, (ask, wrong, go_on))


def test_what_is_refused_only_after_a_refusal_is_its_harm():
    refused = []

    def holds_a_grudge(request, answer, _):
        body = json.loads(request.body)
        if answer.status == 422:
            refused.append(body.get("conversation_id"))
        elif body.get("conversation_id") in refused:
            return Response(422, JSON, json.dumps({"detail": [{"loc": ["body"], "msg": "m", "type": "t"}]}).encode())
        return None

    causes, _ = causes_of(holds_a_grudge, [talk_with_a_refusal()])
    assert "rejection.harmless" in {cause.violation.clause for cause in causes}


def test_a_run_without_a_must_clause_tried_is_inconclusive():
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT))
    runner.play(ASK)
    results = clause_results(CONTRACT, runner.journal.observations, [], strict=False, skipped={})
    verdict, reason = run_verdict((one.clause.id, one.clause.level, one.verdict, one.asked) for one in results)
    assert verdict == "inconclusive"
    assert "rejection.body" in reason
