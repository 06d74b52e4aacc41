"""Regular expressions of rules and fixtures, for the messages of clients. They run in linear time."""

from __future__ import annotations

from functools import lru_cache

from chat_contract.patterns import Matches, compile_linear


@lru_cache(maxsize=1024)
def compile_pattern(pattern: str) -> Matches:
    """Compile a pattern that ignores case. Raise :class:`chat_contract.patterns.PatternError` if it is invalid."""
    return compile_linear(f"(?i){pattern}")
