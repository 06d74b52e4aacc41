"""Parses regular expressions of ECMA-262 into nodes, without those parts that no finite automaton can express."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

LAST_CHARACTER = 0x10FFFF

_MAX_DEPTH = 100
_HEX = frozenset("0123456789abcdefABCDEF")


class UnsupportedError(Exception):
    """The pattern has a part that is not parsed: a look-around, a backreference, a Unicode property."""


@dataclass(frozen=True)
class Characters:
    """One character out of ranges of code points, which are sorted and do not touch."""

    ranges: tuple[tuple[int, int], ...]


class Anchor(Enum):
    """An empty match at one end of the text."""

    START = "^"
    END = "$"


@dataclass(frozen=True)
class Sequence:
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """A part that occurs from ``fewest`` to ``most`` times; None stands for any number."""

    part: Node
    fewest: int
    most: int | None


Node = Characters | Anchor | Sequence | Choice | Repeat


def merged(ranges: Iterable[tuple[int, int]]) -> Characters:
    """Return characters of ranges in any order."""
    kept: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if kept and low <= kept[-1][1] + 1:
            kept[-1] = (kept[-1][0], max(high, kept[-1][1]))
        else:
            kept.append((low, high))
    return Characters(tuple(kept))


def other_than(characters: Characters) -> Characters:
    """Return every other character."""
    found: list[tuple[int, int]] = []
    start = 0
    for low, high in characters.ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= LAST_CHARACTER:
        found.append((start, LAST_CHARACTER))
    return Characters(tuple(found))


def _of(text: str) -> Characters:
    return merged((ord(one), ord(one)) for one in text)


ANY = Characters(((0, LAST_CHARACTER),))

_DIGITS = merged([(0x30, 0x39)])
_WORD = merged([(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)])
_SPACE = merged([*_of("\t\n\v\f\r \xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff").ranges, (0x2000, 0x200A)])
_CLASSES = {
    "d": _DIGITS, "D": other_than(_DIGITS), "w": _WORD, "W": other_than(_WORD), "s": _SPACE, "S": other_than(_SPACE),
}  # fmt: skip
_CONTROLS = {"t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "0": "\0"}
_DOT = other_than(_of("\n\r\u2028\u2029"))


_NOT_GENERATED = re.compile(r"[bB]|[1-9][0-9]*|k<\w+>")
_SPECIAL_GROUP = re.compile(r"\?(?:<?[=!]|[a-z]+(?=\))|P=\w+(?=\))|(?P<name>P<\w+>))")
_PROPERTY = re.compile(r"\{(?:\w+=)?([A-Z])\w*\}")
_PROPERTIES = {"L": _of("aé"), "N": _DIGITS, "P": _of(".-_"), "S": _of("+$"), "Z": _of(" ")}
"""Some characters of the general categories of Unicode."""


def parse(pattern: str, *, leniently: bool = False) -> Node:
    """Return the nodes of a pattern; raises :class:`UnsupportedError`.

    The nodes of a pattern that is read ``leniently`` lack look-around, references and most characters of Unicode
    properties: they only help to find strings.
    """
    parser = _Parser(pattern, leniently=leniently)
    node = parser.choice(0)
    if parser.at < len(pattern):
        raise UnsupportedError(pattern)
    return node


class _Parser:
    def __init__(self, pattern: str, *, leniently: bool) -> None:
        self.pattern = pattern
        self.leniently = leniently
        self.at = 0

    def choice(self, depth: int) -> Node:
        if depth > _MAX_DEPTH:
            raise UnsupportedError(self.pattern)
        options = [self._sequence(depth)]
        while self._take("|"):
            options.append(self._sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self._quantified(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts))

    def _quantified(self, part: Node) -> Node:
        counts = self._counts()
        if counts is None:
            return part
        self._take("?")
        if isinstance(part, Anchor) or self._counts() is not None:
            raise UnsupportedError(self.pattern)
        return Repeat(part, *counts)

    def _counts(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return counts
        end = self.pattern.find("}", self.at)
        if end < 0 or not self._next("{"):
            return None
        low, comma, high = self.pattern[self.at + 1 : end].partition(",")
        if not low.isdecimal() or (high and not high.isdecimal()):
            return None
        self.at = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def _atom(self, depth: int) -> Node:
        sign = self._character()
        if sign == "(":
            return self._group(depth)
        if sign == "[":
            return self._class()
        if sign == "\\":
            return Sequence(()) if self.leniently and self._skips_escape() else self._escape()
        if sign in "*+?":
            raise UnsupportedError(self.pattern)
        special: dict[str, Node] = {"^": Anchor.START, "$": Anchor.END, ".": _DOT}
        return special.get(sign) or _of(sign)

    def _skips_escape(self) -> bool:
        """Skip a word boundary or a reference to a group."""
        found = _NOT_GENERATED.match(self.pattern, self.at)
        self.at = self.at if found is None else found.end()
        return found is not None

    def _group(self, depth: int) -> Node:
        if self.leniently and (special := _SPECIAL_GROUP.match(self.pattern, self.at)) is not None:
            self.at = special.end()
            inner = self.choice(depth + 1)
            if not self._take(")"):
                raise UnsupportedError(self.pattern)
            return inner if special["name"] else Sequence(())
        if self._take("?") and not self._take(":"):
            end = self.pattern.find(">", self.at)
            if not self._take("<") or self._next("=") or self._next("!") or end < 0:
                raise UnsupportedError(self.pattern)
            self.at = end + 1
        inner = self.choice(depth + 1)
        if not self._take(")"):
            raise UnsupportedError(self.pattern)
        return inner

    def _class(self) -> Characters:
        negated = self._take("^")
        ranges: list[tuple[int, int]] = []
        while not self._take("]"):
            low = self._member()
            if self._next("-") and not self.pattern.startswith("-]", self.at):
                self.at += 1
                high = self._member()
                if not (_is_one(low) and _is_one(high)) or low.ranges[0][0] > high.ranges[0][0]:
                    raise UnsupportedError(self.pattern)
                ranges.append((low.ranges[0][0], high.ranges[0][0]))
            else:
                ranges += low.ranges
        found = merged(ranges)
        return other_than(found) if negated else found

    def _member(self) -> Characters:
        sign = self._character()
        if sign != "\\":
            return _of(sign)
        if self._take("b"):
            return _of("\b")
        return self._escape()

    def _escape(self) -> Characters:
        sign = self._character()
        if sign in _CLASSES:
            return _CLASSES[sign]
        if sign in _CONTROLS and not (sign == "0" and self.pattern[self.at : self.at + 1].isdecimal()):
            return _of(_CONTROLS[sign])
        if sign == "x":
            return self._code(2)
        if sign == "u":
            return self._code(4)
        if sign in "pP" and self.leniently and (name := _PROPERTY.match(self.pattern, self.at)) is not None:
            self.at = name.end()
            found = _PROPERTIES.get(name[1], _WORD)
            return found if sign == "p" else other_than(found)
        if sign.isalnum():
            raise UnsupportedError(self.pattern)
        return _of(sign)

    def _code(self, length: int) -> Characters:
        digits = self.pattern[self.at : self.at + length]
        if len(digits) < length or not set(digits) <= _HEX:
            raise UnsupportedError(self.pattern)
        self.at += length
        return _of(chr(int(digits, 16)))

    def _character(self) -> str:
        if self.at >= len(self.pattern):
            raise UnsupportedError(self.pattern)
        self.at += 1
        return self.pattern[self.at - 1]

    def _next(self, sign: str) -> bool:
        return self.pattern.startswith(sign, self.at)

    def _take(self, sign: str) -> bool:
        found = self._next(sign)
        self.at += len(sign) if found else 0
        return found


def _is_one(characters: Characters) -> bool:
    return len(characters.ranges) == 1 and characters.ranges[0][0] == characters.ranges[0][1]
