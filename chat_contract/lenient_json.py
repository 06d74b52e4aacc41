"""Tells apart two kinds of malformed JSON: what a lenient parser may take as an extension, and what no parser can read.

RFC 8259, section 9, lets a parser accept extensions. The grammar here is the union of those that common parsers accept
by default or with one option: text after a complete value (Go, Jackson), comments, trailing commas, single quotes,
unquoted names and values, unknown escapes, raw control characters, leading zeros (Gson, org.json, JSON5, JSON::PP).
"""

from __future__ import annotations

import re

_BLANK = re.compile(r"(?:[\s\x00-\x1f\x7f-\x9f\ufeff]++|//[^\r\n]*+|\#[^\r\n]*+|/\*.*?\*/)*+", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"' + "|" + r"'(?:[^'\\]++|\\.)*+'", re.DOTALL)
_LITERAL = re.compile(r"(?:true|false|null)(?!\w)|[+-]?\.?[0-9]")
"""The beginning of a value outside of arrays and objects that is not plain words."""
_WORD = re.compile(r"""[^\s,:;=/\\"'{}\[\]#][^,:;=/\\"{}\[\]#\r\n]*""")
_NAME_END = re.compile(r":|=>?")
_SEPARATOR = re.compile(r"[,;]")


def is_lenient_json(text: str) -> bool:
    """Return whether a lenient parser may read a value from malformed JSON."""
    at = _skip(text, 0)
    if text[at : at + 1] in {"[", "{"}:
        return _container(text, at)
    return bool(_STRING.match(text, at) or _LITERAL.match(text, at))


def _skip(text: str, at: int) -> int:
    """Return the offset after blanks and comments."""
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _container(text: str, at: int) -> bool:
    """Return whether the array or object at the offset is complete. Iterative, since bodies may nest deeply."""
    closing: list[str] = []
    while True:
        at = _skip(text, at)
        character = text[at : at + 1]
        if character in {"[", "{"}:
            closing.append("]" if character == "[" else "}")
            at = _after_name(text, at + 1, closing)
        elif closing and character == closing[-1]:
            closing.pop()
            if not closing:
                return True
            at = _after_value(text, at + 1, closing)
        elif closing[-1] == "]" and _SEPARATOR.match(text, at):
            at += 1  # An element that is left out.
        elif value := (_STRING.match(text, at) or _WORD.match(text, at)):
            at = _after_value(text, value.end(), closing)
        else:
            return False
        if at < 0:
            return False


def _after_value(text: str, at: int, closing: list[str]) -> int:
    """Return the offset of the next value or closing bracket, or -1 if neither can follow."""
    at = _skip(text, at)
    if _SEPARATOR.match(text, at):
        return _after_name(text, at + 1, closing)
    return at if text[at : at + 1] == closing[-1] else -1


def _after_name(text: str, at: int, closing: list[str]) -> int:
    """Return the offset of the value of a member, or of the closing bracket, or -1 if there is neither."""
    at = _skip(text, at)
    if closing[-1] == "]" or text[at : at + 1] == "}":
        return at
    name = _STRING.match(text, at) or _WORD.match(text, at)
    end = _NAME_END.match(text, _skip(text, name.end())) if name else None
    value = _skip(text, end.end()) if end else -1
    return -1 if text[value : value + 1] == "}" else value
