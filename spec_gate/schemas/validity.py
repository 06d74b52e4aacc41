"""Decides whether a value is valid. jsonschema-rs filters, jsonschema confirms, and both must agree.

Formats are asserted. jsonschema-rs checks those for which jsonschema needs other packages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, Protocol

import jsonschema_rs
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

from chat_contract.errors import Pointer
from chat_contract.json_schema import format_checker
from spec_gate.budget import Budget
from spec_gate.patterns.match import PatternLimitError, matcher
from spec_gate.schemas.applications import Applications

_OTHER_FORMATS = ("duration", "hostname", "idn-hostname", "iri", "iri-reference", "json-pointer",
                  "relative-json-pointer", "time", "uri", "uri-reference", "uri-template")  # fmt: skip

KNOWN_FORMATS = frozenset({*_OTHER_FORMATS, "date", "date-time", "email", "idn-email", "ipv4", "ipv6", "regex", "uuid"})
"""Formats that restrict which strings are valid."""

_LONGEST_VALUE = 60
"""The longest value that a validation error states in full."""


_LEVELS = (2, 5, 12, 4_000)
"""The depths of values for which validators are made."""

_COUNTED_DEPTH = 6
_MAX_APPLICATIONS = 50_000
"""How often schemas may apply to a value of at least the depth above."""


@dataclass(frozen=True)
class Fault:
    """A validation error: where it is, and the property that is missing there, if that is the error."""

    path: Pointer
    names: tuple[str, ...]


class SchemaSource(Protocol):
    """Returns a schema as JSON for values up to a depth, and whether it is complete."""

    def __call__(self, depth: int, /) -> tuple[Any, bool]: ...


class _Validators:
    """Both validators of one schema."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema

    @cached_property
    def fast(self) -> Any:
        return jsonschema_rs.Draft202012Validator(self._schema, validate_formats=True)

    @cached_property
    def applications(self) -> Applications:
        return Applications(self._schema)

    @cached_property
    def exact(self) -> Any:
        return _Validator(self._schema, format_checker=_formats())


class Judge:
    """Decides whether values are valid under one schema.

    The validators hold as many definitions as the depth of a value needs. A value for which a pattern takes too many
    steps, or for which validators would take too long, is neither accepted nor rejected. Judging ends when the budget
    is spent, if it is enforced.
    """

    def __init__(self, source: SchemaSource, budget: Budget | None = None) -> None:
        self._source = source
        self._budget = budget or Budget()
        self._validators: dict[int, _Validators] = {}
        self._complete = 0

    def _for(self, value: Any) -> _Validators:
        self._budget.check()
        level = self._complete or next(one for one in _LEVELS if one >= _depth(value, _LEVELS[-1]))
        if level not in self._validators:
            schema, complete = self._source(level)
            self._validators[level] = _Validators(schema)
            if complete:
                self._complete = level
        return self._validators[level]

    def is_costly(self, value: Any) -> bool:
        """Return whether validators would take too long for a deep value."""
        if _depth(value, _COUNTED_DEPTH) < _COUNTED_DEPTH:
            return False
        return self._for(value).applications.are_more_than(_MAX_APPLICATIONS, value)

    def probably(self, value: Any) -> bool:
        """Return whether the fast validator accepts the value; a costly one is not accepted."""
        if self.is_costly(value):
            return False
        try:
            return bool(self._for(value).fast.is_valid(value))
        except ValueError:
            # The fast validator cannot hold every string and number.
            return self._is_valid(value)

    def _is_valid(self, value: Any) -> bool:
        return bool(self._for(value).exact.is_valid(value))

    def accepts(self, value: Any) -> bool:
        """Return whether both validators accept the value."""
        try:
            return self.probably(value) and self._is_valid(value)
        except PatternLimitError:
            return False

    def rejects(self, value: Any) -> bool:
        """Return whether both validators reject the value."""
        try:
            return not self.is_costly(value) and not self.probably(value) and not self._is_valid(value)
        except PatternLimitError:
            return False

    def faults(self, value: Any) -> list[Fault]:
        """Return all validation errors of a value, as the fast validator finds them; none of a costly value."""
        if self.is_costly(value):
            return []
        try:
            errors = list(self._for(value).fast.iter_errors(value))
        except ValueError:
            return []
        return [Fault(tuple(one.instance_path), _missing(one)) for one in errors]

    def first_error(self, value: Any, part: Any = None) -> str:
        """Return the first validation error, preferring one about ``part``; empty if the value is valid."""
        error = min(self._for(value).exact.iter_errors(value), key=lambda one: _relevance(one, part), default=None)
        return "" if error is None else _text(error)


def _missing(error: jsonschema_rs.ValidationError) -> tuple[str, ...]:
    kind = error.kind
    return (kind.property,) if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required) else ()


def _depth(value: Any, most: int) -> int:
    """Return how deep lists and objects nest in a value, at most ``most``; a scalar has depth 0, ``[1]`` depth 1."""
    depth, level = 0, [value]
    while depth < most:
        level = [child for one in level for child in _children(one)]
        if not level:
            break
        depth += 1
    return depth


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


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


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Any:
    if isinstance(instance, str) and not matcher(pattern)(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: dict[str, Any], instance: Any, __: Any) -> Any:
    if isinstance(instance, dict):
        for pattern, schema in patterns.items():
            for name, value in instance.items():
                if matcher(pattern)(name):
                    yield from validator.descend(value, schema, path=name, schema_path=pattern)


def _any_of(validator: Any, branches: list[Any], instance: Any, _: Any) -> Any:
    if not any(_accepts(validator, branch, instance) for branch in branches):
        yield ValidationError(f"{instance!r} is not valid under any of the given schemas")


def _one_of(validator: Any, branches: list[Any], instance: Any, _: Any) -> Any:
    accepting = [branch for branch in branches if _accepts(validator, branch, instance)]
    if not accepting:
        yield ValidationError(f"{instance!r} is not valid under any of the given schemas")
    elif len(accepting) > 1:
        yield ValidationError(f"{instance!r} is valid under each of {', '.join(map(repr, accepting))}")


def _accepts(validator: Any, schema: Any, instance: Any) -> bool:
    """Return whether a schema accepts a value; unlike jsonschema's own unions, stop at the first error."""
    return next(iter(validator.descend(instance, schema)), None) is None


_Validator: Any = extend(  # type: ignore[no-untyped-call]  # its types are a package of their own
    Draft202012Validator,
    {"pattern": _pattern, "patternProperties": _pattern_properties, "anyOf": _any_of, "oneOf": _one_of},
)
