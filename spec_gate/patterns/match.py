"""Matches patterns in time that grows with the length of the text, so that no pattern can hang a comparison."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import jsonschema_rs

from spec_gate.patterns.languages import PatternLimitError, language_of

__all__ = ["Matcher", "PatternLimitError", "matcher"]

Matcher = Callable[[str], bool]
"""Returns whether a pattern matches; raises :class:`PatternLimitError` if that takes too many steps."""

_MAX_STEPS = 100_000


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Matcher:
    """Return a function that finds an ECMA-262 pattern in a string.

    An automaton matches. Patterns with look-around, back-references or Unicode properties need the engine of
    jsonschema-rs, which counts its steps.
    """
    language = language_of(pattern)
    return _counted(pattern) if language is None else language.matches


def _counted(pattern: str) -> Matcher:
    limit = jsonschema_rs.FancyRegexOptions(backtrack_limit=_MAX_STEPS)
    found = jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=limit)
    missed = jsonschema_rs.Draft202012Validator({"not": {"pattern": pattern}}, pattern_options=limit)

    def matches(text: str) -> bool:
        # At the limit of steps, neither the pattern nor its opposite is valid.
        if found.is_valid(text):
            return True
        if missed.is_valid(text):
            return False
        raise PatternLimitError(pattern)

    return matches
