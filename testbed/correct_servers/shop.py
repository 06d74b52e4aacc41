"""The shop behind every Python implementation: a small catalogue, conversations, and replies."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

CATALOGUE: list[dict[str, Any]] = json.loads((Path(__file__).parent / "catalogue.json").read_text("utf-8"))
DEFAULT_LIMIT = 4


def words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 2}


class Shop:
    """One shop in one process. The server validates requests before they arrive here."""

    def __init__(self, *, only_matches: bool = False) -> None:
        self.turns: dict[str, int] = {}
        self.only_matches = only_matches

    def knows(self, conversation_id: str) -> bool:
        return conversation_id in self.turns

    def pick(self, message: str, limit: int, viewed: Iterable[str | None] = ()) -> list[dict[str, Any]]:
        asked, seen = words(message), set(viewed)
        scores = [
            (len(asked & words(f"{item['title']} {item['description']}")) + 2 * (item["item_id"] in seen), item)
            for item in CATALOGUE
        ]
        ranked = sorted(scores, key=lambda pair: -pair[0])
        return [item for score, item in ranked if score or not self.only_matches][: max(limit, 0)]

    def reply(
        self,
        message: str,
        *,
        conversation_id: str | None = None,
        limit: int | None = None,
        viewed: Iterable[str | None] = (),
    ) -> dict[str, Any]:
        """Reply to one turn. A given conversation id is kept; if it is missing or empty, the shop issues one."""
        conversation_id = conversation_id or str(uuid4())
        turn = self.turns[conversation_id] = self.turns.get(conversation_id, 0) + 1
        items = self.pick(message, DEFAULT_LIMIT if limit is None else limit, viewed)
        if not items:
            text = "Sorry, I found nothing that fits. Could you tell me more?"
        elif turn == 1:
            text = f"Here {'is one idea' if len(items) == 1 else f'are {len(items)} ideas'}, voilà."
        else:
            text = f"How about the {items[0]['title']}?"
        return {"conversation_id": conversation_id, "message": text, "items": items}
