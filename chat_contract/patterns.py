"""Searches texts that others wrote for the regular expressions of a document, in bounded time.

Rust's engine, which pydantic-core contains, runs in linear time. It has no look-around and no back-references, and
reads some signs in a character class as set operations, which ECMA-262 does not have. Such patterns run on an engine
that backtracks, with a time limit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache

from pydantic_core import SchemaError, SchemaValidator, core_schema

SECONDS = 0.5
"""Maximum time of one search by the engine that backtracks."""
_EXACT_TIMEOUTS = 3
"""After so many timeouts of one pattern, each further one halves the longest text that is searched."""

_SET_OPERATION = re.compile(r"\[(?:[^\]\\]|\\.)*?(?:\[|&&|--|~~)", re.DOTALL)
_DOLLAR = re.compile(r"(\\.|\[(?:\\.|[^\]\\])*\])|\$", re.DOTALL)
"""Python's ``$`` also matches before a line break at the end."""
_SURROGATE = re.compile("[\ud800-\udfff]")


class PatternError(ValueError):
    """A pattern is invalid. The text gives the reason."""


class PatternTimeoutError(Exception):
    """The engine did not decide in time whether a text matches."""

    def __init__(self, pattern: str) -> None:
        super().__init__(f"matching the pattern {pattern!r} takes more than {SECONDS:g} s")


Matches = Callable[[str], bool]
"""Returns whether a pattern matches somewhere in a text. Raises :class:`PatternTimeoutError`."""


def compile_linear(pattern: str) -> Matches:
    """Return a function that searches in linear time and never raises.

    Raise :class:`PatternError` if the pattern is invalid, or if only an engine that backtracks can run it.
    """
    try:
        validator = SchemaValidator(core_schema.str_schema(pattern=pattern, regex_engine="rust-regex"))
    except SchemaError as error:
        reason = str(error).partition("SchemaError: ")[2] or str(error)
        raise PatternError(reason.strip()) from None
    matches = validator.isinstance_python

    def search(text: str) -> bool:
        # The engine reads UTF-8, which has no surrogates.
        return matches(text) or (not text.isascii() and matches(_SURROGATE.sub("\ufffd", text)))

    return search


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Matches:
    """Return a function that searches in linear time if possible, else with a time limit.

    Raise :class:`PatternError` if no engine compiles the pattern.
    """
    return _compiled(pattern)


def is_pattern(text: str) -> bool:
    """Return whether :func:`compile_pattern` compiles a text. The result is not kept."""
    try:
        _compiled(text)
    except PatternError:
        return False
    return True


def is_linear(pattern: str) -> bool:
    """Return whether Rust's engine compiles a pattern and reads it as ECMA-262 does."""
    if _SET_OPERATION.search(pattern):
        return False
    try:
        compile_linear(pattern)
    except PatternError:
        return False
    return True


def _compiled(pattern: str) -> Matches:
    if not _SET_OPERATION.search(pattern):
        with suppress(PatternError):
            return compile_linear(pattern)
    return _Backtracking(pattern).search


class _Backtracking:
    """A pattern for the engine that backtracks.

    A text with thousands of values could make thousands of searches time out. So after several
    timeouts, long values are no longer searched.
    """

    def __init__(self, pattern: str) -> None:
        import regex  # noqa: PLC0415 - few patterns need it

        try:
            self._compiled = regex.compile(_DOLLAR.sub(lambda found: found[1] or r"\Z", pattern))
        except (regex.error, RecursionError, OverflowError) as error:
            raise PatternError(str(error)) from None
        self._pattern = pattern
        self._timeouts = 0
        self._longest = float("inf")

    def search(self, text: str) -> bool:
        if len(text) > self._longest:
            raise PatternTimeoutError(self._pattern)
        try:
            return self._compiled.search(text, timeout=SECONDS) is not None
        except TimeoutError:
            self._timeouts += 1
            if self._timeouts >= _EXACT_TIMEOUTS:
                self._longest = len(text) // 2
            raise PatternTimeoutError(self._pattern) from None
