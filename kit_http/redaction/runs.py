"""Search long texts for runs of known texts, in time that does not depend on how many there are."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

_CHUNK_BLOCKS = 1 << 16
_MOST_PLACES = 16
"""How many places of a block in a needle are compared: a needle may repeat one character thousands of times."""


@dataclass(frozen=True)
class Needle:
    """A text to search for: every run of at least ``shortest`` of its bytes counts."""

    text: bytes
    shortest: int


@dataclass(frozen=True)
class Needles:
    """Texts to search for together.

    The searched text is cut into blocks of half a run, so each run contains a whole block, and blocks are looked up.
    """

    needles: tuple[Needle, ...]
    _places: dict[bytes, tuple[tuple[Needle, int], ...]] = field(default_factory=dict, repr=False, compare=False)
    """The positions in the needles of the blocks that have occurred in a text. Most blocks never occur."""

    @cached_property
    def _size(self) -> int:
        return (min(needle.shortest for needle in self.needles) + 1) // 2

    @cached_property
    def _known(self) -> frozenset[bytes]:
        return frozenset(
            block
            for needle in self.needles
            for start in range(self._size)
            for block in self._block.findall(needle.text, start)
        )

    @cached_property
    def _block(self) -> re.Pattern[bytes]:
        return re.compile(b"(?s:.{%d})" % self._size)

    def found_in(self, text: bytes) -> bool:
        """Return whether the text contains a run."""
        return next(self.runs(text), None) is not None

    def runs(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Yield the spans of runs from left to right."""
        done = 0
        for at in self._candidates(text):
            if at < done:
                continue
            places = self._places_of(text[at : at + self._size])
            spans = (_extended(text, at, self._size, *place) for place in places)
            start, done = max((span for span in spans if span), key=lambda span: span[1] - span[0], default=(0, done))
            if start < done and at < done:
                yield start, done

    def _places_of(self, block: bytes) -> tuple[tuple[Needle, int], ...]:
        places = self._places.get(block)
        if places is None:
            places = self._places[block] = tuple(
                (needle, at) for needle in self.needles for at in islice(_places_in(needle.text, block), _MOST_PLACES)
            )
        return places

    def _candidates(self, text: bytes) -> Iterator[int]:
        """Yield the positions of the blocks that are a part of a needle."""
        if not self.needles:
            return
        known, size = self._known, self._size
        step = _CHUNK_BLOCKS * size
        for start in range(0, len(text), step):
            blocks = self._block.findall(text, start, start + step)
            if not known.isdisjoint(blocks):
                yield from (start + number * size for number, block in enumerate(blocks) if block in known)


def _places_in(text: bytes, block: bytes) -> Iterator[int]:
    at = text.find(block)
    while at >= 0:
        yield at
        at = text.find(block, at + 1)


def _extended(text: bytes, at: int, size: int, needle: Needle, inside: int) -> tuple[int, int] | None:
    """Extend a block at ``at``, which is at ``inside`` in the needle; None if the run is too short."""
    before = min(at, inside)
    left = _common(text[at - before : at][::-1], needle.text[inside - before : inside][::-1])
    rest = needle.text[inside + size :]
    right = _common(text[at + size : at + size + len(rest)], rest)
    start, end = at - left, at + size + right
    return (start, end) if end - start >= needle.shortest else None


def _common(one: bytes, other: bytes) -> int:
    """Return the length of the common beginning."""
    lengths = range(1, min(len(one), len(other)) + 1)
    return bisect_left(lengths, True, key=lambda length: one[:length] != other[:length])
