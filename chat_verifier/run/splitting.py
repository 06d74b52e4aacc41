"""Turns observations of packs into the sequences to send next."""

from __future__ import annotations

from collections.abc import Iterable

from chat_contract.rules.exchange_facts import RequestKind
from chat_verifier.planning.case import CaseSequence
from chat_verifier.planning.packs import PackResponse, split
from chat_verifier.run.judge import named_locs
from chat_verifier.run.observation import Observation


def follow_ups(observations: Iterable[Observation]) -> list[CaseSequence]:
    """Return what the responses make worth sending. A response that was not judged tells nothing."""
    return [
        sequence
        for observation in observations
        if observation.tried
        for sequence in split(observation.sequence, observation.case, _response(observation))
    ]


def _response(observation: Observation) -> PackResponse:
    facts = observation.facts
    return PackResponse(
        accepted=facts.status == 200,
        rejected=facts.status == 422,
        violates=any(violation.level != "observed" for violation in observation.violations),
        unspecified=facts.kind is RequestKind.UNSPECIFIED,
        named=named_locs(facts),
    )
