"""Which of the nested sets a request belongs to, by its raw bytes and headers, and every fault that puts it outside.

    must accept ⊂ documented ⊂ may accept;  outside all of them: must refuse

Three schemas say most of it (``openapi/chat.yaml`` and its overlays). What no schema can say is here: how a number
is written, which conversations this server issued, media types, bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, cast

from jsonschema.exceptions import ValidationError

from chat_contract.body import ABSENT, Body, read_body
from chat_contract.contract import DOCUMENTED, MAY_ACCEPT, MUST_ACCEPT, Contract
from chat_contract.errors import Pointer
from chat_contract.exchange import Request
from chat_contract.history import History
from chat_contract.roles import CONVERSATION, USER


class RequestClass(StrEnum):
    """The innermost set that holds the request."""

    MUST_ACCEPT = MUST_ACCEPT
    DOCUMENTED = DOCUMENTED
    MAY_ACCEPT = MAY_ACCEPT
    MUST_REJECT = "must-reject"


MediaType = Literal["json", "json-with-charset", "foreign"]


@dataclass(frozen=True)
class Fault:
    """A place that is outside a set. ``outside`` is the outermost set that it leaves; ``place`` is where it is.

    A missing property is at its own place, an unknown one too. The body as a whole is at ``()``; so is a name like
    ``__proto__``, for which readers refuse the whole body.
    """

    place: Pointer
    keyword: str
    value: Any
    outside: str


@dataclass(frozen=True)
class Classification:
    """What is known of a request before anything answers it."""

    request_class: RequestClass
    body: Body
    faults: tuple[Fault, ...]
    questions: frozenset[str]
    media_type: MediaType

    @property
    def value(self) -> Any:
        return self.body.value

    @property
    def hard_faults(self) -> tuple[Fault, ...]:
        """The faults that no implementation may overlook."""
        return tuple(fault for fault in self.faults if fault.outside == MAY_ACCEPT)


_NOTHING_SAID = History()
_PROTOTYPE_NAMES = frozenset({"__proto__", "constructor", "prototype"})
_UTF_8 = re.compile(r"\s*;\s*charset\s*=\s*\"?utf-?8\"?\s*\Z", re.IGNORECASE)


def classify(contract: Contract, request: Request, history: History = _NOTHING_SAID) -> Classification:
    """Say which set the request belongs to, with every fault and every question of the latitude that it touches.

    ``history`` tells which conversations the server issued; without one, no conversation_id counts as issued.
    """
    body = read_body(request.body)
    media_type = _media_type(request.header("Content-Type"))
    faults = tuple(_faults(contract, body, history))
    return Classification(
        request_class=_request_class(faults, media_type),
        body=body,
        faults=faults,
        questions=frozenset(_questions(contract, request, body, faults)),
        media_type=media_type,
    )


def _request_class(faults: tuple[Fault, ...], media_type: MediaType) -> RequestClass:
    outside = {fault.outside for fault in faults}
    if MAY_ACCEPT in outside:
        return RequestClass.MUST_REJECT
    if DOCUMENTED in outside or media_type == "foreign":
        return RequestClass.MAY_ACCEPT
    if MUST_ACCEPT in outside or media_type == "json-with-charset":
        return RequestClass.DOCUMENTED
    return RequestClass.MUST_ACCEPT


def _media_type(header: str | None) -> MediaType:
    if header is None:
        return "foreign"
    name, separator, parameters = header.partition(";")
    if name.strip().lower() != "application/json":
        return "foreign"
    if not separator:
        return "json"
    return "json-with-charset" if _UTF_8.match(separator + parameters) else "foreign"


def _faults(contract: Contract, body: Body, history: History) -> Iterator[Fault]:
    if body.value is ABSENT:
        keyword = "syntax" if body.malformed else "i-json"
        yield Fault((), keyword, ABSENT, MAY_ACCEPT if body.malformed else DOCUMENTED)
        return
    seen: dict[Pointer, str] = {}
    for name in (MAY_ACCEPT, DOCUMENTED, MUST_ACCEPT):
        validator = contract.validators[name]
        found = [fault for error in validator.iter_errors(body.value) for fault in _placed(error, name)]
        for fault in found:
            if fault.place not in seen:
                yield fault
        seen = {fault.place: name for fault in found} | seen
    for fault in _unsaid(contract, body, history):
        # A place that already leaves an outer set is not at fault twice.
        if fault.keyword == "issued" or seen.get(fault.place, MUST_ACCEPT) == MUST_ACCEPT:
            yield fault


def _placed(error: ValidationError, outside: str) -> Iterator[Fault]:
    """Turn what jsonschema reports at an object into faults of the members that are missing or unknown."""
    place: Pointer = tuple(error.absolute_path)
    keyword = str(error.validator)
    if keyword == "required" and isinstance(error.instance, dict):
        # jsonschema reports each missing property on its own, and names it only in the text.
        for name in cast("list[str]", error.validator_value):
            if name not in error.instance and error.message.startswith(repr(name)):
                yield Fault((*place, name), "required", ABSENT, outside)
    elif keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for name, value in error.instance.items():
            if name not in known:
                at = () if name in _PROTOTYPE_NAMES else (*place, name)
                yield Fault(at, "additionalProperties", value, outside)
    else:
        yield Fault(place, keyword, error.instance, outside)


def _unsaid(contract: Contract, body: Body, history: History) -> Iterator[Fault]:
    """Yield the faults that no schema can state."""
    value = body.value
    if body.beyond_ijson:
        yield Fault((), "i-json", value, DOCUMENTED)
    if not isinstance(value, dict):
        return
    properties = contract.schemas[DOCUMENTED].get("properties", {})
    for name, schema in properties.items():
        # An integer that is written with a fraction or an exponent is read as a float.
        if isinstance(schema, dict) and schema.get("type") == "integer" and isinstance(value.get(name), float):
            yield Fault((name,), "written", value[name], DOCUMENTED)
    conversation = value.get(CONVERSATION)
    if not isinstance(conversation, str):
        return
    if not history.issued(conversation):
        yield Fault((CONVERSATION,), "issued", conversation, MUST_ACCEPT)
        if USER in value and history.was_used_by_another(conversation, value[USER]):
            # The server may have adopted the conversation with the first who named it, and hold on to that user.
            yield Fault((USER,), "other-user", value[USER], DOCUMENTED)
    elif USER in value and not history.same_user(conversation, value[USER]):
        yield Fault((USER,), "other-user", value[USER], DOCUMENTED)


def _questions(contract: Contract, request: Request, body: Body, faults: tuple[Fault, ...]) -> Iterator[str]:
    keywords = {fault.keyword for fault in faults}
    unknown = {fault.place[:-1] for fault in faults if fault.keyword == "additionalProperties" and fault.place}
    media_type = request.header("Content-Type")
    for question in contract.questions.values():
        if question.about_media_type:
            if media_type == question.media_type:
                yield question.id
        elif question.unissued:
            if "issued" in keywords:
                yield question.id
        elif question.other_user:
            if "other-user" in keywords and "issued" not in keywords:
                yield question.id
        elif question.unknown:
            depth = len(question.place or ())
            if body.value is not ABSENT and any(len(place) == depth for place in unknown):
                yield question.id
        elif body.value is not ABSENT and question.touched_by(body.value):
            yield question.id
