"""Ids of cases and sequences are stable, unique, and the only texts that the verifier decides on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from chat_contract import load_contract
from chat_contract.exchange import Request, Response
from chat_verifier.findings.causes import find_causes
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Limits, Tier
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.run.observation import Observation
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_http.redaction.secrets import Secrets

CONTRACT = load_contract()
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@cache
def planned(seed: int = 0, *, tier: Tier = Tier.DEFAULT) -> list[CaseSequence]:
    sequences = make_plan(CONTRACT, ALLOCATIONS[tier].sizes, seed=seed, key="a-secret-key").sequences
    return [*sequences, *generate_cases(CONTRACT, seed, 40)]


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_sequence_ids_are_unique_and_kebab_case(tier: Tier) -> None:
    counts = Counter(sequence.id for sequence in planned(tier=tier))
    assert [name for name, count in counts.items() if count > 1] == []
    assert [name for name in counts if not KEBAB.fullmatch(name)] == []


@pytest.mark.parametrize("tier", [Tier.QUICK, Tier.DEFAULT])
def test_case_ids_are_unique_within_their_sequence_and_kebab_case(tier: Tier) -> None:
    for sequence in planned(tier=tier):
        ids = [case.id for case in sequence.cases]
        assert len(set(ids)) == len(ids), sequence.id
        assert all(map(KEBAB.fullmatch, ids)), ids


def test_requests_outside_rows_have_the_same_id_and_body_for_every_seed() -> None:
    def bodies(seed: int) -> dict[tuple[str, str], bytes]:
        sequences = make_plan(CONTRACT, ALLOCATIONS[Tier.DEFAULT].sizes, seed=seed).sequences
        return {
            (sequence.id, case.id): case.raw("id")
            for sequence in sequences
            for case in sequence.cases
            if case.recipe is None
        }

    assert bodies(0) == bodies(1)


def test_generated_bodies_have_the_same_id_for_every_seed() -> None:
    def by_body(seed: int) -> dict[bytes, str]:
        sequences = generate_cases(CONTRACT, seed, 40)
        return {one.cases[0].raw(None): one.id for one in sequences if isinstance(one.cases[0].body, bytes)}

    first, second = by_body(0), by_body(1)
    common = first.keys() & second.keys()
    assert common
    assert [first[body] for body in common] == [second[body] for body in common]


def unlabelled(sequence: CaseSequence) -> CaseSequence:
    """Return the sequence with ids instead of labels."""
    return replace(sequence, cases=tuple(replace(case, label=case.id) for case in sequence.cases))


class RejectsEmoji(ReferenceServer):
    """Fails for every emoji and overlooks a wrong user."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        return Response(500) if "🎁".encode() in request.body else response


def checkpoint(path: Path) -> Checkpoint:
    return Checkpoint(path, {"seed": 0}, Secrets(), now=lambda: 0.0)


def play(sequences: Iterable[CaseSequence], source: Checkpoint) -> tuple[list[Observation], list[object], int]:
    runner = Runner(CONTRACT, RejectsEmoji(CONTRACT), limits=Limits(190), source=source)
    runner.play(sequences)
    observations = runner.journal.observations
    causes: list[object] = [
        (cause.key, cause.cases, cause.seen, cause.sent) for cause in find_causes(runner, observations)
    ]
    source.close()
    return observations, causes, source.replayed


def sent(observations: Iterable[Observation]) -> list[tuple[str, str, bytes]]:
    # Conversations at the same time receive their ids in any order.
    return [
        (seen.sequence.id, seen.case.id, seen.case.raw("id")) for seen in observations if seen.sequence.together is None
    ]


def test_labels_change_neither_order_nor_verdicts_nor_replay(tmp_path: Path) -> None:
    sequences = [one for one in make_plan(CONTRACT, ALLOCATIONS[Tier.QUICK].sizes).sequences if one.together is None]
    labelled, causes, _ = play(sequences, checkpoint(tmp_path / "labelled"))
    plain, plain_causes, _ = play(map(unlabelled, sequences), checkpoint(tmp_path / "plain"))
    assert sent(plain) == sent(labelled)
    assert plain_causes == causes
    again, again_causes, replayed = play(map(unlabelled, sequences), checkpoint(tmp_path / "labelled"))
    assert sent(again) == sent(labelled)
    assert again_causes == causes
    # Confirmations are replayed too.
    assert replayed >= len(labelled)
