"""Ids of cases and sequences are stable, unique, and the only texts that the verifier decides on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from chat_contract import load_contract
from chat_contract.exchange import Request, Response
from chat_verifier.findings.causes import find_causes
from chat_verifier.planning.case import CaseSequence, Pack, Part
from chat_verifier.planning.exploration import generate_cases
from chat_verifier.planning.plan import make_plan
from chat_verifier.run.checkpoint import Checkpoint
from chat_verifier.run.observation import Observation
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_http.redaction.secrets import Secrets

CONTRACT = load_contract()
KEBAB = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def with_parts(sequences: Iterable[CaseSequence]) -> Iterator[CaseSequence]:
    """Yield the sequences and those that packs may be split into."""
    for sequence in sequences:
        yield sequence
        for case in sequence.cases:
            if case.pack is not None:
                yield from with_parts(part.sequence for part in case.pack.parts)


@cache
def planned(seed: int = 0, *, small: bool = False) -> list[CaseSequence]:
    sequences = make_plan(CONTRACT, seed=seed, key="a-secret-key", small=small).sequences
    return list(with_parts([*sequences, *generate_cases(CONTRACT, seed, 40)]))


@pytest.mark.parametrize("small", [False, True])
def test_sequence_ids_are_unique_and_kebab_case(*, small: bool) -> None:
    counts = Counter(sequence.id for sequence in planned(small=small))
    assert [name for name, count in counts.items() if count > 1] == []
    assert [name for name in counts if not KEBAB.fullmatch(name)] == []


@pytest.mark.parametrize("small", [False, True])
def test_case_ids_are_unique_within_their_sequence_and_kebab_case(*, small: bool) -> None:
    for sequence in planned(small=small):
        ids = [case.id for case in sequence.cases]
        assert len(set(ids)) == len(ids), sequence.id
        assert all(map(KEBAB.fullmatch, ids)), ids


def test_ids_are_the_same_for_every_seed_that_does_not_change_the_case() -> None:
    def ids(seed: int) -> dict[tuple[str, str], list[bytes]]:
        found: dict[tuple[str, str], list[bytes]] = {}
        for sequence in make_plan(CONTRACT, seed=seed).sequences:
            for case in sequence.cases:
                found.setdefault((sequence.id, case.id), []).append(case.raw("id"))
        return found

    first, second = ids(0), ids(1)
    assert first.keys() == second.keys()
    changed = {case for _, case in first if first[_, case] != second[_, case]}
    assert all(name.startswith("repeated-questions-") for name in changed)


def test_generated_bodies_have_the_same_id_for_every_seed() -> None:
    def by_body(seed: int) -> dict[bytes, str]:
        sequences = generate_cases(CONTRACT, seed, 40)
        return {one.cases[0].raw(None): one.id for one in sequences if isinstance(one.cases[0].body, bytes)}

    first, second = by_body(0), by_body(1)
    common = first.keys() & second.keys()
    assert common
    assert [first[body] for body in common] == [second[body] for body in common]


def unlabelled(sequence: CaseSequence) -> CaseSequence:
    """Return the sequence with ids instead of labels, in the parts of its packs too."""
    return replace(
        sequence, cases=tuple(replace(case, label=case.id, pack=_plain(case.pack)) for case in sequence.cases)
    )


def _plain(pack: Pack | None) -> Pack | None:
    if pack is None:
        return None
    parts = tuple(Part(unlabelled(part.sequence), part.pointers, "", part.changes) for part in pack.parts)
    return replace(pack, parts=parts, label="")


class RejectsEmoji(ReferenceServer):
    """Fails for every emoji and overlooks a wrong user."""

    def send(self, request: Request) -> Response:
        response = super().send(request)
        return Response(500) if "🎁".encode() in request.body else response


def checkpoint(path: Path) -> Checkpoint:
    return Checkpoint(path, {"seed": 0}, Secrets(), now=lambda: 0.0)


def play(sequences: Iterable[CaseSequence], source: Checkpoint) -> tuple[list[Observation], list[object], int]:
    runner = Runner(CONTRACT, RejectsEmoji(CONTRACT), max_requests=190, source=source)
    runner.play(sequences)
    source.close()
    observations = runner.journal.observations
    causes: list[object] = [
        (cause.key, cause.cases, cause.seen, cause.sent) for cause in find_causes(runner, observations)
    ]
    return observations, causes, source.replayed


def sent(observations: Iterable[Observation]) -> list[tuple[str, str, bytes]]:
    # Conversations at the same time receive their ids in any order.
    return [
        (seen.sequence.id, seen.case.id, seen.case.raw("id")) for seen in observations if seen.sequence.together is None
    ]


def test_labels_change_neither_order_nor_verdicts_nor_replay(tmp_path: Path) -> None:
    sequences = [one for one in make_plan(CONTRACT).sequences if one.together is None]
    labelled, causes, _ = play(sequences, checkpoint(tmp_path / "labelled"))
    plain, plain_causes, _ = play(map(unlabelled, sequences), checkpoint(tmp_path / "plain"))
    assert sent(plain) == sent(labelled)
    assert plain_causes == causes
    again, again_causes, replayed = play(map(unlabelled, sequences), checkpoint(tmp_path / "labelled"))
    assert sent(again) == sent(labelled)
    assert again_causes == causes
    assert replayed == len(labelled)
