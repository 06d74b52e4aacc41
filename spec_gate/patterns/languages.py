"""Compares the sets of strings that patterns accept, by automata of limited size.

A pattern accepts a string that contains a match, as JSON Schema says. Strings have a shortest and a longest length.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from spec_gate.patterns.expressions import (
    ANY,
    LAST_CHARACTER,
    Anchor,
    Characters,
    Choice,
    Node,
    Repeat,
    Sequence,
    UnsupportedError,
    parse,
)

_MAX_NODES, _MAX_STATES = 6_000, 4_000
"""The size of one automaton, and of the search in two of them."""

_MAX_WORK = 1_000_000
"""How many nodes one comparison, or the match of one string, may visit."""

_MAX_KEPT = 20_000
"""How many nodes the remembered steps of one automaton hold; more of them are forgotten."""

_MAX_LENGTH = 400
"""Longer lengths are not counted: a longest length is ignored, a shortest one is lowered to this number."""

_FAMILIAR = (*"a0Ab1-_. ", *map(chr, range(0x21, 0x7F)), "é", "\n")

State = frozenset[int]


class PatternLimitError(Exception):
    """The match of a string takes too many steps."""


@dataclass
class _Automaton:
    """A nondeterministic automaton. Each node has edges with characters, and edges that read nothing."""

    edges: list[list[tuple[Characters, int]]] = field(default_factory=list)
    free: list[list[tuple[Anchor | None, int]]] = field(default_factory=list)

    def node(self) -> int:
        if len(self.edges) >= _MAX_NODES:
            raise UnsupportedError
        self.edges.append([])
        self.free.append([])
        return len(self.edges) - 1

    def add(self, node: Node, start: int) -> int:
        """Add a part of a pattern after a node; return the node after it."""
        if isinstance(node, Characters):
            end = self.node()
            self.edges[start].append((node, end))
        elif isinstance(node, Anchor):
            end = self.node()
            self.free[start].append((node, end))
        elif isinstance(node, Sequence):
            end = start
            for part in node.parts:
                end = self.add(part, end)
        elif isinstance(node, Choice):
            ends = [self.add(option, self._after(start)) for option in node.options]
            end = self.node()
            for one in ends:
                self.free[one].append((None, end))
        else:
            end = self._repeated(node, start)
        return end

    def _after(self, start: int) -> int:
        node = self.node()
        self.free[start].append((None, node))
        return node

    def _repeated(self, node: Repeat, start: int) -> int:
        here = self._after(start)
        for _ in range(node.fewest):
            before, here = here, self.add(node.part, here)
            if here == before:
                break
        if node.most is None:
            loop = self._after(here)
            self.free[self.add(node.part, loop)].append((None, loop))
            return self._after(loop)
        end = self.node()
        for _ in range(node.most - node.fewest):
            self.free[here].append((None, end))
            before, here = here, self.add(node.part, here)
            if here == before:
                break
        self.free[here].append((None, end))
        return end

    def closure(self, nodes: Iterable[int], anchors: frozenset[Anchor]) -> State:
        """Return what is reached from nodes without reading, where some anchors hold."""
        found = set(nodes)
        waiting = list(found)
        while waiting:
            for anchor, target in self.free[waiting.pop()]:
                if target not in found and (anchor is None or anchor in anchors):
                    found.add(target)
                    waiting.append(target)
        return frozenset(found)


_AT_START, _AT_END = frozenset({Anchor.START}), frozenset({Anchor.END})


class Language:
    """The strings that contain a match of a pattern; raises :class:`UnsupportedError`."""

    def __init__(self, pattern: str) -> None:
        self.automaton = _Automaton()
        start = self.automaton.node()
        self.automaton.edges[start].append((ANY, start))
        self.end = self.automaton.add(parse(pattern), start)
        self.start = self.automaton.closure([start], _AT_START)
        self.accepts_empty = self.end in self.automaton.closure([start], _AT_START | _AT_END)
        self.work = 0
        self._pattern = pattern
        self._kept = 0
        self._steps: dict[tuple[State, int], State] = {}
        self._accepting: dict[State, bool] = {}

    def boundaries(self) -> Iterator[int]:
        """Return the code points at which the automaton may behave differently."""
        for characters, _ in itertools.chain.from_iterable(self.automaton.edges):
            for low, high in characters.ranges:
                yield from (low, high + 1)

    def after(self, state: State, code: int) -> State:
        """Return the state after a character."""
        if self.end in state:
            return state
        key = (state, code)
        if key not in self._steps:
            reached = {
                target
                for node in state
                for characters, target in self.automaton.edges[node]
                if _contains(characters, code)
            }
            if self._kept > _MAX_KEPT:
                self._steps.clear()
                self._kept = 0
            found = self._steps[key] = self.automaton.closure(reached, frozenset())
            self._kept += len(found)
            self.work += len(state) + len(found)
        return self._steps[key]

    def matches(self, text: str) -> bool:
        """Return whether the pattern matches somewhere in a text; raises :class:`PatternLimitError`."""
        if not text:
            return self.accepts_empty
        state, limit = self.start, self.work + _MAX_WORK
        for character in text:
            state = self.after(state, ord(character))
            if self.end in state:
                return True
            if self.work > limit:
                raise PatternLimitError(self._pattern)
        return self.accepts(state)

    def accepts(self, state: State) -> bool:
        """Return whether the text may end in a state that is not the first one."""
        if state not in self._accepting:
            self._accepting[state] = self.end in self.automaton.closure(state, _AT_END)
        return self._accepting[state]


def _contains(characters: Characters, code: int) -> bool:
    at = bisect.bisect_right(characters.ranges, (code, LAST_CHARACTER + 1)) - 1
    return at >= 0 and characters.ranges[at][0] <= code <= characters.ranges[at][1]


@lru_cache(maxsize=256)
def language_of(pattern: str) -> Language | None:
    """Return the language of a pattern; None if no automaton of limited size accepts it."""
    try:
        return Language(pattern)
    except UnsupportedError:
        return None


@dataclass(frozen=True)
class Comparison:
    """Whether every string of one language is in another one, or else a string that is not, or neither."""

    included: bool
    counterexample: str | None = None


_UNDECIDED = Comparison(included=False)


@lru_cache(maxsize=8192)
def compare(pattern: str, other: str, shortest: int = 0, longest: int | None = None) -> Comparison:
    """Compare the strings of a pattern that have certain lengths with those of another pattern."""
    ours, theirs = language_of(pattern), language_of(other)
    if ours is None or theirs is None:
        return _UNDECIDED
    return _compared(ours, theirs, min(shortest, _MAX_LENGTH), None if (longest or 0) > _MAX_LENGTH else longest)


def _compared(ours: Language, theirs: Language, shortest: int, longest: int | None) -> Comparison:
    if not shortest and ours.accepts_empty and not theirs.accepts_empty:
        return Comparison(included=False, counterexample="")
    alphabet = _alphabet(ours, theirs)
    counted = longest if longest is not None else shortest
    first = (ours.start, theirs.start, 0)
    reached: dict[tuple[State, State, int], tuple[tuple[State, State, int], int] | None] = {first: None}
    waiting = [first]
    limit = ours.work + theirs.work + _MAX_WORK
    for key in waiting:
        one, other, length = key
        if longest is not None and length >= longest:
            continue
        for code in alphabet:
            state = (ours.after(one, code), theirs.after(other, code), min(length + 1, counted))
            if state in reached or not state[0] or theirs.end in state[1]:
                continue
            reached[state] = (key, code)
            if state[2] >= shortest and ours.accepts(state[0]) and not theirs.accepts(state[1]):
                return Comparison(included=False, counterexample=_text(reached, state))
            waiting.append(state)
        if len(reached) > _MAX_STATES or ours.work + theirs.work > limit:
            return _UNDECIDED
    return Comparison(included=True)


@lru_cache(maxsize=8192)
def are_disjoint(pattern: str, other: str) -> bool:
    """Return whether no string is matched by both patterns; false if that is not known."""
    ours, theirs = language_of(pattern), language_of(other)
    if ours is None or theirs is None or (ours.accepts_empty and theirs.accepts_empty):
        return False
    alphabet = _alphabet(ours, theirs)
    limit = ours.work + theirs.work + _MAX_WORK
    waiting = [(ours.start, theirs.start)]
    reached = set(waiting)
    for one, another in waiting:
        for code in alphabet:
            state = (ours.after(one, code), theirs.after(another, code))
            if state in reached or not all(state):
                continue
            if ours.accepts(state[0]) and theirs.accepts(state[1]):
                return False
            reached.add(state)
            waiting.append(state)
        if len(reached) > _MAX_STATES or ours.work + theirs.work > limit:
            return False
    return True


def _text(reached: dict[tuple[State, State, int], tuple[tuple[State, State, int], int] | None],
          state: tuple[State, State, int]) -> str:  # fmt: skip
    found: list[str] = []
    step = reached[state]
    while step is not None:
        state, code = step
        found.append(chr(code))
        step = reached[state]
    return "".join(reversed(found))


def _alphabet(*languages: Language) -> list[int]:
    """Return one character for each set of characters that the automata do not tell apart."""
    cuts = sorted({0, LAST_CHARACTER + 1}.union(*(one.boundaries() for one in languages)))
    chosen: dict[int, int] = {}
    for one in _FAMILIAR:
        chosen.setdefault(bisect.bisect_right(cuts, ord(one)), ord(one))
    for at, low in enumerate(cuts[:-1], start=1):
        if not 0xD800 <= low <= 0xDFFF:
            chosen.setdefault(at, low)
    return list(chosen.values())
