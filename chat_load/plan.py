"""Decides what each simulated user sends: turns of conversations, and a share of wrong requests. Pure and seeded."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from chat_contract import Contract, Request, RequestClass, UsageError, classify
from chat_contract.contract import DOCUMENTED
from chat_contract.exchange import Headers
from chat_contract.history import History
from chat_contract.roles import CONVERSATION, MESSAGE, SESSION, USER
from chat_load.settings import Conversation

JSON_HEADERS: Headers = (("Content-Type", "application/json"),)
WRONG = "wrong request"
"""The name of the wrong requests among the turns."""

_WRONG_VALUES: tuple[Any, ...] = (None, True, -1, "x", [1], {"x": 1})
"""Values of every JSON type: those that the schema of a property allows are left out."""


@dataclass(frozen=True)
class Step:
    """A request to send, with what judging it needs.

    ``key`` is the same for requests that differ only in their ids. ``earlier``: the bodies of the turns before it.
    """

    name: str
    key: tuple[Any, ...]
    body: Mapping[str, Any]
    request: Request
    expected: int
    history: History
    earlier: tuple[bytes, ...] = ()


class Plan:
    """What all users share: the conversations, the other fields of their requests, and the wrong requests."""

    def __init__(self, contract: Contract, conversations: Sequence[Conversation], *, wrong: float) -> None:
        self.contract = contract
        self.conversations = tuple(conversations)
        self.wrong = wrong
        self.fields = tuple(_other_fields(contract))
        self.wrong_bodies = tuple(_wrong_bodies(contract, self.fields)) if wrong else ()
        if not self.conversations:
            raise UsageError("--fixtures: no conversation has a turn to send. Add one with words or phrases.")
        if wrong and not self.wrong_bodies:
            raise UsageError("--wrong: the contract rejects no request. Set --wrong to 0.")

    def request(self, body: Mapping[str, Any]) -> Request:
        """Return the request with this body."""
        operation = self.contract.operation
        return Request(operation.method, operation.path, JSON_HEADERS, written(body))


def written(value: Any) -> bytes:
    """Return the value as JSON. Lone surrogates, which a server may have put into an id, are written as escapes."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(value).encode()


def _other_fields(contract: Contract) -> Iterator[Mapping[str, Any]]:
    """Yield the fields besides message and conversation of each sample that every server must accept."""
    for sample in contract.samples.values():
        if isinstance(sample, dict) and MESSAGE in sample:
            body = {name: value for name, value in sample.items() if name != CONVERSATION}
            if _class_of(contract, body) is RequestClass.MUST_ACCEPT:
                yield {name: value for name, value in body.items() if name != MESSAGE}


def _wrong_bodies(contract: Contract, fields: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Yield bodies with one error that every server must reject."""
    for others in fields[:1]:
        right = {MESSAGE: "Which desk would you recommend?", **others}
        candidates: list[dict[str, Any]] = [dict(others)]
        for name in contract.schemas[DOCUMENTED].get("properties", {}):
            candidates += [{**right, name: value} for value in _WRONG_VALUES]
        for body in candidates:
            if _class_of(contract, body) is RequestClass.MUST_REJECT:
                yield body


def _class_of(contract: Contract, body: Mapping[str, Any]) -> RequestClass:
    operation = contract.operation
    request = Request(operation.method, operation.path, JSON_HEADERS, written(body))
    return classify(contract, request).request_class


@dataclass
class ActiveConversation:
    """A conversation of one user, in progress."""

    conversation: Conversation
    number: int
    fields: Mapping[str, Any]
    history: History
    turn: int = 0
    issued: str | None = None
    earlier: tuple[bytes, ...] = ()


@dataclass
class Shopper:
    """A simulated user: plays one conversation after another. ``seen``: the ids of all conversations."""

    plan: Plan
    chance: random.Random
    user_id: str
    seen: set[str]
    _active: ActiveConversation | None = field(default=None, init=False)
    _started: int = field(default=0, init=False)
    _again: Step | None = field(default=None, init=False)

    def next(self) -> Step:
        """Return the next request of this user."""
        if self._again is not None:
            step, self._again = self._again, None
            return step
        if self.plan.wrong and self.chance.random() < self.plan.wrong:
            return self._wrong()
        active = self._active or self._start()
        messages = active.conversation.turns[active.turn]
        which = self.chance.randrange(len(messages))
        body = {MESSAGE: messages[which], **active.fields, **self._ids(active)}
        key = (active.conversation.name, active.turn, which, active.number, active.issued is not None)
        request = self.plan.request(body)
        return Step(f"turn {active.turn + 1}", key, body, request, 200, active.history, active.earlier)

    def put_back(self, step: Step) -> None:
        """Send a step again, because the server did not process it."""
        self._again = step

    def note(self, step: Step, issued: str | None) -> None:
        """Record the reply to a step: the next turn follows, or a new conversation after the last or a failed one."""
        active = self._active
        if step.name == WRONG or active is None:
            return
        if issued is None or active.turn + 1 == len(active.conversation.turns):
            self._active = None
            return
        active.turn += 1
        active.issued = active.issued or issued
        active.earlier = (*active.earlier, step.request.body)

    def _start(self) -> ActiveConversation:
        number = self.chance.randrange(len(self.plan.fields))
        self._started += 1
        self._active = ActiveConversation(
            self.chance.choice(self.plan.conversations), number, self.plan.fields[number], History(seen=self.seen)
        )
        return self._active

    def _ids(self, active: ActiveConversation) -> dict[str, str]:
        """Return the ids of the conversation, the session and the user, if this conversation sends them."""
        ids = {} if active.issued is None else {CONVERSATION: active.issued}
        if SESSION in active.fields:
            ids[SESSION] = f"{self.user_id}-{self._started}"
        if USER in active.fields:
            ids[USER] = self.user_id
        return ids

    def _wrong(self) -> Step:
        number = self.chance.randrange(len(self.plan.wrong_bodies))
        body = self.plan.wrong_bodies[number]
        return Step(WRONG, (WRONG, number), body, self.plan.request(body), 422, History())
