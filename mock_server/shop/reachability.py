"""Finds conversations that no message can start, because another one always replies in their place. Pure.

Later turns can always be reached once their conversation has started: in its order, each is tried first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mock_server.shop.fixture_files import Fixtures
from mock_server.shop.scenarios import Cue, CueKind, Scenario
from mock_server.shop.words import words_of


@dataclass(frozen=True)
class Unreachable:
    """A conversation whose turns no message reaches."""

    scenario: Scenario
    instead: tuple[str, ...]
    """The conversations that reply in its place."""

    def __str__(self) -> str:
        """Return a line for people."""
        count = len(self.scenario.stubs)
        turns = "turn 1" if count == 1 else f"turns 1 to {count}"
        return (
            f"{self.scenario.name}: {turns} can never be reached, because {' and '.join(self.instead)} always "
            "replies to the first message. Change the words of the first turn, or remove the conversation."
        )


def unreachable(fixtures: Fixtures) -> list[Unreachable]:
    """Return the conversations that no message starts. Recorded ones with the same opening take turns."""
    scenarios = fixtures.scenarios
    found = []
    for index, scenario in enumerate(scenarios):
        rivals = [(other, position < index) for position, other in enumerate(scenarios) if position != index]
        winners = _winners(scenario.stubs[0].cue, rivals, recorded=fixtures.recorded)
        if winners:
            found.append(Unreachable(scenario, winners))
    return found


def _winners(cue: Cue, rivals: list[tuple[Scenario, bool]], *, recorded: bool) -> tuple[str, ...]:
    """Return the rivals that win every message that matches the cue; none if one message does not."""
    if cue.kind is CueKind.PATTERN:
        same = (rival.name for rival, first in rivals if first and rival.stubs[0].cue == cue and not recorded)
        return tuple(same)[:1]
    winners: dict[str, None] = {}
    for matched in _ways(cue):
        winner = next((rival.name for rival, first in rivals if _wins(rival, matched, first and not recorded)), None)
        if winner is None:
            return ()
        winners[winner] = None
    return tuple(winners)


def _ways(cue: Cue) -> Iterator[list[str]]:
    """Yield the smallest sets of words and phrases with which a message matches the cue."""
    if cue.kind is CueKind.WORDS:
        yield list(map(_spaced, cue.words))
    else:
        for phrase in cue.phrases:
            yield [_spaced(phrase)]


def _wins(rival: Scenario, matched: list[str], wins_ties: bool) -> bool:  # noqa: FBT001 - of this module only
    """Return whether the rival matches every message with these parts, with more characters or a better name."""
    cue, weight = rival.stubs[0].cue, sum(map(len, matched))
    if cue.kind is CueKind.WORDS:
        words = list(map(_spaced, cue.words))
        contained = all(any(word in part for part in matched) for word in words)
        reached = sum(map(len, words)) if contained else 0
    else:
        phrases = map(_spaced, cue.phrases)
        reached = max((len(phrase) for phrase in phrases if any(phrase in part for part in matched)), default=0)
    return reached > weight or (wins_ties and reached == weight)


def _spaced(text: str) -> str:
    return f" {' '.join(words_of(text))} "
