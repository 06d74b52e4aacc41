"""Decides whether a value is valid. jsonschema-rs filters, jsonschema confirms, and both must agree.

Formats are asserted. jsonschema-rs checks those for which jsonschema needs other packages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from chat_contract.errors import Pointer
from chat_contract.formats import format_checker

_OTHER_FORMATS = ("duration", "hostname", "idn-hostname", "iri", "iri-reference", "json-pointer",
                  "relative-json-pointer", "time", "uri", "uri-reference", "uri-template")  # fmt: skip

KNOWN_FORMATS = frozenset({*_OTHER_FORMATS, "date", "date-time", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid"})
"""Formats that restrict which strings are valid."""

_LONGEST_VALUE = 60
"""The longest value that a validation error states in full."""


@dataclass(frozen=True)
class Fault:
    """A validation error: where it is, and the property names that the schema requires there."""

    path: Pointer
    names: tuple[str, ...]
    keyword: str


class Judge:
    """Decides whether values are valid under one schema, given with all its definitions."""

    def __init__(self, whole: Any) -> None:
        self._whole = whole

    @cached_property
    def _fast(self) -> Any:
        return jsonschema_rs.Draft202012Validator(self._whole, validate_formats=True)

    @cached_property
    def _exact(self) -> Any:
        return _Validator(self._whole, format_checker=_formats())

    def probably(self, value: Any) -> bool:
        """Return whether the fast validator accepts the value."""
        try:
            return bool(self._fast.is_valid(value))
        except ValueError:
            # The fast validator cannot hold every string and number.
            return self._is_valid(value)

    def _is_valid(self, value: Any) -> bool:
        return bool(self._exact.is_valid(value))

    def accepts(self, value: Any) -> bool:
        """Return whether both validators accept the value."""
        return self.probably(value) and self._is_valid(value)

    def rejects(self, value: Any) -> bool:
        """Return whether both validators reject the value."""
        return not self.probably(value) and not self._is_valid(value)

    def faults(self, value: Any) -> list[Fault]:
        """Return all validation errors of a value."""
        return [
            Fault(tuple(one.absolute_path), tuple(one.validator_value) if one.validator == "required" else (),
                  str(one.validator))
            for one in self._exact.iter_errors(value)
        ]  # fmt: skip

    def first_error(self, value: Any, part: Any = None) -> str:
        """Return the first validation error, preferring one about ``part``; empty if the value is valid."""
        error = min(self._exact.iter_errors(value), key=lambda one: _relevance(one, part), default=None)
        return "" if error is None else _text(error)


def _relevance(error: ValidationError, part: Any) -> tuple[bool, int, str]:
    about = type(error.instance) is type(part) and error.instance == part
    return not about, len(error.path), str(error.path)


def _text(error: ValidationError) -> str:
    message = error.message
    whole = repr(error.instance)
    if len(whole) > _LONGEST_VALUE:
        message = message.replace(whole, _size(error.instance))
    message = message if len(message) <= 160 else f"{message[:159]}…"
    where = "".join(f"/{part}" for part in error.absolute_path)
    return f"{where}: {message}" if where else message


def _size(value: Any) -> str:
    """Return what a long value is."""
    if isinstance(value, str):
        return f"a string of {len(value):,} characters"
    if isinstance(value, list):
        return f"a list of {len(value):,} items"
    return f"an object with {len(value):,} properties" if isinstance(value, dict) else "a long number"


@cache
def _formats() -> FormatChecker:
    checker = format_checker()
    for name in _OTHER_FORMATS:
        if name not in checker.checkers:
            checker.checkers[name] = (_by_fast_validator(name), ())
    return checker


def _by_fast_validator(name: str) -> Any:
    validator = jsonschema_rs.Draft202012Validator({"format": name}, validate_formats=True)
    return lambda value: not isinstance(value, str) or validator.is_valid(value)


@lru_cache(maxsize=4096)
def matcher(pattern: str) -> Any:
    """Return a function that finds an ECMA-262 pattern in a string."""
    try:
        search = re.compile(pattern).search
    except re.error:
        # Python cannot compile some patterns, such as \\p{L}.
        validator = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        return validator.is_valid
    return lambda text: search(text) is not None


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Any:
    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, __: Any) -> Any:
    if isinstance(instance, dict):
        for pattern, schema in patterns.items():
            for name, value in instance.items():
                if matcher(pattern)(name):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # its types are a package of their own
    Draft202012Validator, {"pattern": _pattern, "patternProperties": _pattern_properties}
)
