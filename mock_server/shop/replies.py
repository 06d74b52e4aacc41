"""Decides what the shop replies to one turn of a conversation. Pure and stateless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from pydantic_core import to_json

from mock_server.shop.catalogue import Catalogue, Item, search_text
from mock_server.shop.scenarios import Outcome, Position, Scenarios
from mock_server.shop.words import search_words_of

_MAX_VIEWED = 20
"""Only the items viewed last influence the search."""
_NAMED_ITEMS = 3
"""A reply names at most this many items."""
_REPLIES_KEPT = 1024
"""Replies of stubs that are kept with their JSON."""
_PURCHASE = "purchase"
_FIELDS = ("message", "conversation_id", "user_id", "events", "limit")


class ChatTurn(NamedTuple):
    """The fields of a request on which the reply depends."""

    message: str = ""
    conversation_id: str | None = None
    user_id: str | None = None
    events: Sequence[Mapping[str, Any]] = ()
    limit: int | None = None

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> ChatTurn:
        """Read a valid body. Fields of other types, which another contract may allow, count as absent."""
        message, conversation_id, user_id, events, limit = map(body.get, _FIELDS)
        return cls(
            message if isinstance(message, str) else "",
            # A reply cannot carry an empty id, so an empty id starts a new conversation.
            conversation_id if isinstance(conversation_id, str) and conversation_id else None,
            user_id if isinstance(user_id, str) else None,
            [event for event in events if isinstance(event, Mapping)] if isinstance(events, list) else (),
            int(limit) if isinstance(limit, int) else None,
        )


@dataclass(frozen=True, eq=False)
class Reply:
    """The content of a ChatResponse. ``position`` is that of the stub that gave it, None for a search result."""

    message: str
    items: Sequence[Item]
    position: Position | None
    outcome: Outcome | None = None
    """What the turn does besides replying; None for an ordinary reply."""

    @cached_property
    def json_members(self) -> bytes:
        """Message and items as members of a JSON object, without its braces. Stubs reply more than once."""
        return to_json({"message": self.message, "items": self.items})[1:-1]


class Shop:
    """Replies from the scenarios, or from a search of the catalogue."""

    def __init__(self, *, catalogue: Catalogue, scenarios: Scenarios, default_limit: int) -> None:
        self.catalogue = catalogue
        self.scenarios = scenarios
        self._default_limit = default_limit
        self._stub_reply = lru_cache(_REPLIES_KEPT)(self._make_stub_reply)

    def reply(self, turn: ChatTurn, position: Position | None) -> Reply:
        """Return the reply to a turn of a conversation at the given position."""
        match = self.scenarios.match(turn.message, position)
        if match is not None:
            return self.reply_at(match, turn)
        limit = self.limit_of(turn)
        message, items = self._search(turn.message, self._viewed(turn.events), limit)
        return Reply(message, items[:limit], None)

    def reply_at(self, position: Position, turn: ChatTurn) -> Reply:
        """Return the reply of the stub at a position, whatever the message."""
        items = len(self.scenarios.stub(position).item_ids)
        return self._stub_reply(position, min(self.limit_of(turn), items))

    def _make_stub_reply(self, position: Position, limit: int) -> Reply:
        stub = self.scenarios.stub(position)
        items = [self.catalogue.item(item_id) for item_id in stub.item_ids[:limit]]
        return Reply(stub.reply, items, position, stub.outcome)

    def limit_of(self, turn: ChatTurn) -> int:
        """Return the maximum number of items in the reply."""
        return max(0, self._default_limit if turn.limit is None else turn.limit)

    def _viewed(self, events: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Return the available items of the events, the latest first, without duplicates and purchased items."""
        latest: dict[str, bool] = {}
        for event in reversed(events):
            item_id = event.get("item_id")
            if isinstance(item_id, str):
                latest.setdefault(item_id, event.get("type") == _PURCHASE)
        items = (self.catalogue.available(item_id) for item_id, purchased in latest.items() if not purchased)
        return [item for item in items if item is not None][:_MAX_VIEWED]

    def _search(self, text: str, viewed: list[Item], limit: int) -> tuple[str, list[Item]]:
        # Search for at least one item, so that the message is right even for limit 0.
        found = self.catalogue.search(search_words_of(text), max(limit, 1) + len(viewed))
        if found:
            ids = {item["item_id"] for item in found}
            items = _unique([*(item for item in viewed if item["item_id"] in ids), *found])[:limit]
            return _offer("These come closest to what you describe", items), items
        if viewed:
            similar = self.catalogue.search(search_words_of(search_text(viewed[0])), max(limit, 1))
            items = _unique([*viewed, *similar])[:limit]
            return _offer("Going by what you were just looking at", items), items
        return (
            "I am afraid I found nothing that fits. Tell me a little more: what is it for, and who will use it?",
            [],
        )


def _unique(items: Sequence[Item]) -> list[Item]:
    return list({item["item_id"]: item for item in items}.values())


def _offer(opening: str, items: Sequence[Item]) -> str:
    names = [str(item.get("title") or item["item_id"]) for item in items[:_NAMED_ITEMS]]
    more = len(items) - len(names)
    if more:
        names.append(f"{more} more")
    if not names:
        return "We have something that may suit you. Raise the limit, and I will show it."
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{opening}: {listed}."
