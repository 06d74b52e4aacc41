"""Replies to valid turns and keeps the state of conversations."""

from __future__ import annotations

from functools import partial
from typing import Any

from pydantic_core import to_json

from mock_server.http.messages import Answer, Call
from mock_server.http.source import ReplySource, Source
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.effective import Effective
from mock_server.respond.decision import Decision, Forward
from mock_server.respond.forced import chosen_reply, failed_turn, spoil, with_given_headers
from mock_server.respond.intake import rejection
from mock_server.respond.relay import Relay
from mock_server.respond.space import Space
from mock_server.shop.replies import ChatTurn, Reply
from mock_server.shop.scenarios import Outcome, Position
from mock_server.store.sessions import SessionState, short_key
from mock_server.store.trace import Trace
from mock_server.validation.fastapi_errors import value_error
from mock_server.validation.leniency import UnknownConversation
from mock_server.validation.parsing import json_object

_NOT_FOUND = b'{"detail":"Conversation not found"}'
_SEARCH = Source(ReplySource.SEARCH)
_CONVERSATION = Source(ReplySource.CONVERSATION)


def converse(space: Space, snapshot: Snapshot, call: Call, turn: ChatTurn, effective: Effective) -> Decision | Forward:
    """Return the response to a valid turn, or the way to ask the upstream service for it."""
    asked_id = turn.conversation_id
    state = None if asked_id is None else space.sessions.get(asked_id)
    known = state is not None
    before, user, turns = state or SessionState()
    refused = _refused(snapshot, turn, state)
    if refused is not None:
        return Decision(refused, Trace(asked_id, turn.user_id, known, before))
    if not known and snapshot.leniency.unknown_conversation is UnknownConversation.REPLACED:
        turn = turn._replace(conversation_id=None)
    if user is None and turn.user_id is not None:
        user = short_key(turn.user_id)
    reply, source = _reply(space, snapshot, turn, before, effective)
    if space.relay is not None and source.kind is ReplySource.SEARCH:
        trace = Trace(asked_id, turn.user_id, known, before)
        denied = None if snapshot.options.upstream_key_env is None else _denied(snapshot, call)
        if denied is not None:
            return Decision(denied, trace)
        return partial(_relayed, space, space.relay, call, trace, SessionState(before, user, turns + 1))
    conversation_id = turn.conversation_id or space.fresh_id()
    space.sessions.put(conversation_id, SessionState(reply.position or before, user, turns + 1))
    trace = Trace(conversation_id, turn.user_id, known, before, reply.position)
    outcome = reply.outcome
    if outcome is not None and outcome.status is not None:
        failed = failed_turn(snapshot, outcome.status, source)
        return Decision(_with_outcome(space, failed, outcome), trace._replace(conversation_id=asked_id))
    if effective.override.reply is None:
        body = b'{"conversation_id":%b,%b}' % (to_json(conversation_id), reply.json_members)
    else:
        given: dict[str, Any] = {"conversation_id": conversation_id, "message": reply.message, "items": reply.items}
        body = to_json({**given, **effective.override.reply})
    answer = Answer(200, body, source=source)
    return Decision(answer if outcome is None else _with_outcome(space, answer, outcome), trace)


def _with_outcome(space: Space, answer: Answer, outcome: Outcome) -> Answer:
    if outcome.body is not None:
        answer = answer._replace(body=outcome.body)
    if outcome.headers is not None:
        answer = with_given_headers(answer, outcome.headers)
    if outcome.fault is not None:
        answer = spoil(answer, outcome.fault)
    return answer if outcome.delay is None else answer._replace(delay=space.rules.sample(outcome.delay))


def _denied(snapshot: Snapshot, call: Call) -> Answer | None:
    """Return the response if the request may not be sent on with the developer's key."""
    denied = snapshot.options.access.check_key(call.headers, call.client)
    return None if denied is None else denied.answer


async def _relayed(space: Space, relay: Relay, call: Call, trace: Trace, state: SessionState) -> Decision:
    """Let the upstream service reply."""
    relayed = await relay.send(call.headers, json_object(call.body), trace.conversation_id, started_here=trace.known)
    if relayed.answer.status == 200 and relayed.conversation_id is not None:
        space.sessions.put(relayed.conversation_id, state)
    return Decision(relayed.answer, trace._replace(conversation_id=relayed.conversation_id))


def _reply(
    space: Space, snapshot: Snapshot, turn: ChatTurn, position: Position | None, effective: Effective
) -> tuple[Reply, Source]:
    if effective.override.sets_response:
        chosen = chosen_reply(snapshot, effective, turn, position, space.rules.chance)
        if chosen is not None:
            return chosen
    reply = snapshot.shop.reply(turn, position)
    same = snapshot.shop.scenarios.same_opening
    if same and reply.position is not None and reply.position.turn == 0 and reply.position.scenario in same:
        name = space.next_opening(same[reply.position.scenario])
        reply = snapshot.shop.reply_at(Position(name, 0), turn)
    return reply, _SEARCH if reply.position is None else _CONVERSATION


def _refused(snapshot: Snapshot, turn: ChatTurn, state: SessionState | None) -> Answer | None:
    """Return the response if the profile does not let this request continue a conversation."""
    leniency = snapshot.leniency
    if turn.conversation_id is not None and state is None:
        if leniency.unknown_conversation is UnknownConversation.NOT_FOUND:
            return Answer(404, _NOT_FOUND, source=Source(ReplySource.UNKNOWN_CONVERSATION))
        if leniency.unknown_conversation is UnknownConversation.REJECTED:
            errors = value_error("conversation_id", turn.conversation_id, "conversation not found")
            return rejection(errors, ReplySource.UNKNOWN_CONVERSATION)
    if state is not None and not leniency.other_user and _is_other_user(turn, state):
        errors = value_error("user_id", turn.user_id, "the conversation belongs to another user")
        return rejection(errors, ReplySource.OTHER_USER)
    return None


def _is_other_user(turn: ChatTurn, state: SessionState) -> bool:
    return turn.user_id is not None and state.user not in (None, short_key(turn.user_id))
