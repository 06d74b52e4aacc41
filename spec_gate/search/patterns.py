"""Generates strings that match a pattern. Only this module uses Hypothesis, and only when it has to generate."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))


_LONGEST = 400
"""The longest pattern that strings are generated for; Hypothesis takes minutes for some of 2,000 characters."""


@lru_cache(maxsize=512)
def matching(pattern: str, count: int) -> tuple[str, ...]:
    """Return strings that a pattern matches, the shortest first; none if it is long or Python cannot compile it."""
    if len(pattern) > _LONGEST:
        return ()
    try:
        compiled = re.compile(pattern, re.ASCII)
    except re.error:
        return ()
    return tuple(sorted(dict.fromkeys(_generated(compiled, count)), key=_shortest_first))


def _shortest_first(text: str) -> tuple[int, str]:
    return len(text), text


def _generated(pattern: re.Pattern[str], count: int) -> list[str]:
    """Return generated strings of printable ASCII characters, or of any characters if that is impossible."""
    from hypothesis import strategies  # noqa: PLC0415 - importing Hypothesis takes a tenth of a second
    from hypothesis.errors import HypothesisException  # noqa: PLC0415 - likewise

    for alphabet in (_PRINTABLE, strategies.characters()):
        try:
            return _drawn(strategies.from_regex(pattern, alphabet=alphabet), count)
        except HypothesisException:
            continue
    return []


def _drawn(strategy: SearchStrategy[str], count: int) -> list[str]:
    from hypothesis import HealthCheck, Phase, Verbosity, given, settings  # noqa: PLC0415 - likewise

    found: list[str] = []

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
    def collect(value: str) -> None:
        found.append(value)

    with _nothing_stored():
        collect()
    return found


@contextmanager
def _nothing_stored() -> Iterator[None]:
    """Keep Hypothesis from storing its tables in the working directory."""
    from hypothesis.configuration import set_hypothesis_home_dir, storage_directory  # noqa: PLC0415 - likewise

    home = storage_directory(intent_to_write=False).home_directory
    set_hypothesis_home_dir(os.devnull)
    try:
        yield
    finally:
        set_hypothesis_home_dir(home)
