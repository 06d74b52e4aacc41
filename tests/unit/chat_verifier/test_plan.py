"""The plan is derived from the contract, keeps within its budget, and exercises every clause."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from chat_contract import load_contract
from chat_contract.conformance import examine
from chat_contract.contract import validator_for
from chat_contract.exchange import Exchange, Request, Response
from chat_contract.history import History
from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning import wrong_values
from chat_verifier.planning.array import CoveringArray, Row
from chat_verifier.planning.case import CaseSequence, Group, Naming, Priority, requests_of
from chat_verifier.planning.conditions import Wrong
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import Pairs, Plan, make_plan
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.tiers import ALLOCATIONS, Allocation, Tier, allocate
from chat_verifier.run.observation import Observation, by_clause
from chat_verifier.run.reference_server import ReferenceServer, sequences_for
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
BUILDER = RequestBuilder(CONTRACT)
NEED_ITEMS = {"reply.item-price", "reply.item-twice"}
"""Clauses about items; the reference server has none."""
NEED_UUIDS = {"conversation.uuid-spelling"}
"""Clauses about conversation ids that are UUIDs; the reference server issues others."""
NEED_PROBE = {"request.message-alone"}
"""Clauses that the probe exercises."""


@cache
def planned(tier: Tier = Tier.DEFAULT, seed: int = 0) -> Plan:
    return make_plan(CONTRACT, ALLOCATIONS[tier].sizes, seed=seed, key="a-secret-key")


def bodies_of(sequences: Iterable[CaseSequence]) -> list[bytes]:
    return [case.raw("id") for sequence in sequences for case in sequence.cases]


def play(sequences: Iterable[CaseSequence], server: ReferenceServer, tier: Tier = Tier.DEFAULT) -> Runner:
    allocation = ALLOCATIONS[tier]
    runner = Runner(
        CONTRACT,
        server,
        limits=allocation.until_exploration,
    )
    runner.play(sequences)
    return runner


@cache
def played(tier: Tier, server: type[ReferenceServer] = ReferenceServer) -> Runner:
    sequences = [one for one in planned(tier).sequences if one.group is not Group.CREDENTIALS]
    return play(sequences, server(CONTRACT), tier)


@pytest.fixture(scope="module")
def observations() -> list[Observation]:
    return played(Tier.DEFAULT).journal.observations


class NamesOneFault(ReferenceServer):
    """Keeps every MUST, but stops at the first fault, as hand-written validation often does."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        return with_detail(response, details(response)[:1]) if response.status == 422 else response


class StopsAtTypes(ReferenceServer):
    """Names one wrong type, or all missing fields, as servers do that decode before they validate."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status != 422:
            return response
        faults = examine(CONTRACT, Exchange(request, response), History()).classification.hard_faults
        types = [["body", *fault.place] for fault in faults if fault.keyword != "required"]
        named = [one for one in details(response) if one["loc"] in (types[:1] or [one["loc"]])]
        return with_detail(response, named[:1] if types else named)


class ReadsEventsLast(ReferenceServer):
    """Names the faults of events only if all other fields are valid, as servers do that validate in two steps."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status != 422:
            return response
        others = [one for one in details(response) if one["loc"][1:2] != ["events"] or len(one["loc"]) == 2]
        return with_detail(response, others or details(response))


class TagsEvents(ReferenceServer):
    """Names all faults; a loc in an event has the name of its model, as locs of a tagged union have."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status != 422:
            return response
        locs = [one["loc"] for one in details(response)]
        tagged = [[*loc[:3], "other", *loc[3:]] if len(loc) > 3 else loc for loc in locs]
        return with_detail(response, [{"loc": loc, "msg": "wrong", "type": "wrong"} for loc in tagged])


class OverlooksUser(ReferenceServer):
    """Names all faults except those of user_id."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status != 422:
            return response
        left = [one for one in details(response) if one["loc"] != ["body", "user_id"]]
        return with_detail(response, left or details(response))


class RejectsNull(ReferenceServer):
    """Rejects null wherever it is, and names each place."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        facts = examine(CONTRACT, Exchange(request, response), History())
        if response.status != 200 or facts.kind is not RequestKind.UNSPECIFIED:
            return response
        places = [["body", *fault.place] for fault in facts.classification.faults if fault.value is None]
        detail = [{"loc": place, "msg": "no null", "type": "null"} for place in places]
        return rejected_instead(self, response, detail) if detail else response


class RejectsCharset(ReferenceServer):
    """Rejects the charset parameter."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        if response.status == 200 and "charset" in (request.header("Content-Type") or ""):
            return replace(rejected_instead(self, response, []), status=415)
        return response


class RejectsUnspecified(ReferenceServer):
    """Rejects all unspecified input without naming a field."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        kind = examine(CONTRACT, Exchange(request, response), History()).kind
        if kind is RequestKind.UNSPECIFIED and response.status == 200:
            return rejected_instead(self, response, [{"loc": ["body"], "msg": "no", "type": "no"}])
        return response


def details(response: Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(response.body)["detail"]
    return found


def with_detail(response: Response, detail: list[dict[str, Any]]) -> Response:
    return Response(422, response.headers, json.dumps({"detail": detail}).encode())


def rejected_instead(server: ReferenceServer, response: Response, detail: list[dict[str, Any]]) -> Response:
    """Return a rejection instead of a reply that the budget has counted already."""
    server.budget.accepted -= 1
    return with_detail(response, detail)


def must_clauses() -> set[str]:
    return {
        name for name, clause in CONTRACT.clauses.items() if clause.level == "must" and clause.group != "credentials"
    }


SERVERS = [ReferenceServer, NamesOneFault, StopsAtTypes, ReadsEventsLast, TagsEvents, RejectsNull]


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
@pytest.mark.parametrize("server", SERVERS)
def test_every_tier_exercises_every_must_clause(tier: Tier, server: type[ReferenceServer]) -> None:
    seen = played(tier, server).journal.observations
    assert must_clauses() - set(by_clause(seen)) - NEED_PROBE == set()
    assert not [violation for one in seen for violation in one.violations if violation.level == "must"]


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_faults_in_events_are_sent_without_others_to_a_server_that_reads_events_last(tier: Tier) -> None:
    packs = [
        {bool(wrong.position) for wrong in one.case.recipe.wrongs}
        for one in played(tier, ReadsEventsLast).journal.observations
        if one.case.recipe is not None and one.case.naming is Naming.SEVERAL
    ]
    assert packs.count({True}) >= 3
    assert packs.count({False}) >= 3
    assert {True, False} not in packs


def test_fault_that_a_loc_with_a_tag_names_is_not_sent_again() -> None:
    cases = [one.case.id for one in played(Tier.QUICK, TagsEvents).journal.observations]
    assert [case for case in cases if "-only-" in case] == []


def test_default_tier_exercises_every_clause(observations: list[Observation]) -> None:
    untried = {name for name in CONTRACT.clauses if not name.startswith("credentials")} - set(by_clause(observations))
    assert untried - NEED_ITEMS - NEED_PROBE - NEED_UUIDS - {"robustness.beyond-i-json-echoed"} == set()


def test_plan_with_a_key_exercises_the_clauses_about_credentials() -> None:
    sequences = [one for one in planned().sequences if one.group is Group.CREDENTIALS]
    tried = by_clause(play(sequences, ReferenceServer(CONTRACT)).journal.observations)
    assert {name for name in CONTRACT.clauses if name.startswith("credentials")} <= set(tried)


def test_reference_server_violates_no_clause(observations: list[Observation]) -> None:
    assert [violation.message for seen in observations for violation in seen.violations] == []


@pytest.mark.parametrize("server", [*SERVERS, OverlooksUser, RejectsUnspecified])
@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_run_keeps_within_its_limits(tier: Tier, server: type[ReferenceServer]) -> None:
    budget = played(tier, server).sender.budget
    assert budget.sent <= ALLOCATIONS[tier].requests
    assert budget.accepted <= ALLOCATIONS[tier].accepted


def test_plan_covers_nearly_all_pairs_of_conditions() -> None:
    covered = planned().coverage
    assert covered[Pairs.MUST_ACCEPT] > 0.92
    # Rows with a conversation id from elsewhere have no user_id.
    assert covered[Pairs.UNSPECIFIED] > 0.71
    assert covered[Pairs.SEVERAL_FAULTS] > 0.7
    assert covered[Pairs.ONE_FAULT] > 0.57
    assert Pairs.TRIPLES not in covered


def test_deep_plan_covers_all_pairs_and_many_triples() -> None:
    deep = planned(Tier.DEEP)
    assert min(deep.coverage[Pairs.MUST_ACCEPT], deep.coverage[Pairs.SEVERAL_FAULTS]) > 0.98
    assert deep.coverage[Pairs.TRIPLES] > 0.7


def test_thorough_plan_lists_the_pairs_that_it_does_not_cover() -> None:
    assert planned().uncovered == {}
    deep = planned(Tier.DEEP)
    listed = {pairs: bool(found) for pairs, found in deep.uncovered.items()}
    assert listed == {pairs: share < 1 for pairs, share in deep.coverage.items() if pairs is not Pairs.TRIPLES}
    one, other = deep.uncovered[Pairs.ONE_FAULT][0]
    assert one != other
    longest = max((accepted_messages(sequence) for sequence in deep.sequences), key=len)
    assert len(longest) == 20
    assert len("".join(longest)) >= 4000


def accepted_messages(sequence: CaseSequence) -> list[str]:
    recipes = [case.recipe for case in sequence.cases if case.recipe is not None and not case.recipe.wrongs]
    return [str(recipe.body["message"]) for recipe in recipes]


def test_value_that_the_server_rejects_is_not_sent_again() -> None:
    runner = played(Tier.DEFAULT, RejectsNull)
    rejected = [seen for seen in runner.journal.observations if seen.facts.kind is RequestKind.UNSPECIFIED]
    assert "session_id:null:None" in runner.knowledge.refused
    named = [seen for seen in rejected if seen.facts.status == 422 and seen.facts.field("session_id") is None]
    named = [seen for seen in named if not seen.case.id.startswith("repeated-")]
    assert 1 <= len(named) <= 3


def test_request_is_sent_again_without_the_values_that_the_server_rejected() -> None:
    seen = played(Tier.DEFAULT, RejectsNull).journal.observations
    again = [one for one in seen if "-again-" in one.case.id]
    # A null stays if it is not a condition of the row but the subject of the case.
    again = [one for one in again if not one.case.id.startswith("conversation-id-null")]
    assert again
    assert {one.facts.status for one in again} == {200}


def test_charset_that_the_server_rejects_is_not_sent_again_and_hides_no_other_value() -> None:
    runner = played(Tier.DEFAULT, RejectsCharset)
    rejected = [seen for seen in runner.journal.observations if seen.facts.status == 415 and seen.case.recipe]
    assert len([seen for seen in rejected if not seen.case.as_is]) == 1
    assert runner.knowledge.refused == {"content-type:charset", "content-type:other"}


def test_fault_that_the_server_does_not_name_is_sent_alone() -> None:
    seen = played(Tier.DEFAULT, OverlooksUser).journal.observations
    alone = [one for one in seen if "-only-" in one.case.id]
    assert alone
    assert {fault.place for one in alone for fault in one.facts.classification.hard_faults} == {("user_id",)}


def test_server_that_names_one_fault_receives_single_faults() -> None:
    several, first = (played(Tier.DEFAULT, server).journal.observations for server in (ReferenceServer, NamesOneFault))
    assert not [seen for seen in several if seen.case.id.startswith("fault-") and seen.case.naming == "first"]
    assert len([seen for seen in first if len(seen.facts.classification.hard_faults) == 1]) > 60


def test_server_that_stops_at_types_still_receives_packs_of_missing_fields() -> None:
    seen = played(Tier.DEFAULT, StopsAtTypes).journal.observations
    packs = [one for one in seen if len(one.facts.classification.hard_faults) > 1 and one.case.number]
    assert packs
    assert all(fault.keyword == "required" for one in packs for fault in one.facts.classification.hard_faults)


def test_every_field_is_wrong_with_every_type(observations: list[Observation]) -> None:
    sent = {
        (fault.place[-1], type(fault.value))
        for seen in observations
        for fault in seen.facts.classification.hard_faults
        if fault.place and fault.keyword != "required"
    }
    for field, by_type in wrong_values.top_level(BUILDER).items():
        types = {type(wrong.value) for found in by_type.values() for wrong in found if wrong.type != "missing"}
        assert types <= {kind for name, kind in sent if name == field}, field


@pytest.mark.parametrize("position", [0, 1, 2, 19])
def test_faults_are_in_first_second_third_and_last_events(observations: list[Observation], position: int) -> None:
    places = {fault.place for seen in observations for fault in seen.facts.classification.hard_faults}
    assert any(place[:2] == ("events", position) for place in places)


@pytest.mark.parametrize("everywhere", [False, True], ids=["in-no-event", "in-every-event"])
@pytest.mark.parametrize("field", sorted({*BUILDER.event_fields} - {*BUILDER.event_required}))
def test_other_fields_are_wrong_where_all_events_agree_about_an_optional_one(
    observations: list[Observation], field: str, everywhere: bool
) -> None:
    others = {*BUILDER.event_fields} - {field}
    wrong = {
        wrong.wrong.field
        for one in observations
        if one.case.recipe is not None
        for wrong in one.case.recipe.wrongs
        if wrong.position and agree(one.facts.body, field, everywhere=everywhere)
    }
    assert wrong >= others


def agree(body: Any, field: str, *, everywhere: bool) -> bool:
    """Return whether every event, or none, has a text in the field."""
    events = body.get("events") if isinstance(body, dict) else None
    if not isinstance(events, list):
        return False
    return {isinstance(event, dict) and isinstance(event.get(field), str) for event in events} == {everywhere}


def test_quick_plan_sends_unspecified_values_of_every_field() -> None:
    bodies = [
        one.facts.body for one in played(Tier.QUICK).journal.observations if one.case.id.startswith("all-unspecified")
    ]
    assert [body["conversation_id"] for body in bodies][:2] == [None, ""]
    must_accept = BUILDER.narrowest["properties"]
    for name in ("message", "session_id", "user_id", "limit"):
        # A session_id of digits is equal to the conversation_id, which is the unspecified one.
        values = [body[name] for body in bodies if name in body and body[name] != body["conversation_id"]]
        assert all(not validator_for(must_accept[name]).is_valid(value) for value in values), name
    events = [event for body in bodies for event in body["events"] or ()]
    for name in BUILDER.event_fields:
        valid = validator_for(must_accept["events"]["items"]["properties"][name])
        assert len({event[name] for event in events if name in event and not valid.is_valid(event[name])}) > 5, name


def test_rejection_has_no_unspecified_value_beside_its_fault(observations: list[Observation]) -> None:
    for seen in observations:
        if seen.facts.kind is RequestKind.MUST_REJECT:
            hard = {fault.place for fault in seen.facts.classification.hard_faults}
            assert {fault.place for fault in seen.facts.classification.faults} == hard, seen.case.id


def test_new_conversations_are_enough_to_compare_their_ids() -> None:
    class Refuses(RejectsUnspecified):
        pass

    for tier, least in ((Tier.DEFAULT, 20), (Tier.QUICK, 8)):
        seen = played(tier, Refuses).journal.observations
        assert len([one for one in seen if one.facts.status == 200 and one.facts.sent_id is None]) >= least


def test_limits_given_by_the_user_replace_those_of_the_tier() -> None:
    limited = allocate(Tier.DEFAULT, 30)
    assert (limited.requests, limited.accepted, limited.sizes.small) == (30, 13, True)
    assert (limited.until_exploration.requests, limited.until_confirmation.requests) == (27, 27)
    assert allocate(Tier.DEFAULT, 1000).sizes.rows > allocate(Tier.DEFAULT).sizes.rows
    assert allocate(Tier.DEFAULT, max_accepted=30).accepted == 30


def test_plan_depends_only_on_the_seed() -> None:
    def sent(seed: int) -> list[bytes]:
        return bodies_of([*planned(seed=seed).sequences, *generate_cases(CONTRACT, seed, 12)])

    once = sent(1)
    planned.cache_clear()
    assert sent(1) == once
    assert sent(2) != once


@pytest.mark.parametrize("allocation", [ALLOCATIONS[Tier.QUICK], allocate(Tier.DEFAULT, 80)])
def test_small_plan_has_the_most_telling_values_for_every_seed(allocation: Allocation) -> None:
    def sent(seed: int) -> list[bytes]:
        return bodies_of(make_plan(CONTRACT, allocation.sizes, seed=seed).sequences)

    assert sent(0) == sent(1) == sent(6)


def test_run_for_one_clause_sends_few_requests() -> None:
    needed = sequences_for(CONTRACT, planned().sequences, {"http.chunked"})
    assert 0 < requests_of(needed) < 5


def test_no_conversation_has_more_than_forty_turns() -> None:
    sequences = [*planned().sequences, *generate_cases(CONTRACT, 3, 60)]
    assert max(len(sequence.cases) for sequence in sequences) <= 40


@pytest.mark.parametrize("budget", [0, 1, 5, 40])
def test_generated_cases_keep_within_their_budget(budget: int) -> None:
    assert requests_of(generate_cases(CONTRACT, 0, budget)) <= budget


@pytest.mark.parametrize("jargon", ["same-as-user", "case-of-user", "key-order", "event-order", "layout", "escapes"])
def test_labels_contain_no_id_of_a_level(jargon: str) -> None:
    labels = [case.label for sequence in planned().sequences for case in sequence.cases]
    assert [label for label in labels if f"{jargon} " in label or f'"{jargon}"' in label] == []


@pytest.mark.parametrize(("position", "name"), [("first", "first"), ("3", "4th"), ("10", "11th"), ("20", "21st")])
def test_wrong_value_names_the_event(position: str, name: str) -> None:
    wrong = wrong_values.WrongValue("type", "null", None)
    assert Wrong(wrong, position).name == f"{name} event type null"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_default_plan_sends_values_that_single_faults_need(seed: int) -> None:
    bodies = [case.body for sequence in planned(seed=seed).sequences for case in sequence.cases]
    objects = [body for body in bodies if isinstance(body, dict)]
    limits = {repr(body.get("limit")) for body in objects}
    assert {repr(value) for value in (-1, 50, "", True, 2**63, 10**30)} <= limits
    events = [event for body in objects if isinstance(body.get("events"), list) for event in body["events"]]
    longest = max(len(str(event.get("description"))) for event in events if isinstance(event, dict))
    assert longest == 100_000
    assert [{}] in [body.get("events") for body in objects]


def test_row_has_no_level_of_a_field_that_its_request_replaces() -> None:
    followed: dict[str, CoveringArray] = {}
    seen: list[Row] = []

    def follow(kind: str, array: CoveringArray) -> None:
        followed[kind] = array
        if kind == "rows":
            array.observe(lambda _, __, row: seen.append(row))

    make_plan(CONTRACT, ALLOCATIONS[Tier.DEFAULT].sizes, follow=follow)
    # A conversation_id of another server makes the turn neither a first nor a later one.
    assert any("turn" not in row for row in seen)
    assert any("message" not in row for row in seen)


def test_default_plan_has_no_exotic_requests_and_larger_ones_have() -> None:
    default, larger = (make_plan(CONTRACT, allocate(Tier.DEFAULT, most).sizes).sequences for most in (None, 300))
    assert Priority.EXOTIC not in {one.priority for one in default}
    assert Priority.EXOTIC in {one.priority for one in larger}


def test_pairs_with_other_media_types_are_sent_in_rows() -> None:
    sequences = make_plan(CONTRACT, ALLOCATIONS[Tier.DEFAULT].sizes).sequences
    found = {case.id: case.recipe for sequence in sequences for case in sequence.cases}
    for name in ("charset-utf-8", "media-type-other-json", "media-type-unknown-charset"):
        recipe = found[name]
        assert recipe is not None
        assert len(recipe.varied) > 5
