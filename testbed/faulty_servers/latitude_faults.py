"""Servers whose responses to unspecified input are invalid, have a wrong loc in a 422, or are inconsistent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .base import Problem, Style, Turn
from .fault import Group, When, answers, edits, rejects
from .witness import Client, Witness, blames, event, gets, say

latitude = Group("latitude")
KNOWN = {"message", "conversation_id", "session_id", "user_id", "events", "limit"}


def unknown(turn: Turn) -> set[str]:
    return set(turn.body) - KNOWN


def nulls(turn: Turn) -> list[str]:
    return [name for name, value in turn.body.items() if value is None]


latitude(
    "null-blamed-on-message",
    "null for an optional field is rejected, which is correct, but the error names message, which is wrong.",
    blames(["body", "message"], say(session_id=None)),
    style=Style("strict-but-lax-numbers", "", nulls=False),
    detail=edits(
        lambda turn, made: [
            one | {"loc": ["body", "message"]} if turn.get(one["loc"][-1]) is None and turn.has(one["loc"][-1]) else one
            for one in made
        ]
    ),
)
latitude(
    "extra-blamed-on-message",
    "An unknown property is rejected, which is correct, but the error names message, which is wrong.",
    blames(["body", "message"], say(channel="web")),
    style=Style("forbid", "", unknown=False),
    detail=edits(
        lambda turn, made: [
            one | {"loc": ["body", "message"]} if one["type"] == "extra_forbidden" else one for one in made
        ]
    ),
)
latitude(
    "foreign-id-blamed-on-session",
    "An unknown conversation_id is rejected, but the error names session_id.",
    blames(["body", "session_id"], say(conversation_id="elsewhere-1", session_id="s1")),
    validate=rejects("session_id", lambda turn: turn.text("conversation_id") and not turn.conversation),
)
latitude(
    "foreign-id-is-400",
    "An unknown conversation_id gets 400.",
    gets(400, say(conversation_id="elsewhere-1")),
    identify=answers(400, lambda turn: turn.text("conversation_id") and not turn.conversation),
)
latitude(
    "long-message-is-413",
    "A message of 2,000 characters gets 413, far below 64 KiB.",
    gets(413, say("desk " * 400)),
    identify=answers(413, lambda turn: len(turn.text("message")) > 1000),
)
latitude(
    "negative-limit-is-400",
    "A negative limit gets 400.",
    gets(400, say(limit=-1)),
    identify=answers(400, lambda turn: isinstance(turn.get("limit"), int) and turn.get("limit") < 0),
)
latitude(
    "naive-timestamp-is-400",
    "A timestamp without an offset gets 400.",
    gets(400, say(events=[event(timestamp="2024-06-14T10:00:00")])),
    identify=answers(400, lambda turn: any(len(stamp) == 19 for stamp in turn.each("timestamp"))),
)
latitude(
    "extra-property-is-400",
    "An unknown property gets 400.",
    gets(400, say(channel="web")),
    identify=answers(
        400, lambda turn: set(turn.body) - {"message", "conversation_id", "session_id", "user_id", "events", "limit"}
    ),
)

# -- inconsistent


def every_other(path: str, when: When) -> Any:
    """Rejects every second request of a kind."""
    return rejects(path, lambda turn: when(turn) and turn.app.count(path) % 2 == 0)


def wavers(body: Any) -> Witness:
    def witness(client: Client) -> bool:
        return len({client.send(body).status for _ in range(4)}) > 1

    return witness


def replicas(names: Callable[[Turn], Iterable[str]]) -> Any:
    """Return a hook for `validate` that rejects every second request with such fields."""

    def hook(usual: Any, turn: Turn) -> list[Problem]:
        problems: list[Problem] = usual(turn)
        found = [] if problems else sorted(names(turn))
        return [Problem(("body", name)) for name in found] if found and turn.app.count("flip") % 2 == 0 else problems

    return hook


latitude.should(
    "null-now-and-then",
    "Two replicas behind a balancer, one of which rejects null.",
    wavers(say(session_id=None)),
    validate=replicas(nulls),
)
latitude.should(
    "unknown-property-now-and-then",
    "Two replicas, one of which rejects unknown properties.",
    wavers(say(channel="web")),
    validate=replicas(unknown),
)
latitude.should(
    "numeric-string-now-and-then",
    "Two replicas, one of which rejects numeric strings as limit.",
    wavers(say(limit="5")),
    validate=every_other("limit", lambda turn: isinstance(turn.get("limit"), str | float)),
)
latitude.should(
    "foreign-id-now-and-then",
    "Two replicas that do not share their conversations: unknown ids are rejected by one of them.",
    wavers(say(conversation_id="elsewhere-1")),
    validate=every_other("conversation_id", lambda turn: turn.text("conversation_id") not in ["", *turn.app.issued]),
)
