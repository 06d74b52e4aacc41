"""A sample of what ``python -m testbed.gate_quality.differential`` compares, and what was once found there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chat_contract.errors import DocumentError
from testbed.gate_quality.differential import Trial, compared, tried

SEEDS = range(1_000, 1_060)


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[Trial]:
    folder = tmp_path_factory.mktemp("differential")
    made: list[Trial] = []
    for seed in SEEDS:
        try:
            made += tried(seed, folder)
        except DocumentError:
            # A mutation may write what is no schema; the gate refuses it, as it should.
            continue
    return made


def test_no_verdict_is_refuted_by_the_values_of_a_small_world(trials: list[Trial]) -> None:
    complaints = [(trial.side, trial.base, trial.revision, trial.complaint) for trial in trials if trial.complaint]
    assert complaints == []


def test_the_sample_has_something_to_say(trials: list[Trial]) -> None:
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
def test_what_is_safe_one_by_one_may_break_together(base: Any, revision: Any, tmp_path: Path) -> None:
    _, found = compared(base, revision, "request", tmp_path)
    assert found.verdict == "breaking"
    assert any(finding.witness for finding in found.findings if finding.level == "breaking")


@pytest.mark.parametrize(("base", "revision"), TOGETHER)
def test_each_of_them_by_itself_is_safe(base: Any, revision: Any, tmp_path: Path) -> None:
    for key in {*base, *revision}:
        one = {name: said for name, said in base.items() if name != key}
        if key in revision:
            one[key] = revision[key]
        _, found = compared(base, one, "request", tmp_path)
        assert found.verdict != "breaking", key
