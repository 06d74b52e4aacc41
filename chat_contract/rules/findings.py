"""What a rule is and what it yields: findings with a stable id, and the phrases that describe them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chat_contract.body import ABSENT
from chat_contract.errors import Pointer, shorten
from chat_contract.large_bodies import MOST_VALUES, MOST_WIDE
from chat_contract.rules.exchange_facts import ExchangeFacts, Unread

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MISSING = "missing"
"""The id of a field or header that is absent."""

JSON_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

_SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class Finding:
    """A difference between what a clause requires and what an exchange shows.

    ``observed`` is a stable id: ``status-<code>``, the kind of a :class:`chat_contract.exchange.Breakdown`,
    ``missing``, a JSON type, or an id that only this rule uses. ``got`` is for readers: the JSON value where
    ``observed`` is a JSON type, otherwise a phrase. ``pointer`` leads into the response, or into the request
    if ``in_request`` is set.
    """

    expected: str
    observed: str
    got: Any
    pointer: Pointer = ()
    in_request: bool = False

    def about_request(self, pointer: Pointer) -> Finding:
        """Return the finding with a pointer into the request."""
        return replace(self, pointer=pointer, in_request=True)


@dataclass(frozen=True)
class Rule:
    """The rule of one clause: whether it applies to an exchange, and what it finds in one."""

    clause: str
    applies: Callable[[ExchangeFacts], bool]
    find: Callable[[ExchangeFacts], Iterator[Finding]]


def wrong_value(expected: str, value: Any, pointer: Pointer = ()) -> Finding:
    """Make the finding for a JSON value that is not the expected one; ABSENT means that there is none."""
    if value is ABSENT:
        return Finding(expected, MISSING, "no value", pointer)
    return Finding(expected, json_type(value), value, pointer)


def missing_field(present: Iterable[str], pointer: Pointer) -> Finding:
    """Make the finding for a field that an object does not have; ``present`` are the fields that it has."""
    return Finding("a value", MISSING, f"no value (fields present: {', '.join(sorted(present)) or 'none'})", pointer)


def wrong_outcome(expected: str, facts: ExchangeFacts) -> Finding:
    """Make the finding for a status or a breakdown that is not the expected one."""
    if facts.breakdown is not None:
        detail = f" ({facts.breakdown.detail})" if facts.breakdown.detail else ""
        return Finding(expected, facts.breakdown.kind, _BREAKDOWNS[facts.breakdown.kind] + detail)
    shown = f"status {facts.status}"
    if facts.status >= 400 and facts.response_json is not ABSENT:
        shown += f" with body {shorten(facts.response_json, _SHOWN_CHARACTERS)}"
    return Finding(expected, f"status-{facts.status}", shown)


_BREAKDOWNS = {
    "reset": "a closed connection without a response",
    "truncated": "an incomplete response",
    "silence": "no response in time",
    "garbled": "bytes that are not an HTTP response",
    "too-long": "a response that does not end",
}


def wrong_media_type(header: str | None) -> Finding:
    """Make the finding for a Content-Type header that does not name JSON."""
    expected = "Content-Type: application/json"
    if header is None:
        return Finding(expected, MISSING, "no Content-Type header")
    return Finding(expected, "media-type", f"Content-Type: {header}")


def unreadable_body(facts: ExchangeFacts) -> Finding:
    """Make the finding for a response body that is not JSON in UTF-8, or that exceeds what the kit reads."""
    body = b"" if facts.response is None else facts.response.body
    if facts.unread is Unread.TOO_MANY_VALUES:
        return Finding(
            f"a JSON body of at most {MOST_VALUES:,} values",
            facts.unread,
            f"a body of {len(body):,} bytes with more values",
        )
    if facts.unread is Unread.TOO_LARGE:
        return Finding(f"a JSON body of at most {MOST_WIDE:,} bytes", facts.unread, f"{len(body):,} bytes")
    if facts.unread is Unread.TOO_DEEP:
        return Finding(
            "a JSON body that every parser can read", facts.unread, "arrays or objects that are nested too deeply"
        )
    shown = shorten(body[:200].decode("utf-8", "surrogateescape"), _SHOWN_CHARACTERS) if body else "an empty body"
    return Finding("a JSON body in UTF-8", "not-json", _UNDECODED.sub(_as_escape, shown))


_UNDECODED = re.compile("[\udc80-\udcff]")


def _as_escape(match: re.Match[str]) -> str:
    """Return the escape of a byte that is not UTF-8."""
    return f"\\x{ord(match.group()) - 0xDC00:02x}"


def schema_finding(error: ValidationError) -> Finding:
    """Make the finding for a value that a schema of the contract does not allow."""
    pointer = tuple(error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, dict):
        required: Any = error.validator_value
        names = [name for name in required if name not in error.instance]
        return Finding(field_names(names), MISSING, field_names(sorted(error.instance)), pointer)
    return wrong_value(_allowed_by(error), error.instance, pointer)


def _allowed_by(error: ValidationError) -> str:
    value: Any = error.validator_value
    branches = value if error.validator == "anyOf" else [{error.validator: value}]
    types: list[str] = []
    for branch in branches:
        if not isinstance(branch, dict) or set(branch) != {"type"}:
            return f"a value that satisfies {error.validator}: {shorten(value, 80)}"
        types += branch["type"] if isinstance(branch["type"], list) else [branch["type"]]
    return " or ".join(_WITH_ARTICLE.get(name, name) for name in types)


_WITH_ARTICLE = {
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "an array",
    "object": "an object",
}


def field_names(names: list[str]) -> str:
    """Name fields in a phrase, for example ``the fields "a" and "b"``."""
    if not names:
        return "no fields"
    quoted = [f'"{name}"' for name in names]
    return f"the field {quoted[0]}" if len(names) == 1 else f"the fields {', '.join(quoted[:-1])} and {quoted[-1]}"


def json_type(value: Any) -> str:
    """Return the name of the value's JSON type; ``integer`` for numbers that Python reads as int."""
    if value is None:
        return "null"
    return next((name for type_, name in _TYPE_NAMES if isinstance(value, type_)), "object")


_TYPE_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
)
