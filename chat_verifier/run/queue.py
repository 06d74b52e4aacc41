"""The order in which sequences are played."""

from __future__ import annotations

from collections.abc import Iterable

from chat_verifier.planning.case import CaseSequence


class SequenceQueue:
    """Sequences that wait, sorted by priority; equal ones keep the order in which they were added.

    A unit is one sequence, or all sequences with the same ``together``. Postponed ones come after all others.
    """

    def __init__(self, sequences: Iterable[CaseSequence]) -> None:
        self._waiting: list[CaseSequence] = []
        self._postponed: list[CaseSequence] = []
        self._taken = 0
        self.add(sequences)

    def __bool__(self) -> bool:
        return bool(self._waiting or self._postponed)

    @property
    def only_postponed(self) -> bool:
        """Whether nothing but postponed sequences waits."""
        return not self._waiting

    @property
    def first(self) -> list[CaseSequence]:
        """The next unit."""
        if not self._waiting:
            return self._postponed[:1]
        sequence, *others = self._waiting
        return [sequence, *(other for other in others if sequence.together and other.together == sequence.together)]

    def take(self) -> tuple[int, list[CaseSequence]]:
        """Remove the next unit and return its number and the unit."""
        unit = self.first
        self._waiting = [sequence for sequence in self._waiting if sequence not in unit]
        self._postponed = [sequence for sequence in self._postponed if sequence not in unit]
        self._taken += 1
        return self._taken, unit

    def postpone(self) -> None:
        """Move the next unit, which is one sequence, behind all others."""
        self._postponed.append(self._waiting.pop(0))

    def add(self, sequences: Iterable[CaseSequence]) -> None:
        """Add sequences to those that wait."""
        self._waiting = sorted([*self._waiting, *sequences], key=lambda sequence: sequence.priority)
