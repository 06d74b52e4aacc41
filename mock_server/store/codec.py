"""States, rules and entries as bytes, in the format of the store. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
from hashlib import blake2b
from typing import Any, ParamSpec, TypeVar

from pydantic_core import from_json, to_json

from chat_contract import UsageError
from mock_server.http.messages import Answer
from mock_server.http.secret_headers import redacted_headers
from mock_server.http.source import Fault, ReplySource, Source
from mock_server.loading.snapshot import Snapshot
from mock_server.loading.store_location import EXAMPLE
from mock_server.overrides.delays import Delay, read_delay
from mock_server.overrides.matching import NO_CONDITIONS, Conditions
from mock_server.overrides.rules import CONDITION_KEYS, OVERRIDE_KEYS, Body, Override, Rule
from mock_server.shop.scenarios import Position
from mock_server.store.journal import Entry
from mock_server.store.sessions import Key, SessionState, short_key
from mock_server.store.status import StoreError
from mock_server.store.trace import Trace

_FOREIGN = (
    "Redis holds a value that no mock wrote. "
    f"Delete the keys of the mock there, or choose another prefix: --store {EXAMPLE}?prefix=NAME."
)
_Arguments = ParamSpec("_Arguments")
_Value = TypeVar("_Value")

_REQUEST_ID = "x-request-id"
_OF_A_REQUEST = ("authorization", "x-api-key", "cookie", "content-type", "prefer")
"""Headers that make another request of one with the same id. A proxy that repeats a request leaves them as they are."""

_RULE_KEYS = tuple(field.name for field in fields(Rule) if field.name not in ("override", "conditions"))
_OVERRIDES: Mapping[str, Any] = {"delay": read_delay, "fault": Fault, "body": Body}


def _of_the_store(read: Callable[_Arguments, _Value]) -> Callable[_Arguments, _Value]:
    """Make a function that reads a value of the store raise :class:`StoreError` for one that no mock wrote."""

    @wraps(read)
    def reading(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> _Value:
        try:
            return read(*arguments, **options)
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError, UsageError):
            raise StoreError(_FOREIGN) from None

    return reading


def pack(value: Any) -> bytes:
    """Return a value as JSON. Lone surrogates, which UTF-8 lacks, are escaped."""
    try:
        return to_json(value)
    except ValueError:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()


def unpack(raw: bytes) -> Any:
    """Return the value of :func:`pack`."""
    try:
        return from_json(raw)
    except ValueError:
        return json.loads(raw)


# Conversations --------------------------------------------------------------------------------------------------------


def pack_id(conversation_id: str) -> bytes:
    """Return the name of a conversation: its id, or a digest if that is long."""
    key = short_key(conversation_id)
    return b"d:" + key if isinstance(key, bytes) else b"t:" + key.encode("utf-8", "surrogatepass")


def pack_state(state: SessionState) -> bytes:
    """Return the state of a conversation."""
    user = state.user
    return pack([state.position, ["d", user.hex()] if isinstance(user, bytes) else user, state.turns])


@_of_the_store
def unpack_state(raw: bytes) -> SessionState:
    """Return the state of :func:`pack_state`."""
    position, user, turns = unpack(raw)
    known: Key | None = bytes.fromhex(user[1]) if isinstance(user, list) else user
    return SessionState(_position(position), known, turns)


def _position(pair: Sequence[Any] | None) -> Position | None:
    return None if pair is None else Position(*pair)


# Rules ----------------------------------------------------------------------------------------------------------------


def pack_rules(rules: Sequence[Rule]) -> bytes:
    """Return rules with their counters."""
    return pack([_rule(rule) for rule in rules])


def _rule(rule: Rule) -> dict[str, dict[str, Any]]:
    conditions = {name: getattr(rule.conditions, name) for name in CONDITION_KEYS}
    override = {name: _plain(getattr(rule.override, name)) for name in OVERRIDE_KEYS if _is_set(rule.override, name)}
    return {
        "override": override,
        "conditions": {name: value for name, value in conditions.items() if value is not None},
        "rule": {name: getattr(rule, name) for name in _RULE_KEYS},
    }


def _is_set(override: Override, name: str) -> bool:
    return getattr(override, name) is not None


def _plain(value: Any) -> Any:
    if isinstance(value, Body):
        return value.value
    return str(value) if isinstance(value, Delay) else value


@_of_the_store
def unpack_rules(raw: bytes) -> tuple[Rule, ...]:
    """Return the rules of :func:`pack_rules`. Their values were checked when they were set."""
    return tuple(_read_rule(value) for value in unpack(raw)) if raw else ()


def _read_rule(value: Mapping[str, Any]) -> Rule:
    override = {name: _OVERRIDES.get(name, _same)(given) for name, given in value["override"].items()}
    conditions = Conditions(**value["conditions"]) if value["conditions"] else NO_CONDITIONS
    return Rule(Override(**override), conditions, **value["rule"])


def _same(value: Any) -> Any:
    return value


# Entries of the journal -----------------------------------------------------------------------------------------------


def pack_entry(entry: Entry) -> bytes:
    """Return an entry of the journal, with keys and cookies redacted."""
    headers = redacted_headers(entry.headers)
    return pack(
        (
            *(entry.at, entry.method, entry.path, headers, entry.body.decode("latin-1"), _answer(entry.answer)),
            *(entry.trace, entry.body_truncated, entry.answer_truncated, entry.is_preflight, entry.seconds),
        )
    )


@_of_the_store
def unpack_entry(raw: bytes, snapshot: Snapshot) -> Entry:
    """Return the entry of :func:`pack_entry`, judged by this snapshot."""
    at, method, path, headers, body, answer, trace, *rest = unpack(raw)
    conversation_id, user_id, known, before, position = trace
    return Entry(
        *(at, method, path, headers, body.encode("latin-1"), _read_answer(answer), snapshot),
        Trace(conversation_id, user_id, known, _position(before), _position(position)),
        *rest,
    )


def pack_answer(answer: Answer) -> bytes:
    """Return a response in the place that it has in an entry."""
    return pack((None, None, None, None, None, _answer(answer)))


@_of_the_store
def unpack_answer(raw: bytes) -> Answer:
    """Return the response of :func:`pack_entry` or :func:`pack_answer`."""
    return _read_answer(unpack(raw)[5])


def _answer(answer: Answer) -> tuple[Any, ...]:
    source = answer.source
    return (
        *(answer.status, answer.body.decode("latin-1"), answer.headers, answer.media_type, answer.delay, answer.fault),
        *(source.kind, source.override, source.fault),
    )


def _read_answer(value: Sequence[Any]) -> Answer:
    status, body, headers, media_type, delay, fault, kind, override, spoiled = value
    source = Source(ReplySource(kind), None if override is None else (override[0], override[1]), _fault(spoiled))
    pairs = tuple((name, text) for name, text in headers)
    return Answer(status, body.encode("latin-1"), pairs, media_type, delay, _fault(fault), source)


def _fault(value: str | None) -> Fault | None:
    return None if value is None else Fault(value)


def request_key(headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the name under which the response to a request is kept, nothing for a request without an id.

    The same id with another body or other credentials is another request: nobody gets the response of somebody else.
    """
    if not headers.get(_REQUEST_ID):
        return b""
    named = blake2b(repr([headers.get(name) for name in (_REQUEST_ID, *_OF_A_REQUEST)]).encode(), digest_size=32)
    return blake2b(body, key=named.digest(), digest_size=16).digest()
