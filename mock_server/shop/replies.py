"""Decides what the shop says to one turn of a conversation.

Pure: reads no clock, no file and no network, and remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mock_server.shop.catalogue import Catalogue, Item, search_text
from mock_server.shop.scenarios import Place, Script
from mock_server.shop.words import search_words_of

_REMEMBERED_EVENTS = 20
"""How many of the items that were last looked at count."""
_NAMED = 3
"""How many items a reply calls by their names."""
_BOUGHT = "purchase"
_FIELDS = ("message", "conversation_id", "user_id", "events", "limit")


@dataclass(frozen=True)
class Ask:
    """What of a request counts for the reply."""

    message: str = ""
    conversation_id: str | None = None
    user_id: str | None = None
    events: Sequence[Mapping[str, Any]] = ()
    limit: int | None = None

    @classmethod
    def from_body(cls, body: Mapping[str, Any]) -> Ask:
        """Read a body that keeps the contract; another contract than ours may leave any of this out."""
        message, conversation_id, user_id, events, limit = map(body.get, _FIELDS)
        return cls(
            message if isinstance(message, str) else "",
            # No reply can carry an empty id, so it counts as none: the conversation gets a new one.
            conversation_id if isinstance(conversation_id, str) and conversation_id else None,
            user_id if isinstance(user_id, str) else None,
            [event for event in events if isinstance(event, Mapping)] if isinstance(events, list) else (),
            int(limit) if isinstance(limit, int) else None,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What the shop says; ``place`` is the written turn that says it, if one does."""

    message: str
    items: Sequence[Item]
    place: Place | None


class Shop:
    """Answers what was asked in requests that keep the contract. Remembers nothing."""

    def __init__(self, *, catalogue: Catalogue, script: Script, default_limit: int) -> None:
        self.catalogue = catalogue
        self.script = script
        self._default_limit = default_limit

    def reply(self, ask: Ask, standing: Place | None) -> Reply:
        """Return the reply to a turn of a conversation that stands there."""
        place = self.script.answering(ask.message, standing)
        if place is not None:
            return self.said_at(place, ask)
        limit = self.limit_of(ask)
        message, items = self._found(ask.message, self._seen(ask.events), limit)
        return Reply(message, items[:limit], None)

    def said_at(self, place: Place, ask: Ask) -> Reply:
        """Return what is written at a place, whatever was asked."""
        turn = self.script.turn(place)
        items = [self.catalogue.item(item_id) for item_id in turn.item_ids]
        return Reply(turn.reply, items[: self.limit_of(ask)], place)

    def limit_of(self, ask: Ask) -> int:
        """Return how many items may come back."""
        return max(0, self._default_limit if ask.limit is None else ask.limit)

    def _seen(self, events: Sequence[Mapping[str, Any]]) -> list[Item]:
        """Return the available items that were looked at, the latest first, each once, those bought left out."""
        latest: dict[str, bool] = {}
        for event in reversed(events):
            item_id = event.get("item_id")
            if isinstance(item_id, str):
                latest.setdefault(item_id, event.get("type") == _BOUGHT)
        items = (self.catalogue.available(item_id) for item_id, bought in latest.items() if not bought)
        return [item for item in items if item is not None][:_REMEMBERED_EVENTS]

    def _found(self, text: str, seen: list[Item], limit: int) -> tuple[str, list[Item]]:
        """Search the shop for what nobody wrote an answer to."""
        # One more than asked for, so that a limit of 0 can still tell something from nothing.
        found = self.catalogue.search(search_words_of(text), max(limit, 1) + len(seen))
        if found:
            ids = {item["item_id"] for item in found}
            items = _unique([*(item for item in seen if item["item_id"] in ids), *found])[:limit]
            return _offer("These come closest to what you describe", items), items
        if seen:
            alike = self.catalogue.search(search_words_of(search_text(seen[0])), max(limit, 1))
            items = _unique([*seen, *alike])[:limit]
            return _offer("Going by what you were just looking at", items), items
        return (
            "I am afraid I found nothing that fits. Tell me a little more: what is it for, and who will use it?",
            [],
        )


def _unique(items: Sequence[Item]) -> list[Item]:
    return list({item["item_id"]: item for item in items}.values())


def _offer(opening: str, items: Sequence[Item]) -> str:
    names = [str(item.get("title") or item["item_id"]) for item in items[:_NAMED]]
    more = len(items) - len(names)
    if more:
        names.append(f"{more} more")
    if not names:
        return "There is something here that may suit you; allow me an item or two, and I will show it."
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"{opening}: {listed}."
