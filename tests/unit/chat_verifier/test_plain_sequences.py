"""Each MUST clause about requests has a plain version of a sequence that exercises it."""

from __future__ import annotations

import pytest

from chat_contract import load_contract
from chat_contract.roles import CONVERSATION
from chat_verifier.planning.conditions import Condition
from chat_verifier.planning.dimensions import ABSENT, Dimension, Level
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.run.reference_server import ReferenceServer, plain_sequences_for
from chat_verifier.run.runner import Runner

CONTRACT = load_contract()
CLAUSES = (
    "request.all-fields",
    "request.minimal-event",
    "request.documented-example",
    "request.no-events",
    "request.message-alone",
    "request.optional-field",
    "request.accepted",
    "rejection.harmless",
    "conversation.kept",
)


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_plain_versions_exercise_every_clause_about_requests_with_ordinary_characters(tier: Tier) -> None:
    plan = make_plan(CONTRACT, ALLOCATIONS[tier].sizes).sequences
    sequences = plain_sequences_for(CONTRACT, plan, CLAUSES)
    runner = Runner(CONTRACT, ReferenceServer(CONTRACT))
    runner.play(sequences)
    observed = runner.journal.observations
    assert set(CLAUSES) <= {clause for observation in observed for clause in observation.tried}
    accepted = [one.exchange.request.body for one in observed if one.facts.status == 200]
    assert [body for body in accepted if not body.isascii() or b"'" in body] == []
    assert sum(CONVERSATION.encode() in body for body in accepted) >= 2


def test_no_plain_version_is_returned_for_a_clause_that_no_sequence_exercises() -> None:
    assert plain_sequences_for(CONTRACT, (), ["request.accepted"]) == ()


@pytest.mark.parametrize(
    ("value", "label"), [("x" * 64, f'user_id "{"x" * 38}… (64 characters)'), ("u-1…", 'user_id "u-1…"')]
)
def test_label_of_a_long_value_names_its_length(value: str, label: str) -> None:
    levels = (Level("absent", (ABSENT,)), Level("dense", (value,)))
    assert Condition(Dimension("user_id", levels, "user_id"), "dense", value).label == label
