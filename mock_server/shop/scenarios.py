"""Scenarios, the fixture conversations: which messages they match, and which stub replies.

Pure: no files, no HTTP, no sessions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import NamedTuple

from mock_server.http.source import Fault
from mock_server.overrides.delays import Delay
from mock_server.shop.words import READ_CHARACTERS, words_of
from mock_server.validation.patterns import compile_pattern

_MATCHES_KEPT = 1024
"""Results of matching that are kept: clients under test and load tests repeat their messages."""
_MAX_KEPT_TEXT = 300


class CueKind(StrEnum):
    """How a cue matches a message. The values are the keys of the fixture files."""

    WORDS = "words"
    """The message contains all of the words."""
    PHRASES = "phrases"
    """The message contains one of the phrases."""
    PATTERN = "pattern"
    """The pattern matches somewhere in the message."""


@dataclass(frozen=True)
class Cue:
    """What the shopper's message must contain. Exactly one of the fields is set."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    pattern: str = ""

    @property
    def kind(self) -> CueKind:
        """Return which field is set."""
        if self.words:
            return CueKind.WORDS
        return CueKind.PHRASES if self.phrases else CueKind.PATTERN


@dataclass(frozen=True)
class Outcome:
    """What a turn does besides replying: another status, a delay, a fault."""

    status: int | None = None
    """None for 200."""
    delay: Delay | None = None
    fault: Fault | None = None
    headers: Mapping[str, str] | None = None
    body: bytes | None = None
    """The body of a response with another status; None for the one of the contract."""


@dataclass(frozen=True)
class Stub:
    """One turn: the cue, the reply, and the ids of the items in the reply."""

    cue: Cue
    reply: str
    item_ids: tuple[str, ...]
    outcome: Outcome | None = None
    """None for an ordinary reply."""


@dataclass(frozen=True)
class Scenario:
    """A conversation of the fixtures. ``name`` is the file name without its ending."""

    name: str
    stubs: tuple[Stub, ...]
    about: str = ""

    @cached_property
    def matchers(self) -> tuple[Matcher, ...]:
        """The cues of the turns, prepared for matching. A reload keeps conversations that have not changed."""
        return tuple(Matcher(stub.cue) for stub in self.stubs)


class Position(NamedTuple):
    """The stub that replied last in a conversation: the scenario's name and the turn, counted from 0.

    It holds a name because an index could denote another scenario after a reload.
    """

    scenario: str
    turn: int


class NearMiss(NamedTuple):
    """A stub whose cue does not match a message."""

    position: Position
    kind: CueKind
    missing: tuple[str, ...]
    """The words or phrases of the cue that the message does not contain."""
    matched: int
    """Number of characters of the cue that the message does contain."""


class _Message:
    """A message prepared for matching: the first characters of the text, its words, and the words between blanks."""

    def __init__(self, text: str) -> None:
        self.text = text[:READ_CHARACTERS]
        self.words = words_of(self.text)
        self.spaced = f" {' '.join(self.words)} "


class Matcher:
    """A cue prepared for matching: normalised words and a compiled pattern."""

    def __init__(self, cue: Cue) -> None:
        self._kind = cue.kind
        self._all = [f" {' '.join(words_of(word))} " for word in cue.words]
        self._any = [f" {' '.join(words_of(phrase))} " for phrase in cue.phrases]
        self._weight_of_all = sum(map(len, self._all))
        self._pattern = compile_pattern(cue.pattern) if cue.pattern else None

    def weight(self, message: _Message) -> int:
        """Return how specific the match is: the number of matched characters, 0 for no match."""
        # Plain loops: this runs for every candidate, and generators cost more than the search itself.
        spaced, heaviest = message.spaced, 0
        if self._all:
            for words in self._all:
                if words not in spaced:
                    return 0
            return self._weight_of_all
        if self._any:
            for words in self._any:
                if words in spaced and len(words) > heaviest:
                    heaviest = len(words)
            return heaviest
        return 1 if self._pattern is not None and self._pattern(message.text) else 0

    def near_miss(self, position: Position, message: _Message) -> NearMiss:
        """Describe what the message lacks to match."""
        expected = self._all or self._any
        missing = tuple(words.strip() for words in expected if words not in message.spaced)
        matched = sum(len(words) for words in expected if words in message.spaced)
        return NearMiss(position, self._kind, missing, matched)

    def index_words(self) -> list[str] | None:
        """Return words of which a matching message contains at least one; None if any message may match."""
        if self._all:
            return [max(self._all, key=len).split()[0]]
        return [words.split()[0] for words in self._any] or None


def _same_openings(scenarios: tuple[Scenario, ...]) -> dict[str, tuple[str, ...]]:
    by_cue: dict[object, list[str]] = defaultdict(list)
    for scenario in scenarios:
        cue = scenario.stubs[0].cue
        key = [sorted(tuple(words_of(text)) for text in texts) for texts in (cue.words, cue.phrases)]
        by_cue[repr((key, cue.pattern))].append(scenario.name)
    return {names[0]: tuple(names) for names in by_cue.values() if len(names) > 1}


class Scenarios:
    """All scenarios, indexed for matching."""

    def __init__(self, scenarios: tuple[Scenario, ...], *, take_turns: bool = False) -> None:
        """With ``take_turns``, scenarios with the same first cue reply one after the other."""
        self.same_opening = _same_openings(scenarios) if take_turns else {}
        """The names of the scenarios with the same first cue, by the name of the one that matches."""
        self.by_name = {scenario.name: scenario for scenario in scenarios}
        self._names = tuple(self.by_name)
        self._matchers = {name: scenario.matchers for name, scenario in self.by_name.items()}
        self._first_matchers = tuple(matchers[0] for matchers in self._matchers.values())
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._without_words: list[int] = []
        self._kept_match = lru_cache(_MATCHES_KEPT)(self._match)
        for index, matcher in enumerate(self._first_matchers):
            words = matcher.index_words()
            if words is None:
                self._without_words.append(index)
            for word in dict.fromkeys(words or ()):
                self._by_word[word].append(index)

    def stub(self, position: Position) -> Stub:
        """Return the stub at a position."""
        return self.by_name[position.scenario].stubs[position.turn]

    def match(self, text: str, position: Position | None = None) -> Position | None:
        """Return the position of the stub that replies to a message, given the conversation's position.

        The running scenario comes first: its next stub, then the later ones, then the earlier ones; never its first
        stub, which only starts the scenario. Otherwise any scenario whose first stub matches: the most specific cue
        wins, then the first name.
        """
        return self._kept_match(text, position) if len(text) <= _MAX_KEPT_TEXT else self._match(text, position)

    def _match(self, text: str, position: Position | None) -> Position | None:
        message = _Message(text)
        running = None if position is None else self._match_running(message, position)
        return running or self._match_first(message)

    def next_in(self, name: str, position: Position | None) -> Position:
        """Return the next position in the named scenario, whatever the message. The last stub repeats."""
        if position is None or position.scenario != name:
            return Position(name, 0)
        return Position(name, min(position.turn + 1, len(self.by_name[name].stubs) - 1))

    def matching_first(self, text: str) -> list[Position]:
        """Return the positions of all first stubs that match a message, the winner first."""
        return [Position(self._names[index], 0) for _, index in sorted(self._candidates(_Message(text)))]

    def near_misses(
        self, text: str, position: Position | None, replied: Position | None, limit: int
    ) -> tuple[NearMiss, ...]:
        """Return at most ``limit`` stubs that could have replied but do not match, the closest first.

        ``position`` is where the conversation was before the message, ``replied`` the stub that did reply.
        """
        message = _Message(text)
        misses = [
            matcher.near_miss(candidate, message)
            for candidate in self._reachable(position)
            if candidate != replied and not (matcher := self._matcher(candidate)).weight(message)
        ]
        # The running scenario first: authors expect the next reply there.
        running = position.scenario if position else None
        misses.sort(key=lambda miss: (miss.position.scenario != running, -miss.matched, miss.position))
        return tuple(misses[:limit])

    def _matcher(self, position: Position) -> Matcher:
        return self._matchers[position.scenario][position.turn]

    def _reachable(self, position: Position | None) -> Iterator[Position]:
        if position is not None and position.scenario in self._matchers:
            yield from (Position(position.scenario, turn) for turn in range(1, len(self._matchers[position.scenario])))
        yield from (Position(name, 0) for name in self._names)

    def _match_running(self, message: _Message, position: Position) -> Position | None:
        matchers = self._matchers.get(position.scenario)
        if matchers is None:  # A reload removed the scenario.
            return None
        following = position.turn + 1
        for turn in (*range(following, len(matchers)), *range(1, min(following, len(matchers)))):
            if matchers[turn].weight(message):
                return Position(position.scenario, turn)
        return None

    def _match_first(self, message: _Message) -> Position | None:
        weight, index = min(self._candidates(message), default=(0, 0))
        return Position(self._names[index], 0) if weight else None

    def _candidates(self, message: _Message) -> Iterator[tuple[int, int]]:
        """Yield the negated weight and the index of each scenario whose first stub matches."""
        indexes = set(self._without_words)
        for word in set(message.words) & self._by_word.keys():
            indexes.update(self._by_word[word])
        for index in indexes:
            weight = self._first_matchers[index].weight(message)
            if weight:
                yield -weight, index
