"""Leniency profiles: how the mock decides what the API's documents leave open.

Three profiles have names. Any other profile is a file that ``chat-contract verify --profile-out`` wrote: one server's
answers to the open questions in ``openapi/latitude.yaml``. Questions without an answer are decided as documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, ValidationError, core_schema

from chat_contract import Contract, KitError, Question
from chat_contract.errors import Pointer
from chat_contract.profile import read_profile

_Handler = Callable[[Any], Any]
_ACCEPTED = "accepted"


class UnknownConversation(StrEnum):
    """What a server does with a conversation_id that it did not issue. The values are those of the open question."""

    CONTINUED = "continued"
    REPLACED = "replaced"
    REJECTED = "rejected"
    NOT_FOUND = "not-found"


class MediaTypeAnswer(StrEnum):
    """What a server does with a body of another media type. The values are those of the open questions."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Answered:
    """An open question about a value, with the server's answer."""

    question: Question
    accepted: bool


@dataclass(frozen=True)
class Leniency:
    """One way to decide what the documents leave open."""

    name: str
    lenient: bool = False
    """Accept other notations of integers and date-times, as pydantic does: ``"5"``, ``true``, a date, Unix seconds."""
    null_for_optional: bool = False
    """Accept null for optional properties."""
    unknown_properties: bool = True
    """Accept undocumented properties."""
    ignores_case: bool = False
    """Take a property for a documented one if their names differ only by case."""
    values: tuple[Answered, ...] = ()
    """Answers about values; they take precedence."""
    unknown: tuple[tuple[Pointer, bool], ...] = ()
    """Answers about undocumented properties, by the location of their object."""
    unknown_conversation: UnknownConversation = UnknownConversation.CONTINUED
    other_user: bool = True
    """Let another user continue a conversation."""
    media_types: tuple[tuple[str | None, MediaTypeAnswer], ...] = ()
    """Answers about media types, by the media type of the question."""

    def accepts_unknown_at(self, place: Pointer) -> bool:
        """Return whether the object at ``place`` may have undocumented properties."""
        return dict(self.unknown).get(place, self.unknown_properties)

    def wrap(self, inner: CoreSchema, place: Pointer, schema: Mapping[str, Any]) -> CoreSchema:
        """Return a validator that applies the answers about the values at ``place`` before ``inner``."""
        answers = tuple(answer for answer in self.values if answer.question.place == place)
        if not answers:
            return inner
        return core_schema.no_info_wrap_validator_function(_by_answers(answers, schema), inner)


DOCUMENTED = Leniency("documented")
FASTAPI = Leniency("fastapi", lenient=True, null_for_optional=True)
FORBID = Leniency("forbid", unknown_properties=False)
PROFILES = {leniency.name: leniency for leniency in (DOCUMENTED, FASTAPI, FORBID)}


def read_leniency(name_or_file: str, contract: Contract) -> Leniency:
    """Return the named profile, or the one in the file. Raise :class:`KitError` if there is neither."""
    if name_or_file in PROFILES:
        return PROFILES[name_or_file]
    path = Path(name_or_file)
    if not path.is_file():
        raise KitError(
            f'Unknown profile "{name_or_file}" for --latitude. Valid values: {", ".join(PROFILES)}, '
            "or a file written by chat-contract verify --profile-out."
        )
    return from_answers(path.stem, read_profile(path, contract), contract.questions)


def from_answers(name: str, answers: Mapping[str, str], questions: Mapping[str, Question]) -> Leniency:
    """Return the profile of a server that gave these answers. Keys are the ids of questions."""
    answered = [(questions[key], answer) for key, answer in answers.items()]
    return Leniency(
        name,
        ignores_case=any(answer == _ACCEPTED for question, answer in answered if question.case),
        values=tuple(
            Answered(question, answer == _ACCEPTED) for question, answer in answered if question.schema is not None
        ),
        unknown=tuple((question.place or (), answer == _ACCEPTED) for question, answer in answered if question.unknown),
        unknown_conversation=next(
            (UnknownConversation(answer) for question, answer in answered if question.unissued),
            DOCUMENTED.unknown_conversation,
        ),
        other_user=all(answer == _ACCEPTED for question, answer in answered if question.other_user),
        media_types=tuple(
            (question.media_type, MediaTypeAnswer(answer)) for question, answer in answered if question.about_media_type
        ),
    )


# Answers about values -------------------------------------------------------------------------------------------------

_FREE_TEXT = "timestamp-free-text"
_LEAP_SECOND = re.compile(":60(?=[.Zz+-]|$)")


@cache
def _lenient_integer() -> SchemaValidator:
    return SchemaValidator(core_schema.int_schema())


@cache
def _lenient_time() -> SchemaValidator:
    return SchemaValidator(core_schema.datetime_schema())


def _by_answers(answers: tuple[Answered, ...], schema: Mapping[str, Any]) -> Callable[[Any, _Handler], Any]:
    any_text = any(answer.question.id == _FREE_TEXT and answer.accepted for answer in answers)
    read = _reader_of(schema, any_text=any_text)

    def validate(value: Any, handler: _Handler) -> Any:
        touched = [answer for answer in answers if answer.question.is_raised_by_value(value)]
        for answer in touched:
            if not answer.accepted:
                handler(value)  # Prefer FastAPI's own error, if it has one.
                raise _refused(answer.question)
        try:
            return handler(value)
        except ValidationError:
            accepted = bool(touched) or (any_text and isinstance(value, str))
            if not accepted or isinstance(value, list | dict):
                raise
        converted = read(value)
        # "-3" is both a string and a negative limit: the answers about the number apply too.
        return converted if type(converted) is type(value) else _check_again(converted, answers)

    return validate


def _check_again(converted: Any, answers: tuple[Answered, ...]) -> Any:
    for answer in answers:
        if converted is not None and answer.question.is_raised_by_value(converted) and not answer.accepted:
            raise _refused(answer.question)
    return converted


def _refused(question: Question) -> PydanticCustomError:
    return PydanticCustomError(
        "value_error", "Value error, {error}", {"error": f"rejected by the profile: {question.id}"}
    )


def _reader_of(schema: Mapping[str, Any], *, any_text: bool) -> Callable[[Any], Any]:
    """Return a function that converts a value which the schema rejects and the server accepts."""
    if schema.get("type") == "integer":
        return lambda value: None if value in (None, "") else _lenient_integer().validate_python(value)
    if schema.get("format") == "date-time" and not any_text:

        def read_time(value: Any) -> Any:
            # pydantic reads no leap second.
            _lenient_time().validate_python(_LEAP_SECOND.sub(":59", value) if isinstance(value, str) else value)
            return value

        return read_time
    return lambda value: value
