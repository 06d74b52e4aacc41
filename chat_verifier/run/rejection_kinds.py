"""The kinds of faults in requests, and which of them the server accepted though no server may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chat_verifier.planning.case import Case, CaseSequence, Group
from chat_verifier.run.observation import Observation

_ENOUGH = 2
"""How many accepted requests with a kind of fault settle that the server accepts it."""


def faults_of(sequence: CaseSequence, case: Case) -> frozenset[str]:
    """Return the kinds of faults of a case that every correct server rejects; none if a correct server may accept it.

    A rejected request costs nothing: the server does not ask its language model.
    """
    if case.recipe is not None:
        return frozenset(f"{'event' if one.position else 'field'}:{one.wrong.field}" for one in case.recipe.wrongs)
    if case.credential != "given":
        return frozenset({f"credential:{case.credential}"})
    if case.method != "POST" or case.path is not None:
        return frozenset({"method" if case.path is None else "path"})
    if sequence.group is Group.REJECTION:
        return frozenset({f"body:{case.id}"})
    return frozenset()


class AcceptedFaults:
    """Counts the requests that a server accepted by the kinds of their faults."""

    def __init__(self) -> None:
        self._accepted: Counter[str] = Counter()

    def learn(self, observations: Iterable[Observation]) -> None:
        """Learn from responses."""
        for seen in observations:
            if 200 <= seen.facts.status < 300:
                self._accepted.update(faults_of(seen.sequence, seen.case))

    def are_costly(self, unit: Iterable[CaseSequence]) -> bool:
        """Return whether the server may accept a case of the unit, after what it accepted so far."""
        return any(self._accepts(sequence, case, 1) for sequence in unit for case in sequence.cases)

    def are_known(self, unit: Iterable[CaseSequence]) -> bool:
        """Return whether each case of the unit only shows again that the server accepts its faults."""
        return all(
            bool(faults_of(sequence, case)) and self._accepts(sequence, case, _ENOUGH)
            for sequence in unit
            for case in sequence.cases
        )

    def _accepts(self, sequence: CaseSequence, case: Case, times: int) -> bool:
        return all(self._accepted[fault] >= times for fault in faults_of(sequence, case))
