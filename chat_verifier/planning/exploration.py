"""What no table thought of: Schemathesis and Hypothesis make the cases, our runner sends them, our oracle judges.

Schemathesis knows no budget of requests, so its cases are made without sending and chosen from here.
Hypothesis only generates: what fails is confirmed and made smaller by :mod:`chat_verifier.findings.causes`.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test
from schemathesis.generation.modes import GenerationMode

from chat_contract import Contract
from chat_contract.contract import DOCUMENTED, JSON, MAY_ACCEPT, MUST_ACCEPT
from chat_contract.roles import CONVERSATION, USER
from chat_verifier.planning.case import ISSUED, Case, CaseSequence, single
from chat_verifier.planning.samples import MISSING, Samples

GROUP = "exploration"

_RANK = 8
_LONGEST = 20
_STEPS_OF_CONVERSATIONS = 10


def generate_cases(contract: Contract, number: int, budget: int) -> list[CaseSequence]:
    """Return at most ``budget`` requests; the same ``number`` makes the same ones."""
    if budget <= 0:
        return []
    rng = random.Random(number)  # noqa: S311 - chooses test cases, keeps no secret
    talks = _conversations(contract, number, min(_STEPS_OF_CONVERSATIONS, budget // 2))
    left = budget - sum(len(sequence.cases) for sequence in talks)
    return [*_chosen(_cases(contract, number, left), left, rng), *talks]


def _cases(contract: Contract, number: int, count: int) -> list[list[CaseSequence]]:
    """Return the cases of each phase: examples, coverage, and fuzzing of each set of requests."""
    share = max(4, count)
    coverage = _unique(_coverage(contract), "coverage")
    return [
        _unique(_examples(contract), "example"),
        coverage,
        _unique(_fuzzed(contract, MUST_ACCEPT, GenerationMode.POSITIVE, share, number), "must-accept data"),
        _unique(_fuzzed(contract, DOCUMENTED, GenerationMode.POSITIVE, share, number), "documented data"),
        _unique(_fuzzed(contract, MAY_ACCEPT, GenerationMode.NEGATIVE, share, number), "negative data"),
    ]


def _chosen(phases: Sequence[list[CaseSequence]], count: int, rng: random.Random) -> list[CaseSequence]:
    """Take turns between the phases until there are enough."""
    shuffled = [rng.sample(phase, k=len(phase)) for phase in phases]
    chosen: list[CaseSequence] = []
    while len(chosen) < count and any(shuffled):
        for phase in shuffled:
            if phase and len(chosen) < count:
                chosen.append(phase.pop())
    return chosen


def _operation(contract: Contract, name: str) -> Any:
    """Return Schemathesis's view of the operation with one of the three schemas for its body."""
    operation = contract.operation
    document = {
        "openapi": "3.1.0",
        "info": {"title": name, "version": "1"},
        "paths": {
            operation.path: {
                operation.method.lower(): {
                    "requestBody": {"required": True, "content": {JSON: {"schema": contract.schemas[name]}}},
                    "responses": {"200": {"description": "a reply"}},
                }
            }
        },
    }
    return schemathesis.openapi.from_dict(document)[operation.path][operation.method]


def _examples(contract: Contract) -> Iterator[Any]:
    yield from contract.request_examples.values()


def _coverage(contract: Contract) -> Iterator[Any]:
    operation = _operation(contract, MAY_ACCEPT)
    cases = operation.schema.iter_coverage_cases(
        operation,
        generation_modes=[GenerationMode.POSITIVE, GenerationMode.NEGATIVE],
        generation_config=operation.schema.config.generation_for(operation=operation),
    )
    for case in cases:
        if case.method.upper() == contract.operation.method and case.media_type == JSON:
            yield case.body


def _fuzzed(contract: Contract, name: str, mode: GenerationMode, count: int, number: int) -> list[Any]:
    return _generated(
        _operation(contract, name).as_strategy(generation_mode=mode).map(lambda case: case.body), count, number
    )


def _generated(strategy: st.SearchStrategy[Any], count: int, number: int) -> list[Any]:
    values: list[Any] = []

    @seed(number)
    @_quietly(count)
    @given(strategy)
    def collect(value: Any) -> None:
        values.append(value)

    collect()
    return values


def _quietly(count: int) -> settings:
    """Only generate: no database, no shrinking, no deadline; the seed alone decides."""
    return settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        stateful_step_count=_STEPS_OF_CONVERSATIONS,
    )


def _unique(bodies: Any, label: str) -> list[CaseSequence]:
    """Make a script of each body that JSON can write, each once."""
    found: dict[bytes, CaseSequence] = {}
    for body in bodies:
        try:
            raw = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except (TypeError, ValueError):
            # Schemathesis also makes values that stand for something else than JSON; they are none of ours.
            continue
        found.setdefault(raw, single(Case(f"{label} {len(found) + 1}", raw), GROUP, rank=_RANK))
    return list(found.values())


def _conversations(contract: Contract, number: int, cases: int) -> list[CaseSequence]:
    """Let a Hypothesis state machine make up conversations of accepted and refused turns."""
    if cases < 3:
        return []
    samples = Samples(contract)
    bodies = _operation(contract, MUST_ACCEPT).as_strategy().map(lambda case: case.body)
    accepted = bodies.filter(_is_plain).map(lambda body: {**body, CONVERSATION: ISSUED})
    wrongs = [wrong for wrong in samples.wrong_top() if wrong.field != CONVERSATION]
    refused = st.sampled_from(wrongs).map(
        lambda wrong: (
            {CONVERSATION: ISSUED}
            if wrong.value is MISSING
            else samples.request(**{CONVERSATION: ISSUED, wrong.field: wrong.value})
        )
    )
    talks: list[list[Case]] = []

    class Shoppers(RuleBasedStateMachine):
        """Shoppers who open conversations, go on with them, and get a turn wrong now and then."""

        conversations = Bundle[int]("conversations")

        def __init__(self) -> None:
            super().__init__()
            talks.clear()

        @rule(target=conversations)
        def opens(self) -> int:
            talks.append([Case("opens a conversation", samples.request())])
            return len(talks) - 1

        @rule(conversation=conversations, body=accepted)
        def goes_on(self, conversation: int, body: Any) -> None:
            talks[conversation].append(Case("goes on", body))

        @rule(conversation=conversations, body=refused)
        def gets_it_wrong(self, conversation: int, body: Any) -> None:
            talks[conversation].append(Case("gets a turn wrong", body))

    _run(Shoppers, number)
    sequences = []
    left = cases
    for index, talk in enumerate(talks, 1):
        taken = tuple(talk[: min(left, _LONGEST)])
        left -= len(taken)
        if taken:
            sequences.append(CaseSequence(f"made-up conversation {index}", GROUP, taken, rank=_RANK))
    return sequences


def _run(machine: type[RuleBasedStateMachine], number: int) -> None:
    seed(number)(machine)
    run_state_machine_as_test(machine, settings=_quietly(3))


def _is_plain(body: Any) -> bool:
    """Leave the user out: another one in the same conversation is a question of the latitude."""
    return isinstance(body, dict) and USER not in body
