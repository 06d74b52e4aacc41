"""What would answer a message that begins a conversation, and what nearly would. Pure."""

from __future__ import annotations

from typing import Any

from mock_server.loading.snapshot import State
from mock_server.shop.replies import Ask
from mock_server.shop.scenarios import Cue

_MOST_MISSES = 5


def explain(state: State, message: str) -> dict[str, Any]:
    """Return as JSON what the mock would say to a message, from where, and what else there is for it."""
    script = state.shop.script
    entered = [place.conversation for place in script.entrances(message)]
    reply = state.shop.reply(Ask(message), None)
    return {
        "message": message,
        "answers": None if reply.place is None else reply.place.conversation,
        "reply": reply.message,
        "items": [item["item_id"] for item in reply.items],
        "would_match_too": entered[1:],
        "not_matched": [
            {"conversation": miss.place.conversation, "lacks": list(miss.lacks)}
            for miss in script.misses(message, None, reply.place, _MOST_MISSES)
            if miss.said
        ],
    }


def opening(cue: Cue) -> str | None:
    """Return words to which the cue listens; nothing for a pattern, whose words only its author knows."""
    if cue.words:
        return " ".join(cue.words)
    return cue.phrases[0] if cue.phrases else None


def shown_cue(cue: Cue) -> str:
    """Return on one line what the shopper must say."""
    if cue.words:
        return f"all of: {', '.join(cue.words)}"
    return f"one of: {', '.join(cue.phrases)}" if cue.phrases else f"pattern: {cue.pattern}"
