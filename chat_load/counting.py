"""Counts what the oracle finds, for each clause and second; counts of several processes merge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chat_load.settings import ClauseTally, Example, Tally


@dataclass
class _Clause:
    """The violations of one clause: the first one, and how many in each second."""

    first: ClauseTally
    by_second: Counter[int] = field(default_factory=Counter)

    def tally(self) -> ClauseTally:
        return replace(self.first, violations=self.by_second.total(), by_second=dict(sorted(self.by_second.items())))


@dataclass
class Counts:
    """The counts of one process. Locust runs users one at a time, so nothing is locked."""

    replies: int = 0
    judged: int = 0
    errors: int = 0
    refused: int = 0
    exercised: set[str] = field(default_factory=set)
    _clauses: dict[str, _Clause] = field(default_factory=dict)

    def note_violation(self, clause: str, *, users: int, at: float, example: Callable[[], Example]) -> None:
        """Count a violation of a clause by a request sent ``at`` this time, while so many users were active."""
        if clause not in self._clauses:
            self._clauses[clause] = _Clause(ClauseTally(clause, 0, users, at, {}, example()))
        self._clauses[clause].by_second[int(at)] += 1

    def add(self, other: Tally) -> None:
        """Add the counts of another process."""
        self.replies += other.replies
        self.judged += other.judged
        self.errors += other.errors
        self.refused += other.refused
        self.exercised |= set(other.exercised)
        for theirs in other.clauses:
            ours = self._clauses.setdefault(theirs.clause, _Clause(theirs))
            ours.first = min(ours.first, theirs, key=lambda tally: tally.at)
            ours.by_second.update(theirs.by_second)

    def tally(self) -> Tally:
        """Return the counts as a value that can be sent."""
        clauses = tuple(self._clauses[name].tally() for name in sorted(self._clauses))
        exercised = tuple(sorted(self.exercised))
        return Tally(self.replies, self.judged, self.errors, self.refused, exercised, clauses)

    def take(self) -> Tally:
        """Return the counts and start again at zero: a worker sends each count once."""
        taken = self.tally()
        self.replies = self.judged = self.errors = self.refused = 0
        self.exercised, self._clauses = set(), {}
        return taken

    def by_clause(self) -> dict[str, int]:
        """Return the number of violations of each clause."""
        return {name: self._clauses[name].by_second.total() for name in sorted(self._clauses)}
