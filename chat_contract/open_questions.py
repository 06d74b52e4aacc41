"""The questions that the documents leave open (``openapi/latitude.yaml``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from chat_contract.document.source import Source
from chat_contract.errors import Pointer
from chat_contract.fast_check import surely_conforms, surely_violates

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator


class Answer(StrEnum):
    """What a server does where a question is open."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CONTINUED = "continued"
    REPLACED = "replaced"
    NOT_FOUND = "not-found"
    UNSUPPORTED = "unsupported"


_KEYS = frozenset(
    {
        "question",
        "place",
        "schema",
        "ask",
        "without",
        "times",
        "answers",
        "written",
        "unknown",
        "case",
        "unissued",
        "other_user",
        "media_type",
    }
)
_ANY_MEDIA_TYPE: Any = object()


@dataclass(frozen=True, eq=False)
class Question:
    """An open question: the values that raise it, an example that does, and the possible answers.

    A value at ``place`` raises the question if it is valid under ``schema``. The other attributes describe what a
    schema cannot express; see the comment in ``openapi/latitude.yaml``.
    """

    id: str
    text: str
    answers: tuple[Answer, ...]
    place: Pointer | None = None
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    written: str | None = None
    unknown: bool = False
    case: bool = False
    unissued: bool = False
    other_user: bool = False
    media_type: Any = _ANY_MEDIA_TYPE
    ask: Mapping[str, Any] | None = None
    without: tuple[str, ...] = ()
    times: int = 1

    @property
    def about_media_type(self) -> bool:
        return self.media_type is not _ANY_MEDIA_TYPE

    @cached_property
    def _validator(self) -> Draft202012Validator:
        # These imports take 80 ms, and not every command needs them.
        from referencing.jsonschema import EMPTY_REGISTRY  # noqa: PLC0415

        from chat_contract.json_schema import Validator  # noqa: PLC0415

        validator: Draft202012Validator = Validator(dict(self.schema or {}), registry=EMPTY_REGISTRY)
        return validator

    def is_raised_by(self, body: Any) -> bool:
        """Return whether a value in the body raises the question; the caller checks what a schema cannot express."""
        if self.place is None or self.schema is None:
            return False
        return any(self.is_raised_by_value(value) for value in values_at(body, self.place))

    def is_raised_by_value(self, value: Any) -> bool:
        """Return whether a value at the question's place raises it."""
        if self.schema is None or (self.written is not None and not isinstance(value, float)):
            return False
        if surely_violates(value, self.schema):
            return False
        return surely_conforms(value, self.schema) or self._validator.is_valid(value)


def values_at(body: Any, place: Pointer) -> Iterator[Any]:
    """Yield the values at a place; ``*`` stands for every element of a list."""
    if not place:
        yield body
    elif place[0] == "*":
        if isinstance(body, list):
            for element in body:
                yield from values_at(element, place[1:])
    elif isinstance(body, dict) and place[0] in body:
        yield from values_at(body[str(place[0])], place[1:])


def read_questions(source: Source) -> Mapping[str, Question]:
    """Read the questions, by id. Raises :class:`chat_contract.errors.DocumentError` for a malformed one."""
    questions = {}
    for name, row in source.value["questions"].items():
        pointer = ("questions", name)
        if not isinstance(row, dict) or not isinstance(row.get("question"), str) or set(row) - _KEYS:
            raise source.error(
                "malformed question", pointer=pointer, value=row, hint=f"Use the keys {', '.join(sorted(_KEYS))}."
            )
        answers = row.get("answers")
        if not isinstance(answers, list) or not answers or not set(answers) <= set(Answer):
            raise source.error(
                "unknown answers",
                pointer=(*pointer, "answers"),
                value=answers,
                hint=f"Choose from {', '.join(sorted(Answer))}.",
            )
        place = row.get("place")
        questions[name] = Question(
            id=name,
            text=row["question"],
            answers=tuple(map(Answer, answers)),
            place=None if place is None else tuple(place.split("/")[1:]),
            schema=row.get("schema"),
            written=row.get("written"),
            unknown=bool(row.get("unknown")),
            case=bool(row.get("case")),
            unissued=bool(row.get("unissued")),
            other_user=bool(row.get("other_user")),
            media_type=row.get("media_type", _ANY_MEDIA_TYPE),
            ask=row.get("ask"),
            without=tuple(row.get("without", ())),
            times=row.get("times", 1),
        )
    return MappingProxyType(questions)
