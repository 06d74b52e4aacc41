"""Values by chance, the same ones every time: the only door to Hypothesis."""

from __future__ import annotations

import random
import re
from typing import Any

from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

_PLAIN = st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"))


def texts_matching(pattern: re.Pattern[str], count: int) -> list[str]:
    """Return texts that a pattern matches, of plain characters where that is possible; none where it is not."""
    try:
        return _drawn(st.from_regex(pattern, alphabet=_PLAIN), count)
    except HypothesisException:
        pass
    try:
        return _drawn(st.from_regex(pattern), count)
    except HypothesisException:
        return []


def chances(count: int) -> list[random.Random]:
    """Return sources of chance."""
    return [random.Random(seed) for seed in _drawn(st.integers(0, 2**32), count)]  # noqa: S311 - no secret


def _drawn(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    found: list[Any] = []

    @settings(
        max_examples=count,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found
