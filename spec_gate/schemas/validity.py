"""Says whether a value is valid: jsonschema decides, jsonschema-rs sieves before it, and both must agree.

Formats are asserted. Those that jsonschema leaves to other packages are asked of jsonschema-rs.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from chat_contract.formats import format_checker
from spec_gate.schemas.normalise import Schema

_OTHER_FORMATS = ("duration", "hostname", "idn-hostname", "iri", "iri-reference", "json-pointer",
                  "relative-json-pointer", "time", "uri", "uri-reference", "uri-template")  # fmt: skip

KNOWN_FORMATS = frozenset({*_OTHER_FORMATS, "date", "date-time", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid"})
"""Formats that say something of validity."""


class Judge:
    """Whether values are valid under one schema."""

    def __init__(self, whole: Schema) -> None:
        self._fast = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        self._slow = _Validator(whole, format_checker=_formats())

    def probably(self, value: Any) -> bool:
        """Ask the fast validator alone."""
        try:
            return self._fast.is_valid(value)
        except ValueError:
            # A text or a number that the fast one cannot hold.
            return self._valid(value)

    def _valid(self, value: Any) -> bool:
        return bool(self._slow.is_valid(value))

    def accepts(self, value: Any) -> bool:
        """Say that both validators take the value."""
        return self.probably(value) and self._valid(value)

    def refuses(self, value: Any) -> bool:
        """Say that both validators refuse the value."""
        return not self.probably(value) and not self._valid(value)

    def why_not(self, value: Any, part: Any = None) -> str:
        """Return the first complaint about a value, one about ``part`` in it before all; empty where there is none."""
        told = min(self._slow.iter_errors(value), key=lambda one: _relevance(one, part), default=None)
        return "" if told is None else _told(told)

    def faults(self, value: Any) -> set[str]:
        """Return the keywords that refuse a value, however deep."""
        found: set[str] = set()
        waiting: list[ValidationError] = list(self._slow.iter_errors(value))
        while waiting:
            error = waiting.pop()
            found.add(str(error.validator))
            waiting.extend(error.context or ())
        return found


def _relevance(error: ValidationError, part: Any) -> tuple[bool, int, str]:
    about = type(error.instance) is type(part) and error.instance == part
    return not about, len(error.path), str(error.path)


def _told(error: ValidationError) -> str:
    message = error.message if len(error.message) <= 160 else f"{error.message[:159]}…"
    where = "".join(f"/{part}" for part in error.absolute_path)
    return f"{where}: {message}" if where else message


@cache
def _formats() -> FormatChecker:
    checker = format_checker()
    for name in _OTHER_FORMATS:
        if name not in checker.checkers:
            checker.checkers[name] = (_by_the_fast_one(name), ())
    return checker


def _by_the_fast_one(name: str) -> Any:
    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    return lambda value: not isinstance(value, str) or validator.is_valid(value)


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Any:
    """Return a function that says whether a pattern of ECMA-262 is found in a text."""
    try:
        search = re.compile(pattern).search
    except re.error:
        # What Python cannot read, such as \\p{L}.
        validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        return validator.is_valid
    return lambda text: search(text) is not None


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Any:
    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Schema], instance: Any, __: Any) -> Any:
    if isinstance(instance, dict):
        for pattern, schema in patterns.items():
            for name, value in instance.items():
                if matcher(pattern)(name):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # its types are a package of their own
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)
