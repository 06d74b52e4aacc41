"""Patterns of ECMA-262 in a form that the validators compile."""

from __future__ import annotations

import re
from functools import lru_cache

import jsonschema_rs

_LITERAL = re.compile(r"/(\^.*\$)/([dgimsuvy]*)\Z", re.DOTALL)
_PART = re.compile(r"\\k<\w+>|\\.|\[(?:\\.|[^\]\\])*\]|\{[0-9]+(?:,[0-9]*)?\}|\(\?<(?=\w)|.", re.DOTALL)
_SET = re.compile(r"(?<!\\)\[|--|&&|~~|\|\|")
"""What some engines read as a set operation in a class, and ECMA-262 as characters."""
_DOUBLED = re.compile(r"(--|&&|~~|\|\|)")
_NEEDLESS = re.compile(r"\\([^\w\s.*+?^$()\[\]{}|/\\-])", re.ASCII)
_RANGE_OF_CLASS = re.compile(r"(\\[dwsDWS])-|-(?=\\[dwsDWS])")
_MEANINGS = {"{": r"\{", "}": r"\}", r"\A": "^", r"\Z": "$", r"\z": "$", "(?<": "(?P<", "[^]": r"[\s\S]"}


@lru_cache(maxsize=8192)
def readable(pattern: str) -> str | None:
    """Return the pattern in a form that both validators compile, or None if there is none.

    Literals of JavaScript (``/^a$/i``) lose their slashes. Three forms that web browsers allow become forms that
    validators accept: braces that are not a quantifier, needless escapes, and hyphens beside a class escape.
    """
    literal = _LITERAL.match(pattern)
    form = pattern if literal is None else ("(?i)" if "i" in literal[2] else "") + literal[1]
    parts = [found[0] for found in _PART.finditer(form)]
    if _compiles(form) and not any(_SET.search(part, 1) for part in parts if part.startswith("[")):
        return form
    rewritten = "".join(map(_part, parts))
    return rewritten if _compiles(rewritten) else None


def _part(text: str) -> str:
    if text in _MEANINGS:
        return _MEANINGS[text]
    if text.startswith(r"\k<"):
        return f"(?P={text[3:-1]})"
    if text.startswith("[") and len(text) > 1:
        inside = _RANGE_OF_CLASS.sub(lambda found: f"{found[1] or ''}\\-", _NEEDLESS.sub(_unescaped, text[1:-1]))
        inside = _DOUBLED.sub(lambda found: f"{found[1][0]}\\{found[1][1]}", inside)
        inside = inside.replace(r"\[", "[").replace("[", r"\[").replace(r"\b", r"\x08")
        return f"[{inside}]"
    return _NEEDLESS.sub(_unescaped, text)


def _unescaped(found: re.Match[str]) -> str:
    return found[1]


def _compiles(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError:
        return False
    return True
