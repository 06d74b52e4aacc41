"""The plan is derived from the contract, keeps within its budget, and exercises every clause."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any

import pytest

from chat_contract import load_contract
from chat_contract.conformance import examine
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import CaseSequence, FaultNaming, Group, Pack, PackKind, Priority, requests_of
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.tiers import ALLOCATIONS, Tier, allocate
from chat_verifier.planning.wrong_values import MISSING
from chat_verifier.run.observation import Observation, by_clause
from chat_verifier.run.reference_server import ReferenceServer, sequences_for
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
BUILDER = RequestBuilder(CONTRACT)
NEED_ITEMS = {"reply.item-price", "reply.item-twice"}
"""Clauses about items; the reference server has none."""


def play(
    sequences: Iterable[CaseSequence], server: ReferenceServer | None = None, max_requests: int | None = None
) -> list[Observation]:
    runner = Runner(CONTRACT, server or ReferenceServer(CONTRACT), max_requests=max_requests)
    runner.play(sequences)
    return runner.journal.observations


@cache
def planned(*, small: bool = False) -> tuple[CaseSequence, ...]:
    return make_plan(CONTRACT, small=small).sequences


def play_quick(server: ReferenceServer) -> list[Observation]:
    return play(planned(small=True), server, ALLOCATIONS[Tier.QUICK].until_confirmation)


@cache
def play_default(server: type[ReferenceServer]) -> list[Observation]:
    return play(planned(), server(CONTRACT), ALLOCATIONS[Tier.DEFAULT].until_exploration)


@pytest.fixture(scope="module")
def observations() -> list[Observation]:
    return play(make_plan(CONTRACT, key="a-secret-key").sequences)


class NamesOneFault(ReferenceServer):
    """Keeps every MUST, but stops at the first fault, as hand-written validation often does."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        return with_detail(response, details(response)[:1]) if response.status == 422 else response


class OverlooksUser(ReferenceServer):
    """Names all faults except those of user_id."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status != 422:
            return response
        return with_detail(response, [one for one in details(response) if one["loc"] != ["body", "user_id"]])


class AcceptsNullEvents(ReferenceServer):
    """Accepts null as an event of a later turn, except as the last event."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        body = examine(CONTRACT, Exchange(request, response), History()).body if response.status == 422 else None
        if not isinstance(body, dict) or "conversation_id" not in body or not isinstance(body.get("events"), list):
            return response
        accepted = [["body", "events", index] for index, event in enumerate(body["events"][:-1]) if event is None]
        left = [one for one in details(response) if one["loc"] not in accepted]
        return with_detail(response, left) if left else self._reply()

    def _reply(self) -> Response:
        reply = {"conversation_id": f"x-{self.budget.sent}", "message": "m", "items": []}
        return Response(200, (("Content-Type", "application/json"),), json.dumps(reply).encode())


class RejectsUnspecified(ReferenceServer):
    """Rejects all unspecified input without naming a field."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        kind = examine(CONTRACT, Exchange(request, response), History()).kind
        if kind is RequestKind.UNSPECIFIED and response.status == 200:
            return with_detail(response, [{"loc": ["body"], "msg": "no", "type": "no"}], status=422)
        return response


def details(response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.body)["detail"]
    return found


def with_detail(response: Response, detail: list[dict[str, Any]], status: int = 422) -> Response:
    return Response(status, response.headers, json.dumps({"detail": detail}).encode())


def test_plan_exercises_every_clause(observations: list[Observation]) -> None:
    assert set(CONTRACT.clauses) - set(by_clause(observations)) == NEED_ITEMS


def test_reference_server_violates_no_clause(observations: list[Observation]) -> None:
    assert [violation.message for seen in observations for violation in seen.violations] == []


@pytest.mark.parametrize("server", [ReferenceServer, NamesOneFault])
def test_quick_tier_exercises_every_must_clause(server: type[ReferenceServer]) -> None:
    seen = play_quick(server(CONTRACT))
    must = {
        name for name, clause in CONTRACT.clauses.items() if clause.level == "must" and clause.group != "credentials"
    }
    assert must - set(by_clause(seen)) == set()
    assert not [violation for one in seen for violation in one.violations if violation.level == "must"]


def test_quick_tier_sends_every_wrong_value_of_every_field() -> None:
    sent = [json.dumps(seen.facts.body) for seen in play_quick(ReferenceServer(CONTRACT)) if seen.case.pack]
    for wrong in wrong_values.top_level(BUILDER):
        if wrong.value is not MISSING:
            assert any(json.dumps({wrong.field: wrong.value})[1:-1] in body for body in sent), wrong.id


def test_fault_that_the_server_does_not_name_in_a_pack_is_sent_alone() -> None:
    seen = play_quick(OverlooksUser(CONTRACT))
    alone = [one for one in seen if one.case.id.startswith("all-fields-wrong-") and "-user-id-" in one.case.id]
    assert {type(one.facts.body["user_id"]) for one in alone} >= {bool, int, list, dict}
    assert {fault.place for one in alone for fault in one.facts.classification.hard_faults} == {("user_id",)}


def wrong_places(seen: Iterable[Observation], *, later: bool) -> set[tuple[tuple[str | int, ...], str]]:
    return {
        (tuple("*" if isinstance(part, int) else part for part in fault.place), repr(value_at(one, fault.place)))
        for one in seen
        if one.case.continues == later and one.sequence.group in {Group.REJECTION, Group.CONVERSATION}
        for fault in one.facts.classification.hard_faults
    }


def value_at(seen: Observation, place: tuple[str | int, ...]) -> Any:
    value = seen.facts.body
    for part in place:
        if isinstance(value, dict) and part not in value:
            return MISSING
        value = value[part]
    return value


@pytest.mark.parametrize("later", [False, True])
def test_server_that_names_several_faults_receives_every_wrong_type_in_first_and_later_turns(*, later: bool) -> None:
    found = wrong_places(play_default(ReferenceServer), later=later)
    for name, wrongs in wrong_values.fields_with_wrong_values(BUILDER, later=later).items():
        for wrong in wrongs:
            assert ((name,), repr(wrong.value)) in found, wrong.id
    for wrong in wrong_values.in_event(BUILDER):
        if wrong.value == {} and not wrong.field:
            # The fault of an empty object is what it lacks.
            continue
        place = ("events", "*", wrong.field) if wrong.field else ("events", "*")
        assert (place, repr(wrong.value)) in found, wrong.id


def test_server_that_names_one_fault_receives_single_faults() -> None:
    several, first = play_default(ReferenceServer), play_default(NamesOneFault)
    assert not [seen for seen in first if seen.sequence.naming is FaultNaming.SEVERAL]
    assert not [seen for seen in several if seen.sequence.naming is FaultNaming.FIRST]
    assert len([seen for seen in first if len(seen.facts.classification.hard_faults) == 1]) > 60


def test_fault_that_a_server_overlooks_among_others_is_found() -> None:
    violated = {v.clause for seen in play_default(AcceptsNullEvents) for v in seen.violations}
    assert "rejection.event" in violated


def test_small_plan_fits_the_quick_tier() -> None:
    sequences = planned(small=True)
    assert sequences[0].priority is Priority.ESSENTIAL
    important = [sequence for sequence in sequences if sequence.priority <= Priority.HIGH]
    assert requests_of(important) <= (ALLOCATIONS[Tier.QUICK].until_confirmation or 0)


def test_max_requests_is_a_hard_limit_with_a_share_for_confirmations() -> None:
    limited = allocate(Tier.DEFAULT, 30)
    assert (limited.requests, limited.hard, limited.is_small) == (30, True, True)
    assert (limited.until_exploration, limited.until_confirmation) == (27, 27)
    assert allocate(Tier.DEFAULT, 300).exploring == ALLOCATIONS[Tier.DEFAULT].exploring
    assert allocate(Tier.DEEP).until_exploration is None


def test_plan_depends_only_on_the_seed() -> None:
    def sent(seed: int) -> list[bytes]:
        sequences = [*make_plan(CONTRACT, seed=seed).sequences, *generate_cases(CONTRACT, seed, 12)]
        return [case.raw("id") for sequence in sequences for case in sequence.cases]

    assert sent(1) == sent(1)
    assert sent(1) != sent(2)


def test_rejection_has_no_unspecified_value_beside_its_fault(observations: list[Observation]) -> None:
    for seen in observations:
        if seen.sequence.group is Group.REJECTION and seen.facts.kind is RequestKind.MUST_REJECT:
            hard = {fault.place for fault in seen.facts.classification.hard_faults}
            assert {fault.place for fault in seen.facts.classification.faults} == hard, seen.case.id


def test_request_group_sends_only_must_accept_requests(observations: list[Observation]) -> None:
    exceptions = {RequestKind.CHUNKED, RequestKind.UNSPECIFIED}
    for seen in observations:
        if seen.sequence.group is Group.REQUEST and seen.facts.kind not in exceptions:
            assert seen.facts.kind is RequestKind.MUST_ACCEPT, (seen.case.id, seen.facts.classification.faults)


def test_wrong_values_cover_every_type_that_a_field_must_not_have() -> None:
    wanted = {(wrong.field, wrong.type) for wrong in wrong_values.top_level(BUILDER)}
    assert {field for field, _ in wanted} == set(CONTRACT.schemas["documented"]["properties"])
    assert ("limit", "null") not in wanted
    assert ("message", "null") in wanted
    assert ("limit", "number") in wanted


@pytest.mark.parametrize("position", [0, 1, 11])
def test_faults_are_in_first_second_and_late_events(observations: list[Observation], position: int) -> None:
    places = {fault.place for seen in observations for fault in seen.facts.classification.hard_faults}
    assert any(place[:2] == ("events", position) for place in places)


def test_every_pair_of_fields_has_a_request_with_both_faults(observations: list[Observation]) -> None:
    fields = list(CONTRACT.schemas["documented"]["properties"])
    pairs = {frozenset((one, other)) for one in fields for other in fields if one < other}
    seen_pairs = {
        frozenset(str(fault.place[0]) for fault in seen.facts.classification.hard_faults)
        for seen in observations
        if seen.case.id.startswith("two-faults-")
    }
    assert pairs <= seen_pairs


def test_pack_is_split_only_if_the_response_does_not_accept_it() -> None:
    packs = [sequence for sequence in planned() if may_be_accepted(sequence.cases[0].pack)]
    assert len(play(packs)) == len(packs)
    assert len(play(packs, RejectsUnspecified(CONTRACT))) > 2 * len(packs)


def may_be_accepted(pack: Pack | None) -> bool:
    return pack is not None and pack.kind is not PackKind.FAULTS


def test_run_for_one_clause_sends_few_requests() -> None:
    needed = sequences_for(CONTRACT, planned(), {"request.charset"})
    assert 0 < requests_of(needed) < 5


def test_no_conversation_has_more_than_twenty_turns() -> None:
    sequences = [*planned(), *generate_cases(CONTRACT, 3, 60)]
    assert max(len(sequence.cases) for sequence in sequences) <= 20


@pytest.mark.parametrize("budget", [0, 1, 5, 40])
def test_generated_cases_keep_within_their_budget(budget: int) -> None:
    assert requests_of(generate_cases(CONTRACT, 0, budget)) <= budget
