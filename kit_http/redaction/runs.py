"""Search long texts for runs of known texts, in time that does not depend on how many there are."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

_CHUNK_BLOCKS = 1 << 16


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

    @cached_property
    def _size(self) -> int:
        return (min(needle.shortest for needle in self.needles) + 1) // 2

    @cached_property
    def _known(self) -> dict[bytes, list[tuple[Needle, int]]]:
        known = defaultdict(list)
        for needle in self.needles:
            for at in range(len(needle.text) - self._size + 1):
                known[needle.text[at : at + self._size]].append((needle, at))
        return dict(known)

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
            spans = (_extended(text, at, self._size, *known) for known in self._known[text[at : at + self._size]])
            start, done = max((span for span in spans if span), key=lambda span: span[1] - span[0], default=(0, done))
            if start < done and at < done:
                yield start, done

    def _candidates(self, text: bytes) -> Iterator[int]:
        """Yield the positions of the blocks that are a part of a needle."""
        if not self.needles:
            return
        known, size = self._known, self._size
        step = _CHUNK_BLOCKS * size
        for start in range(0, len(text), step):
            blocks = self._block.findall(text, start, start + step)
            if not known.keys().isdisjoint(blocks):
                yield from (start + number * size for number, block in enumerate(blocks) if block in known)


def _extended(text: bytes, at: int, size: int, needle: Needle, inside: int) -> tuple[int, int] | None:
    """Extend a block at ``at``, which is at ``inside`` in the needle; None if the run is too short."""
    before = min(at, inside)
    left = _common(reversed(text[at - before : at]), reversed(needle.text[inside - before : inside]))
    rest = needle.text[inside + size :]
    right = _common(text[at + size : at + size + len(rest)], rest)
    start, end = at - left, at + size + right
    return (start, end) if end - start >= needle.shortest else None


def _common(one: Iterable[int], other: Iterable[int]) -> int:
    """Return the length of the common beginning."""
    count = 0
    for first, second in zip(one, other, strict=False):
        if first != second:
            break
        count += 1
    return count
