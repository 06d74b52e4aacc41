"""The questions that the documents leave open, as ``openapi/latitude.yaml`` asks them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from jsonschema import Draft202012Validator

from chat_contract.document.source import Source
from chat_contract.errors import Pointer

_ANSWERS = frozenset({"accepted", "refused", "continued", "replaced", "not-found", "unsupported"})
_KEYS = frozenset(
    {
        "question",
        "place",
        "schema",
        "ask",
        "times",
        "answers",
        "written",
        "unknown",
        "unissued",
        "other_user",
        "media_type",
    }
)
_NOT_ASKED: Any = object()


@dataclass(frozen=True, eq=False)
class Question:
    """One open question: where it is asked, which values touch it, how it is asked, what may be answered."""

    id: str
    text: str
    answers: tuple[str, ...]
    place: Pointer | None = None
    schema: Mapping[str, Any] | None = field(default=None, repr=False)
    written: str | None = None
    unknown: bool = False
    unissued: bool = False
    other_user: bool = False
    media_type: Any = _NOT_ASKED
    ask: Mapping[str, Any] | None = None
    times: int = 1

    @property
    def about_media_type(self) -> bool:
        return self.media_type is not _NOT_ASKED

    @cached_property
    def _validator(self) -> Draft202012Validator:
        return Draft202012Validator(dict(self.schema or {}))

    def touched_by(self, body: Any) -> bool:
        """Say whether a value at the question's place touches it; what no schema can say is left to the caller."""
        if self.place is None or self.schema is None:
            return False
        return any(self.touches(value) for value in values_at(body, self.place))

    def touches(self, value: Any) -> bool:
        """Say whether a value that stands at the question's place touches it."""
        if self.schema is None or (self.written is not None and not isinstance(value, float)):
            return False
        return self._validator.is_valid(value)


def values_at(body: Any, place: Pointer) -> Iterator[Any]:
    """Yield the values at a place in which ``*`` stands for every element of a list."""
    if not place:
        yield body
    elif place[0] == "*":
        if isinstance(body, list):
            for element in body:
                yield from values_at(element, place[1:])
    elif isinstance(body, dict) and place[0] in body:
        yield from values_at(body[str(place[0])], place[1:])


def read_questions(source: Source) -> Mapping[str, Question]:
    """Read the questions; raises :class:`chat_contract.errors.DocumentError` naming the one that is malformed."""
    questions = {}
    for name, row in source.value["questions"].items():
        pointer = ("questions", name)
        if not isinstance(row, dict) or not isinstance(row.get("question"), str) or set(row) - _KEYS:
            raise source.error(
                "is no question", pointer=pointer, value=row, hint=f"use the keys {', '.join(sorted(_KEYS))}"
            )
        answers = row.get("answers")
        if not isinstance(answers, list) or not answers or not set(answers) <= _ANSWERS:
            raise source.error(
                "has answers that nobody gives",
                pointer=(*pointer, "answers"),
                value=answers,
                hint=f"choose from {', '.join(sorted(_ANSWERS))}",
            )
        place = row.get("place")
        questions[name] = Question(
            id=name,
            text=row["question"],
            answers=tuple(answers),
            place=None if place is None else tuple(place.split("/")[1:]),
            schema=row.get("schema"),
            written=row.get("written"),
            unknown=bool(row.get("unknown")),
            unissued=bool(row.get("unissued")),
            other_user=bool(row.get("other_user")),
            media_type=row.get("media_type", _NOT_ASKED),
            ask=row.get("ask"),
            times=row.get("times", 1),
        )
    return MappingProxyType(questions)
