"""Reads the raw bytes of a JSON body: its value, syntax errors, and deviations from I-JSON (RFC 7493).

It builds on Python's JSON parser, because FastAPI passes the messages of that parser on to clients. The parser accepts
more than RFC 8259; this module reports the difference.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.lenient_json import is_lenient_json
from chat_contract.roles import MESSAGE

MAX_DEPTH = 500
"""The depth up to which a body is read."""

USUAL_DEPTH = 64
"""The depth that the default limits of parsers allow."""

MAX_DIGITS = 300
"""The number of digits up to which an integer is I-JSON."""


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Any = _Absent()
"""Stands for a value that does not exist."""


class Deviation(StrEnum):
    """A deviation from I-JSON (RFC 7493) that is not a syntax error."""

    NOT_UTF_8 = "not-utf-8"
    OTHER_ENCODING = "other-encoding"
    BYTE_ORDER_MARK = "byte-order-mark"
    DUPLICATE_KEYS = "duplicate-keys"
    SURROGATE = "surrogate"
    SURROGATE_IN_MESSAGE = "surrogate-in-message"
    NONCHARACTER = "noncharacter"
    NOT_FINITE = "not-finite"
    HUGE_INTEGER = "huge-integer"
    TOO_DEEP = "too-deep"


class Obstacle(StrEnum):
    """A reason, within I-JSON, why a parser may reject the whole body, wherever in the body it is."""

    DEPTH = "depth"
    WIDE_INTEGER = "wide-integer"
    PROPERTY_NAME = "property-name"


_UNTRUSTED = frozenset(
    {
        Deviation.NOT_UTF_8,
        Deviation.NOT_FINITE,
        Deviation.SURROGATE,
        Deviation.SURROGATE_IN_MESSAGE,
        Deviation.HUGE_INTEGER,
        Deviation.TOO_DEEP,
    }
)
"""The deviations for which parsers disagree about the value."""

_INT64 = range(-(2**63), 2**63)
_PROTOTYPE_NAMES = frozenset({"__proto__", "constructor", "prototype"})
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BRACKET_OR_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_NO_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[^"\[\]{}]++', re.DOTALL)
_STEPS = {"[": 1, "{": 1, "]": -1, "}": -1}
_SPECIAL_CHARACTER = re.compile(r"[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]|[\U0001fffe-\U0001ffff]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_PLANE_END = frozenset(chr(plane * 0x10000 + low) for plane in range(17) for low in (0xFFFE, 0xFFFF))


@dataclass(frozen=True)
class SyntaxFault:
    """Why a body has no reliable value. ``offset`` counts characters from 0."""

    message: str
    offset: int


@dataclass(frozen=True)
class Body:
    """A body as read.

    ``fault`` is set if the value is not reliable; ``malformed``: the bytes violate RFC 8259; ``lenient``: they do, but
    a lenient parser may read them.
    """

    value: Any
    fault: SyntaxFault | None
    beyond_ijson: frozenset[Deviation]
    obstacles: frozenset[Obstacle] = frozenset()
    malformed: bool = False
    lenient: bool = False
    empty: bool = False
    depth: int = 0


def is_odd_name(name: str) -> bool:
    """Return whether a parser may reject a body for the name of a property: ``__proto__``, an empty name, a NUL."""
    return not name or name in _PROTOTYPE_NAMES or bool(_CONTROL.search(name))


def read_body(raw: bytes, *, only_value: bool = False) -> Body:
    """Read a body. Never raises, whatever the bytes are.

    ``only_value``: leave out the duplicate keys, the obstacles of names, and whether a lenient parser may read
    malformed bytes, which take long to find.
    """
    if not raw:
        return Body(ABSENT, SyntaxFault("Expecting value", 0), frozenset(), malformed=True, empty=True)
    beyond: set[Deviation] = set()
    encoding = json.detect_encoding(raw)
    if encoding == "utf-8-sig":
        beyond.add(Deviation.BYTE_ORDER_MARK)
    elif encoding != "utf-8":
        beyond.add(Deviation.OTHER_ENCODING)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        offset = len(raw[: error.start].decode(encoding, "replace"))
        fault = SyntaxFault(f"The body is not {encoding.upper().replace('-SIG', '')}", offset)
        return Body(ABSENT, fault, frozenset({Deviation.NOT_UTF_8, *beyond}))
    depth, deepest_at = _depth(text)
    if depth > MAX_DEPTH:
        beyond.add(Deviation.TOO_DEEP)
        return Body(
            ABSENT,
            SyntaxFault(f"Nested more than {MAX_DEPTH} levels deep", deepest_at),
            frozenset(beyond),
            depth=depth,
        )
    return _parse(text, beyond, depth, only_value=only_value)


def _parse(text: str, beyond: set[Deviation], depth: int, *, only_value: bool) -> Body:
    notes: list[SyntaxFault] = []
    obstacles = {Obstacle.DEPTH} if depth > USUAL_DEPTH else set()
    names: set[str] = set()

    def constant(name: str) -> float:
        beyond.add(Deviation.NOT_FINITE)
        if not notes:
            notes.append(SyntaxFault(f"{name} is not a JSON number", max(text.find(name), 0)))
        return float(name.replace("Infinity", "inf"))

    def real(written: str) -> float:
        number = float(written)
        if math.isinf(number):
            beyond.add(Deviation.NOT_FINITE)
            if not notes:
                notes.append(SyntaxFault("Number out of range", max(text.find(written), 0)))
        return number

    def integer(written: str) -> int:
        if len(written.lstrip("-")) > MAX_DIGITS:
            beyond.add(Deviation.HUGE_INTEGER)
            if not notes:
                place = max(text.find(written), 0)
                notes.append(SyntaxFault(f"Integer with more than {MAX_DIGITS} digits", place))
            return 0
        number = int(written)
        if number not in _INT64:
            obstacles.add(Obstacle.WIDE_INTEGER)
        return number

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(members)
        if len(built) < len(members):
            beyond.add(Deviation.DUPLICATE_KEYS)
        if not names.issuperset(built):
            if any(map(is_odd_name, built)):
                obstacles.add(Obstacle.PROPERTY_NAME)
            names.update(built)
        return built

    try:
        value = json.loads(
            text,
            parse_constant=constant,
            parse_float=real,
            parse_int=integer,
            object_pairs_hook=None if only_value else pairs,
        )
    except json.JSONDecodeError as error:
        fault = SyntaxFault(error.msg, error.pos)
        lenient = not only_value and is_lenient_json(text)
        return Body(ABSENT, fault, frozenset(beyond), malformed=True, lenient=lenient, depth=depth)
    if _may_have_special_characters(text):
        for place, string in _strings(value, ()):
            if _SURROGATE.search(string):
                beyond.add(Deviation.SURROGATE_IN_MESSAGE if place == (MESSAGE,) else Deviation.SURROGATE)
                notes.append(SyntaxFault("Lone surrogate", 0))
            elif _has_noncharacter(string):
                beyond.add(Deviation.NONCHARACTER)
    untrusted = notes[0] if beyond & _UNTRUSTED and notes else None
    return Body(value, untrusted, frozenset(beyond), frozenset(obstacles), depth=depth)


def is_deeper(text: str, limit: int) -> bool:
    """Return whether a JSON text has more levels than the limit, without parsing it."""
    return text.count("[") + text.count("{") > limit and _depth(text)[0] > limit


def _depth(text: str) -> tuple[int, int]:
    """Return the nesting depth of the text, and the offset at which it first exceeds the limit."""
    brackets = _NO_BRACKETS.sub("", text)
    deepest = max(accumulate(map(_STEPS.__getitem__, brackets), initial=0))
    return deepest, _first_too_deep(text) if deepest > MAX_DEPTH else 0


def _first_too_deep(text: str) -> int:
    depth = 0
    for match in _BRACKET_OR_STRING.finditer(text):
        depth += _STEPS.get(match[0], 0)
        if depth > MAX_DEPTH:
            return match.start()
    return 0


def _may_have_special_characters(text: str) -> bool:
    lowered = text.lower() if "\\u" in text else ""
    return "\\ud" in lowered or "\\uf" in lowered or not text.isascii()


def _has_noncharacter(string: str) -> bool:
    return bool(_SPECIAL_CHARACTER.search(string)) or any(character in _PLANE_END for character in string)


def _strings(value: Any, place: Pointer) -> Iterator[tuple[Pointer, str]]:
    waiting: list[tuple[Pointer, Any]] = [(place, value)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value
        elif isinstance(value, list):
            waiting.extend(((*place, index), child) for index, child in enumerate(value))
        elif isinstance(value, dict):
            for key, child in value.items():
                yield (*place, "key"), key
                waiting.append(((*place, key), child))
