"""Responses that an override chooses, and responses that a fault damages. Pure; randomness is a parameter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from random import Random
from typing import Any

from pydantic_core import to_json

from mock_server.http.messages import JSON, Answer, Headers, encode
from mock_server.http.source import Fault, Source
from mock_server.loading.snapshot import Snapshot
from mock_server.overrides.effective import Effective
from mock_server.shop.replies import ChatTurn, Reply
from mock_server.shop.scenarios import Position
from mock_server.validation.parsing import is_json

_ATTEMPTS = 50
_WITHOUT_BODY = frozenset({204, 205, 304})
_EXTRA_HEADERS: dict[int, Headers] = {
    401: (("WWW-Authenticate", "Bearer"),),
    429: (("Retry-After", "1"),),
    503: (("Retry-After", "1"),),
}


def forced_answer(snapshot: Snapshot, effective: Effective, chance: Random) -> Answer | None:
    """Return the response for a status other than 200, which does not depend on the request.

    Returns None for replies (status 200), which need a valid request.
    """
    status = _status_of(snapshot, effective)
    body = effective.override.body
    if body is not None:
        return _custom(status or 200, body.value, effective)
    if status in (200, None):
        return None
    chosen = _chosen_value(snapshot, effective, status, chance)
    if chosen is not None:
        value, source = chosen
        return _answer(status, value, source)
    source = effective.source("code", status)
    return failed_turn(snapshot, status, source)


def _custom(status: int, value: Any, effective: Effective) -> Answer:
    """Return a response with the body of a rule: a text of another media type as it is, anything else as JSON."""
    headers = effective.override.headers or {}
    media_type = next((value for name, value in headers.items() if name.lower() == "content-type"), JSON)
    raw = isinstance(value, str) and not is_json(media_type)
    body = b"" if status in _WITHOUT_BODY else value.encode("utf-8", "replace") if raw else encode(value)
    more = () if "retry-after" in map(str.lower, headers) else _EXTRA_HEADERS.get(status, ())
    return Answer(status, body, more, media_type, source=effective.source("body", ""))


def failed_turn(snapshot: Snapshot, status: int, source: Source) -> Answer:
    """Return the response with the status that a turn of the fixtures has."""
    examples = snapshot.examples.get(status)
    if status in _WITHOUT_BODY:
        return Answer(status, b"", source=source)
    return _answer(status, next(iter(examples.values())) if examples else {"detail": _phrase(status)}, source)


def chosen_reply(
    snapshot: Snapshot, effective: Effective, turn: ChatTurn, position: Position | None, chance: Random
) -> tuple[Reply, Source] | None:
    """Return the reply that the override chooses for a valid turn, None if it chooses none."""
    override = effective.override
    if override.conversation is not None:
        following = snapshot.shop.scenarios.next_in(override.conversation, position)
        return snapshot.shop.reply_at(following, turn), effective.source("conversation", override.conversation)
    if override.reply is not None:
        # The fields of the override replace those of this empty reply.
        return Reply("", [], None), effective.source("reply", "")
    chosen = _chosen_value(snapshot, effective, 200, chance)
    if chosen is None:
        return None
    value, source = chosen
    items = list({item["item_id"]: item for item in value["items"]}.values())
    return Reply(value["message"], items[: snapshot.shop.limit_of(turn)], None), source


def forced_success(snapshot: Snapshot, effective: Effective) -> Answer | None:
    """Return the contract's first 200 example for an invalid request, if the override demands status 200."""
    examples = snapshot.examples.get(200, {})
    if effective.override.code != 200 or not examples:
        return None
    return _answer(200, next(iter(examples.values())), effective.source("code", 200))


def spoil(answer: Answer, fault: Fault) -> Answer:
    """Apply a fault. Faults of the body change it here; the adapters apply faults of the connection."""
    source = replace(answer.source, fault=fault)
    if fault is Fault.EMPTY:
        return answer._replace(body=b"", source=source)
    if fault is Fault.MALFORMED:
        return answer._replace(body=answer.body[: len(answer.body) * 2 // 3] or b"{", source=source)
    return answer._replace(fault=fault, source=source)


def _chosen_value(snapshot: Snapshot, effective: Effective, status: int, chance: Random) -> tuple[Any, Source] | None:
    """Return the named example or a generated value, if the override asks for one."""
    override = effective.override
    if override.example is not None:
        examples = snapshot.examples.get(status, {})
        return examples[override.example], effective.source("example", override.example)
    if override.dynamic:
        return _generated(snapshot, status, chance), effective.source("dynamic", "true")
    return None


def _status_of(snapshot: Snapshot, effective: Effective) -> int | None:
    override = effective.override
    if override.code is not None:
        return override.code
    return None if override.example is None else snapshot.example_names[override.example]


def _answer(status: int, value: Any, source: Source) -> Answer:
    return Answer(status, to_json(value), _EXTRA_HEADERS.get(status, ()), source=source)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def _generated(snapshot: Snapshot, status: int, chance: Random) -> Any:
    from chat_contract.contract import validator_for  # noqa: PLC0415 - slow to import, rarely needed
    from mock_server.shop.generated import generate  # noqa: PLC0415

    schema = snapshot.response_schemas[status]
    validator = validator_for(schema)
    for _ in range(_ATTEMPTS):
        value = generate(schema, chance)
        if validator.is_valid(value):
            return value
    # The schema uses keywords that the generator does not know. Use the contract's example instead.
    return next(iter(snapshot.examples.get(status, {}).values()), {})


def with_given_headers(answer: Answer, headers: Mapping[str, str]) -> Answer:
    """Return the response with these headers instead of its own of the same names."""
    given = {name.lower(): value for name, value in headers.items()}
    media_type = given.get("content-type", answer.media_type)
    kept = [pair for pair in answer.headers if pair[0].lower() not in given]
    added = [pair for pair in headers.items() if pair[0].lower() != "content-type"]
    return answer._replace(headers=(*kept, *added), media_type=media_type)
