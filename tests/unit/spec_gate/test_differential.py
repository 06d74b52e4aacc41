"""The gate agrees with jsonschema on random schemas, and on pairs of changes that break only together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_contract.errors import DocumentError
from spec_gate.schemas.node import Side
from testbed.gate_quality.differential import Trial, compared, run_trials

SEEDS = range(1_000, 1_060)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    folder = tmp_path_factory.mktemp("differential")
    made: list[Trial] = []
    for seed in SEEDS:
        try:
            made += run_trials(seed, folder)
        except DocumentError:
            # A mutation may write an invalid schema, which the gate rejects.
            continue
    return made


def test_no_value_of_the_vocabulary_contradicts_a_verdict(trials: list[Trial]) -> None:
    complaints = [(trial.side, trial.base, trial.revision, trial.complaint) for trial in trials if trial.complaint]
    assert complaints == []


def test_sample_contains_witnesses_and_inclusions(trials: list[Trial]) -> None:
    proofs = [proof for trial in trials for proof in trial.proofs]
    assert len(trials) >= 100
    assert min(proofs.count("witness"), proofs.count("inclusion")) >= 20
    assert proofs.count("none") <= 2


ONLY_A: dict[str, Any] = {"type": "object", "propertyNames": {"enum": ["a"]}}
AT_MOST_ONE: dict[str, Any] = {"type": "array", "maxItems": 1}
TOGETHER = [
    ({**ONLY_A, "properties": {"a": {}}}, {**ONLY_A, "additionalProperties": False}),
    ({**AT_MOST_ONE, "prefixItems": [{}]}, {**AT_MOST_ONE, "items": False}),
    (
        {**ONLY_A, "patternProperties": {"^a$": {}}, "additionalProperties": True},
        {**ONLY_A, "additionalProperties": {"type": "string"}},
    ),
]


@pytest.mark.parametrize(("base", "revision"), TOGETHER)
def test_changes_that_break_only_together_are_breaking(base: Any, revision: Any, tmp_path: Path) -> None:
    found = compared(base, revision, Side.REQUEST, tmp_path)
    assert found.verdict == "breaking"
    assert any(finding.witness for finding in found.findings if finding.level == "breaking")


@pytest.mark.parametrize(("base", "revision"), TOGETHER)
def test_each_of_these_changes_alone_is_compatible(base: Any, revision: Any, tmp_path: Path) -> None:
    for key in {*base, *revision}:
        one = {name: value for name, value in base.items() if name != key}
        if key in revision:
            one[key] = revision[key]
        found = compared(base, one, Side.REQUEST, tmp_path)
        assert found.verdict != "breaking", key
