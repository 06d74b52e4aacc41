"""The whole plan of a run: pure, and the same for the same contract, options and seed."""

from __future__ import annotations

import random
from dataclasses import dataclass

from chat_contract import Contract
from contract_tests.engine.planning import acceptances, conversations, credentials, latitude, rejections, wire
from contract_tests.engine.planning.samples import Samples
from contract_tests.engine.script import Script, requests_of


@dataclass(frozen=True)
class Plan:
    """What a run sends, in order; packs may be taken apart besides."""

    scripts: tuple[Script, ...]

    @property
    def requests(self) -> int:
        return requests_of(self.scripts)


def make_plan(contract: Contract, *, seed: int = 0, key: str | None = None) -> Plan:
    """Derive the plan from the contract; ``key`` adds the credential clauses."""
    samples = Samples(contract)
    rng = random.Random(seed)  # noqa: S311 - chooses test cases, keeps no secret
    first, telling, others = rejections.fresh_and_continued(samples)
    scripts = [
        *acceptances.first_turns(samples),
        *conversations.scripts(samples, telling, others),
        *first,
        *wire.scripts(samples),
        *(credentials.scripts(samples, key) if key is not None else ()),
        *latitude.scripts(samples, rng),
    ]
    return Plan(tuple(sorted(scripts, key=lambda script: script.rank)))
