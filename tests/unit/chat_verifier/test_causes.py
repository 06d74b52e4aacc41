"""Violations are grouped into causes; each is confirmed and shown by its smallest exchange."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from chat_contract import load_contract, read_body
from chat_contract.exchange import Breakdown, Request, Response
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.findings.cause import Cause, Confirmation, seen_in
from chat_verifier.findings.causes import find_causes
from chat_verifier.findings.verdict import (
    ClauseReason,
    ClauseResult,
    ClauseVerdict,
    RunReasonId,
    RunVerdict,
    clause_results,
    run_verdict,
)
from chat_verifier.planning.case import Case, CaseSequence, Group, single
from chat_verifier.planning.credentials import SPOOFED
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Limits, Tier
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_reports.waivers import Waiver

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


@cache
def planned(tier: Tier) -> tuple[CaseSequence, ...]:
    return make_plan(CONTRACT, ALLOCATIONS[tier].sizes).sequences


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
    assert (cause.seen, cause.sent, cause.confirmation) == (4, 4, Confirmation.CONFIRMED)
    assert runner.sender.budget.sent == 4


def test_no_request_is_sent_for_a_waived_cause() -> None:
    (cause,), runner = causes_of(fails_when(lambda *_: True), HELLO, is_waived=lambda _: True)
    assert (cause.seen, cause.sent, runner.sender.budget.sent) == (1, 1, 1)


def test_causes_that_earlier_observations_show_are_left_out() -> None:
    _, runner = causes_of(fails_when(lambda *_: True), HELLO)
    observations = runner.journal.observations
    assert find_causes(runner, [*observations, *observations], known=len(observations)) == []


def test_further_observations_add_their_cases_to_a_cause() -> None:
    (cause,), _ = causes_of(fails_when(lambda *_: True), HELLO, is_waived=lambda _: True)
    _, later = causes_of(fails_when(lambda *_: True), [acceptance("later", {"message": "hello again"})])
    cause = seen_in(cause, later.journal.observations)
    assert (cause.seen, cause.sent, cause.cases) == (2, 2, ("hello", "later"))


def test_waived_violation_that_was_seen_once_does_not_make_the_run_inconclusive() -> None:
    (cause,), runner = causes_of(fails_when(lambda *_: True), HELLO, is_waived=lambda _: True)
    waiver = Waiver({}, "fixed in 2.4", "team", dt.date(2030, 1, 1), CONTRACT.source, ())

    def verdict_with(cause: Cause) -> RunVerdict:
        return run_verdict(result for result in results_of(runner, [cause]) if result.causes)[0]

    assert verdict_with(cause) is RunVerdict.INCONCLUSIVE
    assert verdict_with(replace(cause, waiver=waiver)) is RunVerdict.CONFORMS


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
    causes, _ = causes_of(fails_when(lambda *_: True), planned(Tier.QUICK))
    assert len({cause.key for cause in causes}) == len(causes)


def test_confirmations_stay_within_the_budget_of_the_sender() -> None:
    numbers = iter(range(10**6))
    runner = Runner(CONTRACT, Faulty(fails_when(lambda *_: next(numbers) % 3 == 0)), limits=Limits(50))
    runner.sender.budget.most = 60
    runner.play(planned(Tier.QUICK))
    assert find_causes(runner, runner.journal.observations)
    assert runner.sender.budget.sent <= 60


def reject_limit_six(request: Request, _: Outcome, __: int) -> Response | None:
    if b'"limit": 6' not in request.body:
        return None
    detail = [{"loc": ["body", "limit"], "msg": "not 6", "type": "value_error"}]
    return Response(422, JSON, json.dumps({"detail": detail}).encode())


def test_request_is_reduced_to_the_conditions_that_matter() -> None:
    def fails_for_two_conditions(request: Request, _: Outcome, __: int) -> Response | None:
        body = read_body(request.body).value
        together = isinstance(body, dict) and "session_id" in body and body.get("limit") == 1
        return Response(400, JSON, b"{}") if together and request.method == "POST" else None

    causes, _ = causes_of(fails_for_two_conditions, planned(Tier.DEFAULT))
    shown = [body_of(cause) for cause in causes if cause.key.clause.startswith(("request.", "robustness."))]
    assert {"message", "session_id", "limit"} in [set(body) for body in shown]
    assert all({"session_id", "limit"} <= set(body) for body in shown)


def test_request_of_a_later_turn_is_reduced_within_the_limit_of_accepted_requests() -> None:
    def ignores_later_limits(request: Request, response: Outcome, _: int) -> Response | None:
        body = read_body(request.body).value
        asked = isinstance(body, dict) and "conversation_id" in body and isinstance(body.get("limit"), int)
        if not asked or not isinstance(response, Response) or response.status != 200:
            return None
        items = [{"item_id": f"i-{number}"} for number in range(60)]
        return replace(response, body=json.dumps({**json.loads(response.body), "items": items}).encode())

    runner = Runner(CONTRACT, Faulty(ignores_later_limits), limits=Limits(accepted=87))
    runner.sender.budget.most_accepted = 90
    runner.play(planned(Tier.DEFAULT))
    causes = find_causes(runner, runner.journal.observations)
    (cause,) = [one for one in causes if one.key.clause == "limit.asked"]
    assert set(body_of(cause)) == {"message", "conversation_id", "limit"}
    assert runner.sender.budget.accepted <= 90


Meets = Callable[[dict[str, Any], int, bool], bool]
"""Tells whether a request meets two conditions, by its body, its turn, and whether it follows a rejection."""


class MeetsTwoConditions:
    """Responds 400 to requests that meet two conditions."""

    def __init__(self, meets: Meets) -> None:
        self.meets = meets
        self.turns: dict[Any, int] = {}
        self.rejected: dict[Any, bool] = {}

    def __call__(self, request: Request, response: Outcome, _: int) -> Response | None:
        body = read_body(request.body).value
        if not isinstance(response, Response) or not isinstance(body, dict):
            return None
        sent = body.get("conversation_id")
        if response.status == 422 and isinstance(sent, str):
            self.rejected[sent] = True
        if response.status != 200:
            return None
        issued = json.loads(response.body)["conversation_id"]
        self.turns[issued] = self.turns.get(issued, 0) + 1
        if self.meets(body, self.turns[issued], self.rejected.pop(issued, False)):
            return Response(400, JSON, b"{}")
        return None


@pytest.mark.parametrize(
    ("meets", "conditions"),
    [
        (
            lambda body, *_: "session_id" in body and "events" in [*body][: [*body].index("message")],
            {"events", "session_id", "key-order"},
        ),
        (lambda body, turn, _: turn == 2 and body.get("limit") == 1, {"turn", "limit"}),
        (lambda body, _, after: after and "session_id" in body, {"turn", "after-rejection", "session_id"}),
    ],
)
def test_default_limits_suffice_to_find_two_conditions(meets: Meets, conditions: set[str]) -> None:
    allocation = ALLOCATIONS[Tier.DEFAULT]
    runner = Runner(CONTRACT, Faulty(MeetsTwoConditions(meets)), limits=allocation.until_exploration)
    runner.sender.budget.most, runner.sender.budget.most_accepted = allocation.requests, allocation.accepted
    runner.play(planned(Tier.DEFAULT))
    causes = find_causes(runner, runner.journal.observations)
    shown = [cause.exhibit.case.recipe for cause in causes if cause.level == "must" and not cause.intermittent]
    fewest = min((one.varied for one in shown if one is not None), key=len)
    assert conditions <= {*fewest}
    assert len(fewest) <= 3


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
    causes, runner = causes_of(fails_when(lambda _, sent: sent == 1), planned(Tier.QUICK))
    verdict, reason = run_verdict(results_of(runner, causes))
    assert reason is not None
    assert verdict is RunVerdict.INCONCLUSIVE


def test_failures_that_come_and_go_make_the_server_unstable() -> None:
    sequences = [
        single(Case(f"hello-{number}", "hello", {"message": f"hello {number}"}), Group.REQUEST) for number in (1, 2)
    ]
    kinds = iter([Response(500), Breakdown("reset")])

    def fails_twice(_: Request, __: Outcome, sent: int) -> Response | None:
        return next(kinds) if sent <= 2 else None  # type: ignore[return-value]

    causes, runner = causes_of(fails_twice, sequences)
    verdict, reason = run_verdict(results_of(runner, causes))
    assert reason is not None
    assert (verdict, reason.id) == (RunVerdict.UNSTABLE, RunReasonId.FAILURES_COME_AND_GO)
    assert set(reason.clauses) == {"robustness.failing", "robustness.reset"}


def test_failures_of_equal_requests_are_counted_among_all_and_make_the_server_unstable() -> None:
    sequences = [acceptance(f"hello-{number}", {"message": f"hello {number}"}) for number in range(20)]
    (cause,), runner = causes_of(fails_when(lambda _, sent: sent in {3, 8, 13}), sequences)
    assert (cause.seen, cause.sent) == (3, 23)
    assert cause.confirmation is Confirmation.INTERMITTENT
    verdict, reason = run_verdict(results_of(runner, [cause]))
    assert reason is not None
    assert (verdict, reason.id) == (RunVerdict.UNSTABLE, RunReasonId.FAILURES_COME_AND_GO)


def test_failure_that_recurs_only_sometimes_is_unstable() -> None:
    sequences = [acceptance(f"hello-{number}", {"message": f"hello {number}"}) for number in range(20)]
    (cause,), _ = causes_of(fails_when(lambda _, sent: sent in {3, 8, 21}), sequences)
    assert (cause.seen, cause.sent, cause.confirmation) == (3, 22, Confirmation.INTERMITTENT)


def test_failures_that_recur_by_chance_are_unstable_too() -> None:
    """A server that fails at random also fails twice in a row, whatever the request."""
    sequences = [acceptance(f"hello-{number}", {"message": f"hello {number}"}) for number in range(20)]
    put = single(Case("put", "PUT", {"message": "hello"}, method="PUT"), Group.HTTP)
    causes, runner = causes_of(fails_when(lambda one, sent: one.method == "PUT" or sent % 3 == 0), [*sequences, put])
    assert {cause.key.clause for cause in causes} >= {"robustness.failing", "http.methods-failing"}
    assert {cause.confirmation for cause in causes} == {Confirmation.INTERMITTENT}
    assert run_verdict(results_of(runner, causes))[0] is RunVerdict.UNSTABLE


def test_rejection_that_does_not_depend_on_the_one_before_is_not_called_harmful() -> None:
    opening = Case("opening", "opening", {"message": "hello"})
    wrong = Case("wrong", "wrong", {"message": 5, "conversation_id": ISSUED})
    after = Case("after", "after", {"message": "and then?", "limit": 6, "conversation_id": ISSUED})
    conversation = CaseSequence("rejection-between", Group.CONVERSATION, (opening, wrong, after))
    causes, _ = causes_of(reject_limit_six, [conversation])
    assert causes
    assert "rejection.harmless" not in {cause.key.clause for cause in causes}


def test_complete_run_is_required_of_should_clauses_only_on_demand() -> None:
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT))
    runner.play(planned(Tier.DEFAULT))
    seen = [*runner.journal.observations, *probed(runner)]
    skipped = {name: ClauseReason.NEEDS_EXPECT_AUTH for name in CONTRACT.clauses if name.startswith("credentials.")}
    results = clause_results(CONTRACT, seen, [], strict=False, skipped=skipped)
    assert run_verdict(results) == (RunVerdict.CONFORMS, None)
    verdict, reason = run_verdict(results, require_complete=True)
    assert verdict is RunVerdict.INCONCLUSIVE
    assert reason is not None
    assert "reply.item-price" in reason.clauses


def probed(runner: Runner) -> Sequence[Any]:
    return runner.observe([single(Case("probe", "the probe", {"message": "hello"}), Group.PROBE)])


def test_concurrent_request_is_shown_alone_if_it_fails_alone() -> None:
    def fails(request: Request, _: Outcome, __: int) -> Response | None:
        return Response(500) if b'"limit": 10' in request.body else None

    causes, _ = causes_of(fails, planned(Tier.DEFAULT))
    shown = [cause for cause in causes if cause.key.clause == "robustness.failing"]
    assert [(len(body_of(cause)) <= 4, cause.exhibit.sequence.together) for cause in shown] == [(True, None)]


def test_rejection_of_a_valid_event_type_is_one_cause() -> None:
    """Its 422 also names the event in requests with an unspecified value elsewhere."""

    def enumerated(request: Request, response: Outcome, _: int) -> Response | None:
        facts = read_body(request.body)
        accepted = isinstance(response, Response) and response.status == 200 and isinstance(facts.value, dict)
        body = facts.value if accepted else {}
        odd = [number for number, one in enumerate(body.get("events") or []) if not str(one["type"]).isascii()]
        detail = [
            {"loc": ["body", "events", number, "type"], "msg": "not in the enumeration", "type": "enum"}
            for number in odd
        ]
        return Response(422, JSON, json.dumps({"detail": detail}).encode()) if odd else None

    causes, _ = causes_of(enumerated, planned(Tier.DEFAULT))
    assert [cause.key.clause for cause in causes if cause.level == "must"] == ["request.event-type"]
    (cause,) = [cause for cause in causes if cause.level == "must"]
    # The fault is in the last event, which has a name from four events on.
    assert len(body_of(cause)["events"]) <= 4


def test_headers_of_a_proxy_are_reduced_to_those_that_matter() -> None:
    def trusting(request: Request, _: Outcome, __: int) -> Response | None:
        trusted = request.header("X-Client-IP") == "127.0.0.1"
        reply = {"conversation_id": "a-1", "message": "Hello.", "items": []}
        return Response(200, JSON, json.dumps(reply).encode()) if trusted else None

    case = Case("spoofed", "spoofed", {"message": "hello"}, headers=(*JSON, *SPOOFED), credential="spoofed")
    (cause,), _ = causes_of(trusting, [single(case, Group.CREDENTIALS)])
    assert cause.exhibit.exchange.request.headers == (*JSON, ("X-Client-IP", "127.0.0.1"))
    assert cause.exhibit.case.label == "credentials: none, with X-Client-IP: 127.0.0.1"


def shop_with_three_warnings(request: Request, response: Outcome, _: int) -> Response | None:
    """Find items for words in Latin letters, slice them by a negative limit, reject limit 0, and leave out titles."""
    body = read_body(request.body).value
    if not isinstance(response, Response) or response.status != 200 or not isinstance(body, dict):
        return None
    limit = body.get("limit", 4)
    if limit == 0:
        detail = [{"loc": ["body", "limit"], "msg": "not 0", "type": "value_error"}]
        return Response(422, JSON, json.dumps({"detail": detail}).encode())
    catalogue = [{"item_id": f"A{number}"} for number in range(3)]
    found = catalogue if any(letter.isascii() and letter.isalpha() for letter in str(body.get("message"))) else []
    items = found[:limit] if isinstance(limit, int) else []
    return Response(200, JSON, json.dumps(json.loads(response.body) | {"items": items}).encode())


@cache
def causes_of_three_warnings() -> dict[str, Cause]:
    causes, _ = causes_of(shop_with_three_warnings, planned(Tier.DEFAULT))
    return {cause.key.clause: cause for cause in causes if cause.level != "observed"}


def test_items_for_a_negative_limit_are_confirmed_and_shown_by_the_limit_alone() -> None:
    cause = causes_of_three_warnings()["limit.negative"]
    assert cause.confirmation is Confirmation.CONFIRMED
    assert set(body_of(cause)) == {"message", "limit"}


def test_rejection_of_a_documented_value_is_found_whatever_else_is_rejected() -> None:
    cause = causes_of_three_warnings()["request.documented"]
    assert cause.confirmation is Confirmation.CONFIRMED
    assert (set(body_of(cause)), body_of(cause)["limit"]) == ({"message", "limit"}, 0)


def reject_limit_zero_and_blank_descriptions(request: Request, response: Outcome, _: int) -> Response | None:
    body = read_body(request.body).value
    if not isinstance(response, Response) or response.status != 200 or not isinstance(body, dict):
        return None
    events = body.get("events")
    locs: list[list[str | int]] = [["body", "limit"]] if body.get("limit") == 0 else []
    for index, event in enumerate(events if isinstance(events, list) else ()):
        if isinstance(event.get("description"), str) and not event["description"].strip():
            locs.append(["body", "events", index, "description"])
    detail = [{"loc": loc, "msg": "wrong", "type": "value_error"} for loc in locs]
    return Response(422, JSON, json.dumps({"detail": detail}).encode()) if detail else None


def test_rejections_of_documented_values_of_different_fields_are_different_causes() -> None:
    blank = [{"timestamp": "2024-06-14T10:00:00Z", "type": "click", "description": " "}]
    requests = [
        acceptance("limit", {"message": "hello", "limit": 0}),
        acceptance("descriptions", {"message": "hello", "events": blank * 3}),
        acceptance("both", {"message": "hello", "limit": 0, "events": blank}),
    ]
    causes, _ = causes_of(reject_limit_zero_and_blank_descriptions, requests)
    assert {(cause.key.clause, cause.key.place, cause.seen) for cause in causes} == {
        ("request.documented", ("limit",), 2),
        ("request.documented", ("events", "*", "description"), 2),
    }


@pytest.mark.parametrize(
    ("most", "clauses"),
    [(30, {"robustness.failing"}), (100, {"robustness.deep"})],
    ids=["nested", "only-deeply-nested"],
)
def test_crash_for_nested_values_is_one_cause(most: int, clauses: set[str]) -> None:
    def fail(request: Request, _: Outcome, __: int) -> Response | None:
        return Response(500) if request.body.count(b"[") > most else None

    nested: dict[int, Any] = {depth: json.loads("[" * depth + "]" * depth) for depth in (40, 400)}
    requests = [acceptance(f"nested-{depth}", {"message": "hello", "x": value}) for depth, value in nested.items()]
    causes, _ = causes_of(fail, requests)
    assert {cause.key.clause for cause in causes} == clauses


def test_fault_of_every_reply_is_shown_by_an_ordinary_request() -> None:
    cause = causes_of_three_warnings()["reply.item-example"]
    assert cause.exhibit.facts.kind is RequestKind.MUST_ACCEPT
    assert set(causes_of_three_warnings()) == {"limit.negative", "request.documented", "reply.item-example"}


def blank_third_reply_then(status: int) -> Spoil:
    """Return a server whose third reply is blank, and which answers with the status from the fourth request on."""

    def spoil(_: Request, response: Outcome, sent: int) -> Response | None:
        assert isinstance(response, Response)
        blank = json.dumps(json.loads(response.body) | {"message": " "}).encode()
        return {3: Response(200, response.headers, blank)}.get(sent, Response(status) if sent > 3 else None)

    return spoil


def third_turn_of_a_conversation() -> CaseSequence:
    opening = Case("hello", "hello", {"message": "hello"})
    more = [Case(f"more-{n}", "more", {"message": "and then?", "conversation_id": ISSUED}) for n in (1, 2)]
    return CaseSequence("three-turns", Group.CONVERSATION, (opening, *more))


def test_violation_is_not_called_intermittent_before_its_whole_conversation_was_repeated() -> None:
    runner = Runner(CONTRACT, Faulty(blank_third_reply_then(200)))
    runner.play([third_turn_of_a_conversation()])
    never_again = Runner(CONTRACT, ReferenceServer(CONTRACT))
    never_again.sender.budget.most = 2
    (cause,) = find_causes(never_again, runner.journal.observations)
    assert (cause.key.clause, cause.seen, cause.sent) == ("reply.message-blank", 1, 1)
    assert cause.confirmation is Confirmation.NOT_CONFIRMED
    never_again.sender.budget.most = None
    (cause,) = find_causes(never_again, runner.journal.observations)
    assert cause.confirmation is Confirmation.INTERMITTENT


def test_repetition_that_cannot_reach_its_last_turn_tells_nothing() -> None:
    causes, _ = causes_of(blank_third_reply_then(503), [third_turn_of_a_conversation()])
    (cause,) = [cause for cause in causes if cause.key.clause == "reply.message-blank"]
    assert (cause.sent, cause.confirmation) == (1, Confirmation.NOT_CONFIRMED)


def shop_with_faulty_events(request: Request, response: Outcome, _: int) -> Response | None:
    """Overlook wrong event types beside a limit; fail for one valid type."""
    body = read_body(request.body).value
    if not isinstance(body, dict) or not isinstance(response, Response):
        return None
    events = body.get("events") if isinstance(body.get("events"), list) else []
    if response.status == 200 and any(isinstance(one, dict) and one.get("type") == "constructor" for one in events):
        return Response(500)
    if response.status != 422 or "limit" not in body:
        return None
    entries = json.loads(response.body)["detail"]
    detail = [one for one in entries if not ("events" in one["loc"] and one["loc"][-1] == "type")]
    reply = {"conversation_id": body.get("conversation_id") or "x-1", "message": "Hello.", "items": []}
    return Response(422 if detail else 200, JSON, json.dumps({"detail": detail} if detail else reply).encode())


@cache
def causes_of_faulty_events() -> dict[str, Cause]:
    causes, _ = causes_of(shop_with_faulty_events, planned(Tier.DEFAULT))
    return {cause.key.clause: cause for cause in causes if cause.level == "must"}


def test_failure_for_one_of_many_events_is_shown_by_that_event() -> None:
    cause = causes_of_faulty_events()["robustness.failing"]
    assert [one["type"] for one in body_of(cause)["events"]] == ["constructor"]


def test_wrong_value_that_is_overlooked_beside_another_field_is_sent_beside_it() -> None:
    cause = causes_of_faulty_events()["rejection.event-field"]
    body = body_of(cause)
    assert cause.confirmation is Confirmation.CONFIRMED
    assert "limit" in body
    assert (len(body["events"]), isinstance(body["events"][0]["type"], str)) == (1, False)


CHUNKED = single(Case("chunked", "a chunked body", {"message": "hello", "user_id": "u"}, chunked=True), Group.REQUEST)


def rejects_user_alone(request: Request, _: Outcome, __: int) -> Response | None:
    body = read_body(request.body).value
    alone = isinstance(body, dict) and "user_id" in body and "session_id" not in body
    detail = [{"loc": ["body", "session_id"], "msg": "missing", "type": "missing"}]
    return Response(422, JSON, json.dumps({"detail": detail}).encode()) if alone else None


def test_chunked_body_that_is_rejected_like_any_other_is_not_a_cause_of_its_own() -> None:
    causes, _ = causes_of(rejects_user_alone, [acceptance("user", {"message": "hi", "user_id": "u"}), CHUNKED])
    assert [cause.key.clause for cause in causes] == ["request.optional-field"]


def test_chunked_body_that_alone_is_rejected_is_a_cause_of_its_own() -> None:
    def rejects_chunked_too(request: Request, response: Outcome, sent: int) -> Response | None:
        plain = replace(request, body=b'{"message": "hi", "user_id": "u"}') if request.chunked else request
        return rejects_user_alone(plain, response, sent)

    chunked = replace(CHUNKED, cases=(replace(CHUNKED.cases[0], body={"message": "hello"}),))
    causes, _ = causes_of(rejects_chunked_too, [acceptance("user", {"message": "hi", "user_id": "u"}), chunked])
    assert {cause.key.clause for cause in causes} == {"request.optional-field", "http.chunked"}


@pytest.mark.parametrize(
    ("least", "clause"), [(40, "robustness.failing"), (200, "robustness.deep"), (550, "robustness.beyond-i-json")]
)
def test_failure_for_nested_values_is_one_cause_whatever_their_depth(least: int, clause: str) -> None:
    bodies = [b'{"message": "hi", "x": ' + b"[" * depth + b"]" * depth + b"}" for depth in (50, 400, 600)]
    requests = [acceptance(f"nested-{len(body)}", body) for body in bodies]
    causes, _ = causes_of(fails_when(lambda request, _: request.body.count(b"[") > least), requests)
    assert [cause.key.clause for cause in causes] == [clause]


def test_failure_for_bytes_outside_utf8_is_a_cause_beside_one_for_nested_values() -> None:
    nested = b'{"message": "hi", "x": ' + b"[" * 50 + b"]" * 50 + b"}"
    requests = [acceptance("nested", nested), acceptance("latin-1", b'{"message": "caf\xe9"}')]
    causes, _ = causes_of(fails_when(lambda *_: True), requests)
    assert {cause.key.clause for cause in causes} == {"robustness.failing", "robustness.beyond-i-json"}


def test_field_besides_the_conditions_is_named_or_left_out() -> None:
    causes, _ = causes_of(rejects_user_alone, planned(Tier.QUICK))
    labels = [cause.exhibit.case.label for cause in causes if cause.key.clause == "request.optional-field"]
    assert labels
    assert all(label.startswith("user_id") for label in labels)
