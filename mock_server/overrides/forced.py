"""Answers that a behaviour asks for, and how a fault spoils one. Pure; chance is a parameter."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from random import Random
from typing import Any

from pydantic_core import to_json

from chat_contract.contract import validator_for
from mock_server.http.messages import Answer, Headers
from mock_server.loading.snapshot import State
from mock_server.overrides.rules import Behaviour
from mock_server.shop.generated import generate

_TRIES = 50
_NO_BODY = frozenset({204, 205, 304})
_MORE: dict[int, Headers] = {
    401: (("WWW-Authenticate", "Bearer"),),
    429: (("Retry-After", "1"),),
    503: (("Retry-After", "1"),),
}


def forced(state: State, behaviour: Behaviour, chance: Random) -> Answer | None:
    """Return the answer that is wanted whatever was asked; none where it is a reply, which needs a good request."""
    status = _status_of(state, behaviour)
    if status in (200, None):
        return None
    return made_up(state, replace(behaviour, code=status), chance) or _plain(state, status)


def made_up(state: State, behaviour: Behaviour, chance: Random) -> Answer | None:
    """Return the named example, or a value of the schema, if that is what is wanted."""
    status = _status_of(state, behaviour) or 200
    examples = state.blueprint.examples.get(status, {})
    if behaviour.example is not None:
        return _answer(status, examples[behaviour.example], f"example={behaviour.example}")
    if behaviour.dynamic:
        return _answer(status, _dynamic(state, status, chance), "dynamic=true")
    return None


def for_a_bad_request(state: State, behaviour: Behaviour) -> Answer | None:
    """Return the 200 that is asked for by its code although the request deserves none: the contract's first example."""
    examples = state.blueprint.examples.get(200, {})
    if behaviour.code != 200 or not examples:
        return None
    return _answer(200, next(iter(examples.values())), "code=200")


def broken(answer: Answer, fault: str) -> Answer:
    """Return the answer as the fault leaves it; what only a connection can do is left to the door."""
    because = f"{answer.because}, spoilt by fault={fault}"
    if fault == "empty":
        return replace(answer, body=b"", because=because)
    if fault == "malformed":
        return replace(answer, body=answer.body[: len(answer.body) * 2 // 3] or b"{", because=because)
    return replace(answer, fault=fault, because=because)


def _status_of(state: State, behaviour: Behaviour) -> int | None:
    if behaviour.code is not None:
        return behaviour.code
    return None if behaviour.example is None else state.example_names[behaviour.example]


def _plain(state: State, status: int) -> Answer:
    examples = state.blueprint.examples.get(status)
    if examples:
        return _answer(status, next(iter(examples.values())), f"code={status}")
    if status in _NO_BODY:
        return Answer(status, b"", because=f"code={status}")
    return _answer(status, {"detail": _phrase(status)}, f"code={status}")


def _answer(status: int, value: Any, because: str) -> Answer:
    return Answer(status, to_json(value), _MORE.get(status, ()), because=because)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _dynamic(state: State, status: int, chance: Random) -> Any:
    schema = state.blueprint.response_schemas[status]
    validator = validator_for(schema)
    for _ in range(_TRIES):
        value = generate(schema, chance)
        if validator.is_valid(value):
            return value
    # What the generator does not understand, the document's own example says.
    return next(iter(state.blueprint.examples.get(status, {}).values()), {})
