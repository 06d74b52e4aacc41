"""From exchanges to talks: which turn belongs to which conversation, and whether it can be replayed.

Pure: knows neither files nor HTTP.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from chat_contract.roles import CONVERSATION, ITEM, ITEMS, MESSAGE
from mock_server.shop.words import words_of

Item = Mapping[str, Any]

MOST_TALKS = 10_000
"""How many conversations are followed at a time; the one that was silent longest goes first."""

_NAME_WORDS = 6
_NAME_LENGTH = 48


@dataclass(frozen=True)
class HeardTurn:
    """What the shopper said and what the service answered; items in the order in which they came, each once."""

    message: str
    reply: str
    items: tuple[Item, ...]

    @property
    def item_ids(self) -> tuple[str, ...]:
        return tuple(item[ITEM] for item in self.items)


@dataclass(frozen=True)
class Talk:
    """A conversation as far as it has gone; ``number`` tells it from the others of its recording.

    ``name`` is one for a file: small letters, digits and hyphens.
    """

    number: int
    name: str
    turns: tuple[HeardTurn, ...]

    def with_turn(self, turn: HeardTurn) -> Talk:
        return replace(self, turns=(*self.turns, turn))


class Talks:
    """Follows the conversations that pass by."""

    def __init__(self, most: int = MOST_TALKS) -> None:
        self._most = most
        self._begun = 0
        self._by_id: OrderedDict[str, Talk] = OrderedDict()

    def hear(self, request: Mapping[str, Any], reply: Mapping[str, Any]) -> Talk:
        """Add a turn that the service accepted, and return the conversation with it.

        A conversation whose beginning was not heard begins here, under whatever id it goes.
        """
        turn = heard_turn(request, reply)
        sent = request.get(CONVERSATION)
        known = self._by_id.pop(sent, None) if isinstance(sent, str) else None
        talk = self._begin(turn) if known is None else known.with_turn(turn)
        self._by_id[reply[CONVERSATION]] = talk
        if len(self._by_id) > self._most:
            self._by_id.popitem(last=False)
        return talk

    def _begin(self, turn: HeardTurn) -> Talk:
        self._begun += 1
        return Talk(self._begun, name_for(turn.message), (turn,))


def heard_turn(request: Mapping[str, Any], reply: Mapping[str, Any]) -> HeardTurn:
    """Take out of a request and its conforming reply what a fixture holds: nobody's ids, nobody's events."""
    items = {item[ITEM]: item for item in reply[ITEMS]}
    return HeardTurn(request[MESSAGE], reply[MESSAGE], tuple(items.values()))


def name_for(message: str) -> str:
    """Make a name for a file out of what was said first; nothing in it leads out of a folder."""
    words = [word for word in words_of(message) if re.fullmatch("[a-z0-9]+", word)][:_NAME_WORDS]
    name = "-".join(words)[:_NAME_LENGTH].strip("-")
    return name or "talk"


def cue_for(message: str) -> dict[str, Any]:
    """Say what a shopper must say to get this turn again: the same words, or the same signs where it has no word."""
    if words_of(message):
        return {"phrases": [message]}
    return {"pattern": f"^{_escaped(message)}$"}


def _escaped(text: str) -> str:
    """Write text as a pattern of Rust's ``regex`` that finds just this text."""
    return "".join(f"\\x{{{ord(sign):x}}}" for sign in text)
