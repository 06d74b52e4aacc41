"""Generates strings that a pattern may match, the same ones in every run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache

from spec_gate.patterns.expressions import (
    Anchor,
    Characters,
    Choice,
    Node,
    Repeat,
    Sequence,
    UnsupportedError,
    parse,
)
from spec_gate.patterns.match import PatternLimitError, matcher

_TRIES = 4
"""How many strings are generated for each one that is wanted."""

_LONGEST = 5_000
"""The length at which a generated string ends."""

_MORE = (0, 0, 1, 1, 2, 3, 8)
"""How often a part occurs beyond its fewest times."""

_PRINTABLE = (0x20, 0x7E)


@lru_cache(maxsize=512)
def matching(pattern: str, count: int) -> tuple[str, ...]:
    """Return strings that a pattern matches, the shortest first; none if it cannot be parsed."""
    try:
        node = parse(pattern, leniently=True)
    except UnsupportedError:
        return ()
    matches = matcher(pattern)
    try:
        found = [text for text in dict.fromkeys(_generated(node, count * _TRIES)) if matches(text)]
    except PatternLimitError:
        return ()
    return tuple(sorted(found[:count], key=_shortest_first))


def _shortest_first(text: str) -> tuple[int, str]:
    return len(text), text


def _generated(node: Node, count: int) -> Iterator[str]:
    yield "".join(_written(node, None, _LONGEST))
    for seed in range(count):
        yield "".join(_written(node, random.Random(seed), _LONGEST))  # noqa: S311 - not a secret


def _written(node: Node, chance: random.Random | None, left: int) -> list[str]:
    """Return the characters of a random string, or of the simplest one without ``chance``."""
    if isinstance(node, Anchor):
        return []
    if isinstance(node, Characters):
        return [_character(node, chance)] if node.ranges else []
    if isinstance(node, Choice):
        return _written(node.options[0] if chance is None else chance.choice(node.options), chance, left)
    found: list[str] = []
    for part in node.parts if isinstance(node, Sequence) else _repeated(node, chance, left):
        found += _written(part, chance, left - len(found))
        if len(found) >= left:
            break
    return found


def _repeated(node: Repeat, chance: random.Random | None, left: int) -> list[Node]:
    times = node.fewest if chance is None else node.fewest + chance.choice(_MORE)
    if chance is not None and node.most is not None:
        times = node.most if chance.random() < 0.2 else min(times, node.most)
    return [node.part] * min(times, left)


def _character(node: Characters, chance: random.Random | None) -> str:
    """Return one of the characters, a printable one if there is any."""
    printable = [
        (max(low, _PRINTABLE[0]), min(high, _PRINTABLE[1]))
        for low, high in node.ranges
        if low <= _PRINTABLE[1] and high >= _PRINTABLE[0]
    ]
    low, high = (printable or node.ranges)[0] if chance is None else chance.choice(printable or list(node.ranges))
    code = max(low, min(high, ord("a"))) if chance is None else chance.randint(low, high)
    return chr(code) if not 0xD800 <= code <= 0xDFFF else chr(low) if low < 0xD800 else ""
