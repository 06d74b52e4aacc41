"""What a run keeps of the values of a response."""

from __future__ import annotations

from typing import Any

from chat_verifier.run.observation import few_values


def nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = {"inner": [value]}
    return value


def test_deep_value_is_kept_up_to_a_level() -> None:
    kept, levels = few_values(nested(5000), 10_000), 0
    while kept:
        kept, levels = next(iter(kept.values() if isinstance(kept, dict) else kept)), levels + 1
    assert 50 < levels <= 100


def test_first_values_of_a_long_list_are_kept() -> None:
    assert few_values(list(range(100)), 5) == [0, 1, 2, 3]
