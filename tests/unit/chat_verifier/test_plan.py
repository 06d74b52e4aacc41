"""The plan is derived from the contract, keeps to its budget, and puts every clause to the test."""

from __future__ import annotations

import json

import pytest

from chat_contract import load_contract
from chat_contract.conformance import examine
from chat_contract.exchange import Exchange, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import FaultNaming, Group, PackKind, Priority
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.planning.wrong_values import MISSING
from chat_verifier.run.observation import by_clause
from chat_verifier.run.reference_server import ReferenceServer, sequences_for
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()


def played(sequences):
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT))
    runner.play(sequences)
    return runner.journal.observations


@pytest.fixture(scope="module")
def observations():
    return played(make_plan(CONTRACT, key="a-secret-key").sequences)


NEED_ITEMS = {"reply.item-price", "reply.item-twice"}
"""Clauses about items; the ideal server has none."""


def test_every_clause_is_put_to_the_test(observations):
    assert set(CONTRACT.clauses) - set(by_clause(observations)) == NEED_ITEMS


def test_a_server_that_keeps_every_clause_is_blamed_for_none(observations):
    assert [violation.message for seen in observations for violation in seen.violations] == []


class NamesOneFault(ReferenceServer):
    """Keeps every MUST, but stops at the first fault, as many a hand-written check does."""

    def send(self, request):
        answer = super().send(request)
        if answer.status != 422:
            return answer
        detail = json.loads(answer.body)["detail"][:1]
        return Response(422, answer.headers, json.dumps({"detail": detail}).encode())


def played_quickly(server):
    tier = ALLOCATIONS[Tier.QUICK]
    runner = Runner(CONTRACT, server, max_requests=tier.until_confirmation)
    runner.play(make_plan(CONTRACT, small=True).sequences)
    return runner.journal.observations


@pytest.mark.parametrize("server", [ReferenceServer, NamesOneFault])
def test_the_quick_tier_puts_every_must_clause_to_the_test(server):
    seen = played_quickly(server(CONTRACT))
    must = {
        name for name, clause in CONTRACT.clauses.items() if clause.level == "must" and clause.group != "credentials"
    }
    assert must - set(by_clause(seen)) == set()
    assert not [violation for one in seen for violation in one.violations if violation.level == "must"]


def test_a_pack_of_faults_holds_every_wrong_value_of_every_field():
    builder = RequestBuilder(CONTRACT)
    sent = [
        json.dumps(seen.facts.body)
        for seen in played_quickly(ReferenceServer(CONTRACT))
        if "wrong" in seen.case.id or "fault" in seen.case.id
    ]
    for wrong in wrong_values.top_level(builder):
        if wrong.value is not MISSING:
            assert any(json.dumps({wrong.field: wrong.value})[1:-1] in body for body in sent), wrong.label


def test_what_a_server_does_not_name_of_a_pack_is_sent_alone():
    class Overlooks(ReferenceServer):
        """Names all faults but one."""

        def send(self, request):
            answer = super().send(request)
            if answer.status != 422:
                return answer
            detail = [one for one in json.loads(answer.body)["detail"] if one["loc"] != ["body", "user_id"]]
            return Response(422, answer.headers, json.dumps({"detail": detail}).encode())

    alone = [
        seen
        for seen in played_quickly(Overlooks(CONTRACT))
        if seen.case.id.startswith("all-fields-wrong-") and "-user-id-" in seen.case.id
    ]
    types = {type(seen.facts.body["user_id"]) for seen in alone}
    assert types >= {bool, int, list, dict}
    assert {fault.place for seen in alone for fault in seen.facts.classification.hard_faults} == {("user_id",)}


def served(server):
    tier = ALLOCATIONS[Tier.DEFAULT]
    runner = Runner(CONTRACT, server(CONTRACT), max_requests=tier.until_exploration)
    runner.play(make_plan(CONTRACT).sequences)
    return runner.journal.observations


def wrong_places(seen, *, later):
    return {
        (tuple("*" if isinstance(part, int) else part for part in fault.place), repr(_at(one.facts.body, fault.place)))
        for one in seen
        if one.case.continues == later and one.sequence.group in {Group.REJECTION, Group.CONVERSATION}
        for fault in one.facts.classification.hard_faults
    }


def _at(body, place):
    for part in place:
        if isinstance(body, dict) and part not in body:
            return MISSING
        body = body[part]
    return body


@pytest.mark.parametrize("later", [False, True])
def test_a_server_that_names_several_faults_is_sent_every_wrong_type_of_every_field_in_either_turn(later):
    builder = RequestBuilder(CONTRACT)
    found = wrong_places(served(ReferenceServer), later=later)
    for name, wrongs in wrong_values.fields_with_wrong_values(builder, later=later).items():
        for wrong in wrongs:
            assert ((name,), repr(wrong.value)) in found, wrong.label
    for wrong in wrong_values.in_event(builder):
        if wrong.value == {} and not wrong.field:
            # What is wrong with an empty object is what it lacks.
            continue
        place = ("events", "*", wrong.field) if wrong.field else ("events", "*")
        assert (place, repr(wrong.value)) in found, wrong.label


def test_a_server_that_names_the_first_fault_is_sent_one_fault_at_a_time():
    several, first = served(ReferenceServer), served(NamesOneFault)
    assert not [seen for seen in first if seen.sequence.naming is FaultNaming.SEVERAL]
    assert not [seen for seen in several if seen.sequence.naming is FaultNaming.FIRST]
    assert len([seen for seen in first if len(seen.facts.classification.hard_faults) == 1]) > 60


class OverlooksTheSecondLast(ReferenceServer):
    """Takes null for an event, but not for the last one, in a later turn."""

    def send(self, request):
        answer = super().send(request)
        body = examine(CONTRACT, Exchange(request, answer), History()).body if answer.status == 422 else None
        if not isinstance(body, dict) or "conversation_id" not in body or not isinstance(body.get("events"), list):
            return answer
        overlooked = [["body", "events", index] for index, event in enumerate(body["events"][:-1]) if event is None]
        detail = [one for one in json.loads(answer.body)["detail"] if one["loc"] not in overlooked]
        return Response(422, answer.headers, json.dumps({"detail": detail}).encode()) if detail else self.reply()

    def reply(self):
        reply = {"conversation_id": f"x-{self.budget.sent}", "message": "m", "items": []}
        return Response(200, (("Content-Type", "application/json"),), json.dumps(reply).encode())


def test_what_is_overlooked_among_other_faults_is_sent_alone_where_it_stood():
    broken = {v.clause for seen in served(OverlooksTheSecondLast) for v in seen.violations}
    assert "rejection.event" in broken


def test_with_few_requests_the_same_clauses_come_in_fewer():
    assert make_plan(CONTRACT, small=True).sequences[0].priority is Priority.ESSENTIAL
    tight = [sequence for sequence in make_plan(CONTRACT, small=True).sequences if sequence.priority <= Priority.HIGH]
    assert sum(len(sequence.cases) for sequence in tight) <= (ALLOCATIONS[Tier.QUICK].until_confirmation or 0)


def test_the_same_seed_makes_the_same_plan_and_another_one_does_not():
    def sent(seed):
        sequences = [*make_plan(CONTRACT, seed=seed).sequences, *generate_cases(CONTRACT, seed, 12)]
        return [case.raw("id") for sequence in sequences for case in sequence.cases]

    assert sent(1) == sent(1)
    assert sent(1) != sent(2)


def test_a_rejection_holds_nothing_of_the_latitude_beside_its_fault(observations):
    for seen in observations:
        if seen.sequence.group is Group.REJECTION and seen.facts.kind is RequestKind.MUST_REJECT:
            hard = {fault.place for fault in seen.facts.classification.hard_faults}
            assert {fault.place for fault in seen.facts.classification.faults} == hard, seen.case.label


def test_an_accepted_turn_lies_in_must_accept(observations):
    for seen in observations:
        if seen.sequence.group is Group.REQUEST and seen.facts.kind not in {
            RequestKind.CHUNKED,
            RequestKind.UNSPECIFIED,
        }:
            assert seen.facts.kind is RequestKind.MUST_ACCEPT, (seen.case.label, seen.facts.classification.faults)


def test_every_field_is_wrong_in_every_type_it_must_not_have(observations):
    builder = RequestBuilder(CONTRACT)
    wanted = {(wrong.field, wrong.type) for wrong in wrong_values.top_level(builder)}
    assert {field for field, _ in wanted} == set(CONTRACT.schemas["documented"]["properties"])
    assert ("limit", "null") not in wanted
    assert ("message", "null") in wanted
    assert ("limit", "number") in wanted


@pytest.mark.parametrize("position", [0, 1, 11])
def test_faults_stand_in_the_first_the_second_and_a_late_event(observations, position):
    places = {fault.place for seen in observations for fault in seen.facts.classification.hard_faults}
    assert any(place[:2] == ("events", position) for place in places)


def test_every_pair_of_fields_is_wrong_at_once(observations):
    fields = list(CONTRACT.schemas["documented"]["properties"])
    pairs = {frozenset((one, other)) for one in fields for other in fields if one < other}
    seen_pairs = {
        frozenset(str(fault.place[0]) for fault in seen.facts.classification.hard_faults)
        for seen in observations
        if seen.case.id.startswith("two-faults-")
    }
    assert pairs <= seen_pairs


def test_a_pack_is_taken_apart_only_where_its_answer_is_unclear():
    class Strict(ReferenceServer):
        def send(self, request):
            answer = super().send(request)
            kind = examine(CONTRACT, Exchange(request, answer), History()).kind
            if kind is RequestKind.UNSPECIFIED and answer.status == 200:
                detail = [{"loc": ["body"], "msg": "no", "type": "no"}]
                return Response(422, answer.headers, json.dumps({"detail": detail}).encode())
            return answer

    packs = [sequence for sequence in make_plan(CONTRACT).sequences if sequence.cases[0].pack is not None]
    sequences = [pack for pack in packs if pack.cases[0].pack.kind is not PackKind.FAULTS]
    lenient, strict = Runner(CONTRACT, ReferenceServer(CONTRACT)), Runner(CONTRACT, Strict(CONTRACT))
    lenient.play(sequences)
    strict.play(sequences)
    assert len(lenient.journal.observations) == len(sequences)
    assert len(strict.journal.observations) > 2 * len(sequences)


def test_a_run_for_one_clause_sends_little():
    plan = make_plan(CONTRACT).sequences
    needed = sequences_for(CONTRACT, plan, {"request.charset"})
    assert 0 < sum(len(sequence.cases) for sequence in needed) < 5


def test_no_conversation_is_longer_than_twenty_turns():
    sequences = [*make_plan(CONTRACT).sequences, *generate_cases(CONTRACT, 3, 60)]
    assert max(len(sequence.cases) for sequence in sequences) <= 20


def test_exploring_keeps_to_its_budget():
    for budget in (0, 1, 5, 40):
        assert sum(len(sequence.cases) for sequence in generate_cases(CONTRACT, 0, budget)) <= budget
