"""Generated test cases: Schemathesis and Hypothesis generate bodies and conversations, the runner sends them.

Schemathesis has no request budget, so this module generates more cases than needed and chooses among them.
Hypothesis only generates; :mod:`chat_verifier.findings.causes` confirms and reduces the failures.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, rule, run_state_machine_as_test
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.modes import GenerationMode

from chat_contract import Contract
from chat_contract.contract import DOCUMENTED, JSON, MAY_ACCEPT, MUST_ACCEPT
from chat_contract.roles import CONVERSATION, USER
from chat_verifier.planning import wrong_values
from chat_verifier.planning.case import Case, CaseSequence, Group, Priority, requests_of, single
from chat_verifier.planning.encoding import ISSUED
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.wrong_values import MISSING

_LONGEST = 20
_CONVERSATION_REQUESTS = 10


def generate_cases(contract: Contract, number: int, budget: int) -> list[CaseSequence]:
    """Return sequences of at most ``budget`` requests; the same ``number`` returns the same ones."""
    if budget <= 0:
        return []
    rng = random.Random(number)  # noqa: S311 - chooses test cases, not secrets
    conversations = _conversations(contract, number, min(_CONVERSATION_REQUESTS, budget // 2))
    left = budget - requests_of(conversations)
    return [*_chosen(_cases(contract, number, left), left, rng), *conversations]


def _cases(contract: Contract, number: int, count: int) -> list[list[CaseSequence]]:
    """Return the cases of each phase: examples, coverage, and fuzzing of each request class."""
    share = max(4, count)
    coverage = _unique(_coverage(contract), "coverage")
    return [
        _unique(_examples(contract), "example"),
        coverage,
        _unique(_fuzzed(contract, MUST_ACCEPT, GenerationMode.POSITIVE, share, number), "must-accept"),
        _unique(_fuzzed(contract, DOCUMENTED, GenerationMode.POSITIVE, share, number), "documented"),
        _unique(_fuzzed(contract, MAY_ACCEPT, GenerationMode.NEGATIVE, share, number), "negative"),
    ]


def _chosen(phases: Sequence[list[CaseSequence]], count: int, rng: random.Random) -> list[CaseSequence]:
    """Choose from the phases in turn until there are enough cases."""
    shuffled = [rng.sample(phase, k=len(phase)) for phase in phases]
    chosen: list[CaseSequence] = []
    while len(chosen) < count and any(shuffled):
        for phase in shuffled:
            if phase and len(chosen) < count:
                chosen.append(phase.pop())
    return chosen


def _operation(contract: Contract, name: str) -> Any:
    """Return Schemathesis's operation with the body schema of a request class."""
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
    # A configuration of its own: Schemathesis would read schemathesis.toml of the working directory.
    schema = schemathesis.openapi.from_dict(document, config=SchemathesisConfig())
    return schema[operation.path][operation.method]


def _examples(contract: Contract) -> Iterator[Any]:
    yield from contract.samples.values()


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
    """Return settings that only generate: no database, shrinking or deadline, so that the seed alone decides."""
    return settings(
        max_examples=count,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        stateful_step_count=_CONVERSATION_REQUESTS,
    )


def _unique(bodies: Iterable[Any], phase: str) -> list[CaseSequence]:
    """Return a sequence for each distinct body that is JSON.

    Ids contain a digest of the body, so that they stay the same for every seed.
    """
    found: dict[bytes, CaseSequence] = {}
    for body in bodies:
        try:
            raw = json.dumps(body, ensure_ascii=False, allow_nan=False).encode("utf-8")
        except (TypeError, ValueError):
            # Schemathesis also generates placeholders for other media types.
            continue
        digest = hashlib.sha256(raw).hexdigest()[:10]
        case = Case(f"generated-{phase}-{digest}", f"generated {phase} body {digest}", raw)
        found.setdefault(raw, single(case, Group.EXPLORATION, priority=Priority.EXPLORATION))
    return list(found.values())


def _conversations(contract: Contract, number: int, cases: int) -> list[CaseSequence]:
    """Generate conversations of accepted and rejected turns with a Hypothesis state machine."""
    if cases < 3:
        return []
    builder = RequestBuilder(contract)
    bodies = _operation(contract, MUST_ACCEPT).as_strategy().map(lambda case: case.body)
    accepted = bodies.filter(_is_plain).map(lambda body: {**body, CONVERSATION: ISSUED})
    wrongs = [
        wrong
        for field, by_type in wrong_values.top_level(builder).items()
        for found in by_type.values()
        for wrong in found
        if field != CONVERSATION
    ]
    rejected = st.sampled_from(wrongs).map(
        lambda wrong: (
            {CONVERSATION: ISSUED}
            if wrong.value is MISSING
            else builder.request(**{CONVERSATION: ISSUED, wrong.field: wrong.value})
        )
    )
    conversations: list[list[Case]] = []

    class Shoppers(RuleBasedStateMachine):
        """Shoppers who open conversations, continue them, and sometimes send an invalid turn."""

        opened = Bundle[int]("opened")

        def __init__(self) -> None:
            super().__init__()
            conversations.clear()

        @rule(target=opened)
        def open(self) -> int:
            conversations.append([Case("opening", "first turn of a conversation", builder.request())])
            return len(conversations) - 1

        @rule(number=opened, body=accepted)
        def accept(self, number: int, body: Any) -> None:
            self._take(number, "accepted", body)

        @rule(number=opened, body=rejected)
        def reject(self, number: int, body: Any) -> None:
            self._take(number, "rejected", body)

        def _take(self, number: int, fate: str, body: Any) -> None:
            turn = len(conversations[number]) + 1
            conversations[number].append(Case(f"{fate}-turn-{turn}", f"a turn that must be {fate}", body))

    _run(Shoppers, number)
    sequences = []
    left = cases
    for index, conversation in enumerate(conversations, 1):
        taken = tuple(conversation[: min(left, _LONGEST)])
        left -= len(taken)
        if taken:
            sequences.append(
                CaseSequence(f"generated-conversation-{index}", Group.EXPLORATION, taken, priority=Priority.EXPLORATION)
            )
    return sequences


def _run(machine: type[RuleBasedStateMachine], number: int) -> None:
    seed(number)(machine)
    run_state_machine_as_test(machine, settings=_quietly(3))


def _is_plain(body: Any) -> bool:
    """Exclude bodies with a user: another user in the same conversation is unspecified."""
    return isinstance(body, dict) and USER not in body
