"""How the mock fills the gaps that the documents leave: one of three ways known by name, or as another server does.

Pure. ``openapi/latitude.yaml`` asks the questions; a file that ``chat-contract verify --profile-out`` wrote holds the
answers of one server. What a file does not answer is answered as documented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import (
    CoreSchema,
    PydanticCustomError,
    SchemaValidator,
    ValidationError,
    core_schema,
)

from chat_contract import Contract, KitError, Question
from chat_contract.errors import Pointer
from chat_contract.profile import read_profile

_Handler = Callable[[Any], Any]


@dataclass(frozen=True)
class Answered:
    """A question about a value, with this server's answer."""

    question: Question
    accepted: bool


@dataclass(frozen=True)
class Latitude:
    """One way to fill the gaps."""

    name: str
    lenient: bool = False
    """Take what lenient readers take for an integer or a date-time: ``"5"``, ``true``, a date, Unix seconds."""
    null_for_optional: bool = False
    """Take null for a property that is not required."""
    unknown_properties: bool = True
    """Take properties that no document names."""
    values: tuple[Answered, ...] = ()
    """The answers about values, which differ from what the above says."""
    unknown: tuple[tuple[Pointer, bool], ...] = ()
    """The answers about unknown properties, by the place of their object."""
    unissued: str = "continued"
    """What becomes of a conversation_id that this server did not issue."""
    other_user: bool = True
    """Another user may go on with a conversation."""
    media_types: tuple[tuple[str | None, str], ...] = ()
    """The answers about media types, by the one that was asked with."""

    def takes_unknown_at(self, place: Pointer) -> bool:
        """Tell whether the object at this place may have properties that no document names."""
        return dict(self.unknown).get(place, self.unknown_properties)

    def answered(self, inner: CoreSchema, place: Pointer, schema: Mapping[str, Any]) -> CoreSchema:
        """Put the answers about the values at ``place`` before the validator that goes by the schema."""
        asked = tuple(answer for answer in self.values if answer.question.place == place)
        if not asked:
            return inner
        return core_schema.no_info_wrap_validator_function(_by_answers(asked, schema), inner)


DOCUMENTED = Latitude("documented")
FASTAPI = Latitude("fastapi", lenient=True, null_for_optional=True)
FORBID = Latitude("forbid", unknown_properties=False)
NAMED = {latitude.name: latitude for latitude in (DOCUMENTED, FASTAPI, FORBID)}


def read_latitude(name_or_file: str, contract: Contract) -> Latitude:
    """Return the latitude of that name, or the one in that file.

    Raises :class:`KitError` if it is neither.
    """
    if name_or_file in NAMED:
        return NAMED[name_or_file]
    path = Path(name_or_file)
    if not path.is_file():
        raise KitError(
            f"there is no latitude {name_or_file!r}; use {', '.join(NAMED)}, "
            "or a file that chat-contract verify --profile-out wrote"
        )
    return from_answers(path.stem, read_profile(path, contract), contract.questions)


def from_answers(name: str, answers: Mapping[str, str], questions: Mapping[str, Question]) -> Latitude:
    """Return the latitude of a server that gave these answers."""
    asked = [(questions[key], answer) for key, answer in answers.items()]
    return Latitude(
        name,
        values=tuple(
            Answered(question, answer == "accepted") for question, answer in asked if question.schema is not None
        ),
        unknown=tuple((question.place or (), answer == "accepted") for question, answer in asked if question.unknown),
        unissued=next((answer for question, answer in asked if question.unissued), DOCUMENTED.unissued),
        other_user=all(answer == "accepted" for question, answer in asked if question.other_user),
        media_types=tuple((question.media_type, answer) for question, answer in asked if question.about_media_type),
    )


# One value ------------------------------------------------------------------------------------------------------------

_FREE_TEXT = "timestamp-free-text"
_LENIENT_INTEGER = SchemaValidator(core_schema.int_schema())
_LENIENT_TIME = SchemaValidator(core_schema.datetime_schema())


def _by_answers(asked: tuple[Answered, ...], schema: Mapping[str, Any]) -> Callable[[Any, _Handler], Any]:
    any_text = any(answer.question.id == _FREE_TEXT and answer.accepted for answer in asked)
    understand = _reader_of(schema, any_text=any_text)

    def validate(value: Any, handler: _Handler) -> Any:
        touched = [answer for answer in asked if answer.question.touches(value)]
        for answer in touched:
            if not answer.accepted:
                handler(value)  # FastAPI's words for it, if it has any
                raise _refused(answer.question)
        try:
            return handler(value)
        except ValidationError:
            accepted = bool(touched) or (any_text and isinstance(value, str))
            if not accepted or isinstance(value, list | dict):
                raise
        understood = understand(value)
        # "-3" is a string and a negative limit: what it stands for has answers of its own.
        return understood if type(understood) is type(value) else _asked_again(understood, asked)

    return validate


def _asked_again(understood: Any, asked: tuple[Answered, ...]) -> Any:
    for answer in asked:
        if understood is not None and answer.question.touches(understood) and not answer.accepted:
            raise _refused(answer.question)
    return understood


def _refused(question: Question) -> PydanticCustomError:
    return PydanticCustomError(
        "value_error", "Value error, {error}", {"error": f"this server answers no to: {question.text}"}
    )


def _reader_of(schema: Mapping[str, Any], *, any_text: bool) -> Callable[[Any], Any]:
    """Return what reads a value that the schema refuses and the server takes; null and nothing stand for nothing."""
    if schema.get("type") == "integer":
        return lambda value: None if value in (None, "") else _LENIENT_INTEGER.validate_python(value)
    if schema.get("format") == "date-time" and not any_text:

        def read_time(value: Any) -> Any:
            _LENIENT_TIME.validate_python(value)
            return value

        return read_time
    return lambda value: value
