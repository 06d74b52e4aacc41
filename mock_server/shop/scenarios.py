"""Conversations that are written down: what a shopper must say, and which turn answers.

Pure: knows neither files nor HTTP nor who talks. A :class:`Script` is asked with a message and the place where the
conversation stands, and names the place that answers it, if any.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pydantic_core import SchemaError, SchemaValidator, core_schema

from mock_server.shop.words import READ_CHARACTERS, words_of


@dataclass(frozen=True)
class Cue:
    """What the shopper must say: all ``words``, one of the ``phrases``, or something that ``pattern`` finds."""

    words: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class Turn:
    """One exchange: the cue, the reply and the items that come with it."""

    cue: Cue
    reply: str
    item_ids: tuple[str, ...]


@dataclass(frozen=True)
class Conversation:
    """A readable list of turns; ``name`` is the file's."""

    name: str
    turns: tuple[Turn, ...]
    about: str = ""


class Place(NamedTuple):
    """Where a conversation stands: the name of the written one, and the turn that answered last.

    A name, since a number would mean another conversation once the fixtures have been read again.
    """

    conversation: str
    turn: int


class Miss(NamedTuple):
    """A turn that might have answered and did not; ``lacks`` is what of its cue the message does not hold."""

    place: Place
    lacks: tuple[str, ...]
    said: int


class PatternError(ValueError):
    """A pattern that cannot be used; the text says why."""


def compile_pattern(pattern: str) -> SchemaValidator:
    """Make a pattern ready, without regard to case.

    The engine is pydantic-core's (Rust): it takes time in proportion to the text, whatever the pattern, so that no
    pattern can hang a thread. It knows no look-around and no back-references; those raise :class:`PatternError`.
    """
    try:
        return SchemaValidator(core_schema.str_schema(pattern=f"(?i){pattern}", regex_engine="rust-regex"))
    except SchemaError as error:
        reason = str(error).partition("SchemaError: ")[2] or str(error)
        raise PatternError(reason.strip()) from None


class _Message:
    """A message as cues see it: its text up to a bound, and its words with one blank around each."""

    def __init__(self, text: str) -> None:
        self.text = text[:READ_CHARACTERS]
        self.words = words_of(self.text)
        self.spaced = f" {' '.join(self.words)} "


class _ReadyCue:
    """A cue whose words are in comparable form and whose pattern is compiled."""

    def __init__(self, cue: Cue) -> None:
        self.all = [f" {' '.join(words_of(word))} " for word in cue.words]
        self.any = [f" {' '.join(words_of(phrase))} " for phrase in cue.phrases]
        self._weight_of_all = sum(map(len, self.all))
        self.pattern = compile_pattern(cue.pattern) if cue.pattern else None

    def weight(self, message: _Message) -> int:
        """Return how much of the message the cue accounts for: the letters it asked for, 0 if it does not match."""
        # Plain loops: this is asked of every cue that might answer, and a generator costs more than what it finds.
        spaced, heaviest = message.spaced, 0
        if self.all:
            for words in self.all:
                if words not in spaced:
                    return 0
            return self._weight_of_all
        if self.any:
            for words in self.any:
                if words in spaced and len(words) > heaviest:
                    heaviest = len(words)
            return heaviest
        return 1 if self.pattern is not None and self.pattern.isinstance_python(message.text) else 0

    def lacks(self, message: _Message) -> tuple[tuple[str, ...], int]:
        """Return what the message would have to hold besides, and how many letters of the cue it holds."""
        if self.pattern is not None:
            return ("the pattern",), 0
        missing = tuple(words.strip() for words in self.all or self.any if words not in message.spaced)
        held = sum(len(words) for words in self.all or self.any if words in message.spaced)
        return (missing if self.all else (f"any of {', '.join(missing)}",)), held

    def first_words(self) -> list[str] | None:
        """Return words of which the message must hold at least one; nothing for a pattern, which may match all."""
        if self.all:
            return [max(self.all, key=len).split()[0]]
        return [words.split()[0] for words in self.any] or None


class Script:
    """All conversations, ready to be played."""

    def __init__(self, conversations: tuple[Conversation, ...]) -> None:
        self.conversations = {conversation.name: conversation for conversation in conversations}
        self._names = tuple(self.conversations)
        self._cues = {
            name: tuple(_ReadyCue(turn.cue) for turn in conversation.turns)
            for name, conversation in self.conversations.items()
        }
        self._entrances: dict[str, list[int]] = defaultdict(list)
        self._open_entrances: list[int] = []
        for index, cues in enumerate(self._cues.values()):
            words = cues[0].first_words()
            if words is None:
                self._open_entrances.append(index)
            for word in dict.fromkeys(words or ()):
                self._entrances[word].append(index)

    def turn(self, place: Place) -> Turn:
        """Return the turn at a place."""
        return self.conversations[place.conversation].turns[place.turn]

    def answering(self, text: str, standing: Place | None = None) -> Place | None:
        """Return the place that answers ``text``, given where the conversation stands.

        A running conversation comes first: its next turn, then those after that, then the ones that were; it can
        be entered only by its first turn. Then any conversation whose first turn matches: the one whose cue says
        most, and among equals the first by name.
        """
        message = _Message(text)
        within = None if standing is None else self._within(message, standing)
        return within or self._entered(message)

    def following(self, name: str, standing: Place | None) -> Place:
        """Return the turn that comes next in the conversation of that name, whatever is said; its last turn stays."""
        if standing is None or standing.conversation != name:
            return Place(name, 0)
        return Place(name, min(standing.turn + 1, len(self.conversations[name].turns) - 1))

    def misses(self, text: str, standing: Place | None, answered: Place | None, most: int) -> list[Miss]:
        """Return the turns that came nearest to answering ``text`` without doing so, the nearest first."""
        message = _Message(text)
        missed = [
            Miss(place, *self._cues[place.conversation][place.turn].lacks(message))
            for place in self._asked(standing)
            if place != answered and not self._cues[place.conversation][place.turn].weight(message)
        ]
        # Those of the running conversation first: that is where one would look.
        here = standing.conversation if standing else None
        missed.sort(key=lambda miss: (miss.place.conversation != here, -miss.said, miss.place))
        return missed[:most]

    def _asked(self, standing: Place | None) -> Iterator[Place]:
        if standing is not None and standing.conversation in self._cues:
            yield from (Place(standing.conversation, turn) for turn in range(1, len(self._cues[standing.conversation])))
        yield from (Place(name, 0) for name in self._names)

    def _within(self, message: _Message, standing: Place) -> Place | None:
        cues = self._cues.get(standing.conversation)
        if cues is None:  # The fixture is gone since.
            return None
        following = standing.turn + 1
        for turn in (*range(following, len(cues)), *range(1, min(following, len(cues)))):
            if cues[turn].weight(message):
                return Place(standing.conversation, turn)
        return None

    def entrances(self, text: str) -> list[Place]:
        """Return the first turns that ``text`` would enter by, the one that it does enter by first."""
        return [Place(self._names[index], 0) for _, index in sorted(self._weighed(_Message(text)))]

    def _entered(self, message: _Message) -> Place | None:
        weight, index = min(self._weighed(message), default=(0, 0))
        return Place(self._names[index], 0) if weight else None

    def _weighed(self, message: _Message) -> Iterator[tuple[int, int]]:
        candidates = set(self._open_entrances)
        for word in set(message.words) & self._entrances.keys():
            candidates.update(self._entrances[word])
        for index in candidates:
            weight = self._cues[self._names[index]][0].weight(message)
            if weight:
                yield -weight, index
