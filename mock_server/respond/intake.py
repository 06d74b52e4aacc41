"""From the raw request to a valid turn: encoding, size, media type, JSON, request schema."""

from __future__ import annotations

from contextlib import nullcontext
from functools import lru_cache

from mock_server.http.messages import Answer, Call, encode
from mock_server.http.source import ReplySource, Source
from mock_server.loading.snapshot import Snapshot
from mock_server.respond.collector import paused_collector
from mock_server.shop.replies import ChatTurn
from mock_server.validation.fastapi_errors import RequestValidator, ValidationErrors, json_invalid
from mock_server.validation.leniency import MediaTypeAnswer
from mock_server.validation.parsing import json_object, media_type_answer, validate_body

OMITTED = "Chat-Mock-Errors-Omitted"
"""The header with the number of errors that a 422 does not list."""

_IDENTITY = frozenset({"", "identity"})
_TURNS_KEPT = 256
_MAX_KEPT_BODY = 2048
_LARGE = 64 * 1024


def read_turn(snapshot: Snapshot, call: Call) -> ChatTurn | Answer:
    """Return the turn of a valid request, or the response that rejects it."""
    encoding = call.headers.get("content-encoding", "")
    if encoding and (encoding := encoding.strip().lower()) not in _IDENTITY:
        detail = f'Unsupported Content-Encoding "{encoding}". Send the body without encoding.'
        accepted = (("Accept-Encoding", "identity"),)
        return Answer(415, encode({"detail": detail}), accepted, source=Source(ReplySource.CONTENT_ENCODING))
    if call.too_large:
        detail = f"The body is larger than {snapshot.options.max_body} bytes."
        return Answer(413, encode({"detail": detail}), source=Source(ReplySource.MAX_BODY))
    if call.cut_short:
        return rejection(json_invalid("The body ended before its announced length", len(call.body)))
    media_type = media_type_answer(snapshot.leniency, call.headers.get("content-type"))
    if media_type is MediaTypeAnswer.UNSUPPORTED:
        return Answer(415, encode({"detail": "Unsupported Media Type"}), source=Source(ReplySource.MEDIA_TYPE))
    as_json = media_type is MediaTypeAnswer.ACCEPTED
    with paused_collector() if len(call.body) > _LARGE else nullcontext():
        try:
            if as_json and len(call.body) <= _MAX_KEPT_BODY:
                return _kept_turn(snapshot.validator, call.body)
            return _turn(snapshot.validator, call.body, as_json=as_json)
        except _InvalidBodyError as error:
            return rejection(error.errors)


class _InvalidBodyError(Exception):
    def __init__(self, errors: ValidationErrors) -> None:
        super().__init__()
        self.errors = errors


def _turn(validator: RequestValidator, body: bytes, *, as_json: bool = True) -> ChatTurn:
    value, errors = validate_body(validator, body, as_json=as_json)
    if errors:
        raise _InvalidBodyError(errors)
    return ChatTurn.from_body(value)


@lru_cache(_TURNS_KEPT)
def _kept_turn(validator: RequestValidator, body: bytes) -> ChatTurn:
    """Return the turn of a short body. Clients under test and load tests repeat their bodies; errors are not kept."""
    return _turn(validator, body)


def rejection(errors: ValidationErrors, source: ReplySource = ReplySource.VALIDATION) -> Answer:
    """Return the 422 with these errors. A header tells how many further ones it does not list."""
    omitted = ((OMITTED, str(errors.omitted)),) if errors.omitted else ()
    return Answer(422, encode({"detail": errors}), omitted, source=Source(source))


def unchecked_turn(call: Call) -> ChatTurn:
    """Return what can be read of a request whose validity does not matter."""
    return ChatTurn.from_body(json_object(call.body))
