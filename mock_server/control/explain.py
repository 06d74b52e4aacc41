"""Explains which stub replies to the first message of a conversation, and which stubs nearly match. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from mock_server.http.source import ReplySource
from mock_server.loading.snapshot import Snapshot
from mock_server.shop.replies import ChatTurn
from mock_server.shop.scenarios import Cue, CueKind, NearMiss, Stub

_MAX_NEAR_MISSES = 5


@dataclass(frozen=True, slots=True)
class Explanation:
    """The reply to a message, and the alternatives. All conversations are given by name."""

    message: str
    source: ReplySource
    conversation: str | None
    """The conversation that replies; None for a catalogue search."""
    reply: str
    item_ids: tuple[str, ...]
    also_matching: tuple[str, ...]
    """Conversations that match too, but less specifically."""
    near_misses: tuple[NearMiss, ...]


def explain(snapshot: Snapshot, message: str) -> Explanation:
    """Explain the reply to a message that starts a conversation."""
    scenarios = snapshot.shop.scenarios
    matching = [position.scenario for position in scenarios.matching_first(message)]
    reply = snapshot.shop.reply(ChatTurn(message), None)
    misses = scenarios.near_misses(message, None, reply.position, _MAX_NEAR_MISSES)
    return Explanation(
        message=message,
        source=ReplySource.SEARCH if reply.position is None else ReplySource.CONVERSATION,
        conversation=None if reply.position is None else reply.position.scenario,
        reply=reply.message,
        item_ids=tuple(item["item_id"] for item in reply.items),
        also_matching=tuple(matching[1:]),
        near_misses=tuple(miss for miss in misses if miss.matched),
    )


def example_message(cue: Cue) -> str | None:
    """Return a message that the cue matches; None for a pattern."""
    if cue.kind is CueKind.WORDS:
        return " ".join(cue.words)
    return cue.phrases[0] if cue.kind is CueKind.PHRASES else None


def outcome_text(stub: Stub) -> str:
    """Return what a turn does besides replying, such as ``status 429, delay 1s``; empty for an ordinary reply."""
    outcome = stub.outcome
    if outcome is None:
        return ""
    parts = {"status": outcome.status, "delay": outcome.delay, "fault": outcome.fault}
    return ", ".join(f"{name} {value}" for name, value in parts.items() if value is not None)


def cue_text(cue: Cue) -> str:
    """Return on one line what a message must contain."""
    if cue.kind is CueKind.WORDS:
        return f"all of: {', '.join(cue.words)}"
    return f"one of: {', '.join(cue.phrases)}" if cue.kind is CueKind.PHRASES else f"pattern: {cue.pattern}"
