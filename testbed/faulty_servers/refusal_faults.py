"""Servers that find faults but reject them incorrectly, or are damaged by a rejection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import Problem, Turn
from .fault import Group, answers, crashes, overlooks_if
from .rejection_faults import index
from .witness import Client, Witness, event, gets, more_than, say

refusal = Group("rejection")


def instead(status: int, when: Callable[[Turn, list[Problem]], Any], body: bytes = b'{"detail":"Bad Request"}') -> Any:
    """Return a hook for `detail` that rejects with another status."""
    return lambda usual, turn: answers(status, lambda _: when(turn, turn.problems), body)(usual, turn)


def places(problems: list[Problem]) -> set[Any]:
    return {one.loc[1] for one in problems if len(one.loc) > 1}


def both(*names: str) -> Callable[[Turn, list[Problem]], bool]:
    return lambda turn, problems: set(names) <= places(problems)


refusal("always-400", "Validation errors get 400.", gets(400, say(5)), detail=instead(400, lambda *_: True))
refusal(
    "missing-is-400",
    "Missing fields get 400, wrong values 422.",
    gets(400, {}),
    detail=instead(400, lambda turn, problems: any(one.type == "missing" for one in problems)),
)
refusal(
    "events-are-400",
    "Wrong events get 400.",
    gets(400, say(events=5)),
    detail=instead(400, lambda turn, problems: "events" in places(problems)),
)
refusal(
    "refusal-is-200",
    "Errors are reported with status 200.",
    gets(200, say(5)),
    detail=instead(200, lambda *_: True, b'{"success": false, "error": "validation failed"}'),
)
refusal(
    "refusal-is-an-apology",
    "Every fault gets a valid reply with an apology and status 200.",
    gets(200, say(limit="abc")),
    detail=instead(200, lambda *_: True, b'{"conversation_id": "c0", "message": "Sorry?", "items": []}'),
)
refusal(
    "later-refusal-crashes",
    "A wrong request in a later turn gets 500.",
    gets(500, say(limit="abc"), turn=2),
    detail=instead(500, lambda turn, problems: turn.later),
)
refusal(
    "later-turns-unchecked",
    "Later turns are not validated.",
    gets(200, say(session_id=5), turn=2),
    validate=overlooks_if(lambda turn, one: turn.later),
)
refusal(
    "message-and-limit-crash",
    "Two faults at once crash: message and limit.",
    gets(500, say(5, limit="abc")),
    detail=instead(500, both("message", "limit")),
)
refusal(
    "user-and-session-pass",
    "user_id and session_id are accepted if both are wrong.",
    gets(200, say(user_id=5, session_id=5)),
    validate=lambda usual, turn: [] if places(usual(turn)) == {"user_id", "session_id"} else usual(turn),
)
refusal(
    "conversation-and-events-400",
    "conversation_id and events both wrong get 400.",
    gets(400, say(conversation_id=5, events=5)),
    detail=instead(400, both("conversation_id", "events")),
)
refusal(
    "missing-message-and-limit-pass",
    "A missing message and a wrong limit together are accepted.",
    gets(200, {"limit": "abc"}),
    validate=lambda usual, turn: [] if {one.type for one in usual(turn)} == {"missing", "int_parsing"} else usual(turn),
)
refusal(
    "two-wrong-events-crash",
    "Two wrong events in one request crash.",
    gets(500, say(events=[event(type=5), event(type=5)])),
    detail=instead(500, lambda turn, problems: len({index(one) for one in problems if index(one) >= 0}) > 1),
)
refusal(
    "two-faults-in-one-event-pass",
    "Two faults in one event are accepted together.",
    gets(200, say(events=[{"timestamp": True, "type": 5}])),
    validate=lambda usual, turn: (
        []
        if len(usual(turn)) == 2 and len({one.loc[:3] for one in usual(turn)}) == 1 and index(usual(turn)[0]) >= 0
        else usual(turn)
    ),
)

# -- after it is rejected


def after_refusals(count: int, body: Any, shows: Callable[[Any, str], Any]) -> Witness:
    def witness(client: Client) -> Any:
        given = client.send(say()).id
        for _ in range(count):
            client.send(say(limit="abc", conversation_id=given))
        return shows(client.send({**body, "conversation_id": given}), given)

    return witness


def forgets(usual: Any, turn: Turn) -> Any:
    turn.app.conversations.pop(turn.text("conversation_id"), None)
    turn.app.memory.setdefault("dead", set()).add(turn.text("conversation_id"))
    return usual(turn)


def strikes(usual: Any, turn: Turn) -> Any:
    if turn.conversation:
        turn.conversation.memory["strikes"] = turn.conversation.memory.get("strikes", 0) + 1
    return usual(turn)


def keeps_limit(usual: Any, turn: Turn) -> Any:
    if turn.conversation and type(turn.get("limit")) is int:
        turn.conversation.memory["limit"] = turn.get("limit")
    return usual(turn)


refusal(
    "refusal-ends-conversation",
    "A rejected turn deletes the conversation: its id is unknown afterwards.",
    after_refusals(1, say(), lambda reply, given: reply.ok and reply.id != given),
    detail=forgets,
    identify=lambda usual, turn: (
        turn.app.issue() if turn.text("conversation_id") in turn.app.memory.get("dead", ()) else usual(turn)
    ),
)
refusal(
    "three-strikes",
    "After three rejections the conversation is locked with 403.",
    after_refusals(3, say(), lambda reply, given: reply.status == 403),
    detail=strikes,
    identify=answers(403, lambda turn: turn.conversation and turn.conversation.memory.get("strikes", 0) >= 3),
)
refusal(
    "refusal-crashes-next-turn",
    "A rejected turn leaves an incomplete record, and the next turn crashes.",
    after_refusals(1, say(), lambda reply, given: reply.status == 500),
    detail=strikes,
    search=lambda usual, turn: crashes(lambda _: turn.conversation and turn.conversation.memory.pop("strikes", 0))(
        usual, turn
    ),
)
refusal(
    "refused-limit-stays",
    "The limit of a rejected turn is kept as the conversation's default.",
    lambda client: (
        (given := client.send(say()).id)
        and client.send(say(5, limit=9, conversation_id=given)).status == 422
        and more_than(4, say(conversation_id=given))(client)
    ),
    detail=keeps_limit,
    limit=lambda usual, turn: (
        turn.conversation.memory["limit"]
        if turn.conversation and "limit" in turn.conversation.memory and not turn.has("limit")
        else usual(turn)
    ),
)
