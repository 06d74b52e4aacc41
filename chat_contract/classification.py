"""Classifies a request: the innermost nested set that it belongs to, and every fault that keeps it out of a set.

    must-accept ⊂ documented ⊂ may-accept; a request outside all of them is must-reject

Three schemas define the sets: ``openapi/chat.yaml`` and its overlays. The code of this module adds what a schema cannot
express: how a number is written, which conversations the server issued, media types, bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, cast

from chat_contract.body import ABSENT, Body, is_odd_name, read_body
from chat_contract.contract import DOCUMENTED, MAY_ACCEPT, MUST_ACCEPT, Contract
from chat_contract.errors import Pointer
from chat_contract.exchange import Request
from chat_contract.history import History
from chat_contract.property_case import CaseVariant, case_variants, read_without_case
from chat_contract.roles import CONVERSATION, USER

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError


class RequestClass(StrEnum):
    """The innermost set that contains a request."""

    MUST_ACCEPT = MUST_ACCEPT
    DOCUMENTED = DOCUMENTED
    MAY_ACCEPT = MAY_ACCEPT
    MUST_REJECT = "must-reject"


MediaType = Literal["json", "json-with-charset", "foreign"]
"""``application/json``, the same with ``charset=utf-8``, or any other media type or none."""


class Beyond(StrEnum):
    """Reasons for a fault that no JSON Schema keyword expresses."""

    SYNTAX = "syntax"
    IJSON = "i-json"
    WHOLE_BODY = "whole-body"
    PROPERTY_CASE = "property-case"
    NOTATION = "notation"
    NOT_ISSUED = "not-issued"
    OTHER_USER = "other-user"


@dataclass(frozen=True)
class Fault:
    """A place in a request that keeps it out of a set.

    ``outside`` is the outermost set that excludes it. ``place`` of a missing or unknown property is its own path;
    ``()`` is the body as a whole, also for a :class:`chat_contract.body.Obstacle` anywhere in it.
    ``keyword`` is the JSON Schema keyword, or one of :class:`Beyond`.
    """

    place: Pointer
    keyword: str
    value: Any
    outside: str


@dataclass(frozen=True)
class Classification:
    """What is known about a request before a server responds to it."""

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
        """The faults that every implementation must reject."""
        return tuple(fault for fault in self.faults if fault.outside == MAY_ACCEPT)


_EMPTY_HISTORY = History()
_UTF_8 = re.compile(r"\s*;\s*charset\s*=\s*\"?utf-?8\"?\s*\Z", re.IGNORECASE)


def classify(contract: Contract, request: Request, history: History = _EMPTY_HISTORY) -> Classification:
    """Classify a request, with its faults and the ids of the open questions that it raises.

    ``history`` holds the conversations that the server issued; without one, no ``conversation_id`` counts as issued.
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
        keyword = Beyond.SYNTAX if body.malformed else Beyond.IJSON
        yield Fault((), keyword, ABSENT, MAY_ACCEPT if body.malformed else DOCUMENTED)
        return
    found = _of_schemas(contract, body.value)
    if variants := tuple(case_variants(contract.schemas[DOCUMENTED], body.value)):
        found = [*_softened(contract, body.value, found), *map(_as_fault, variants)]
    yield from found
    seen = {fault.place: fault.outside for fault in reversed(found)}
    for fault in _beyond_schema(contract, body, history):
        # A place outside a wider set is reported once.
        if fault.keyword == Beyond.NOT_ISSUED or seen.get(fault.place, MUST_ACCEPT) == MUST_ACCEPT:
            yield fault


def _of_schemas(contract: Contract, value: Any) -> list[Fault]:
    """Return the faults that the schemas express; each place with the outermost set that excludes it."""
    faults: list[Fault] = []
    seen: set[Pointer] = set()
    for name in (MAY_ACCEPT, DOCUMENTED, MUST_ACCEPT):
        found = [fault for error in contract.validators[name].iter_errors(value) for fault in _located(error, name)]
        missing: set[Pointer] = set()
        for fault in found:
            if fault.place in seen or fault.place in missing:
                continue
            if fault.keyword == "required":
                missing.add(fault.place)
            faults.append(fault)
        seen |= {fault.place for fault in found}
    return faults


def _as_fault(variant: CaseVariant) -> Fault:
    return Fault(variant.place, Beyond.PROPERTY_CASE, variant.value, DOCUMENTED)


def _softened(contract: Contract, value: Any, faults: list[Fault]) -> list[Fault]:
    """Return the faults as may-accept if a server that ignores the case of names may accept the body."""
    readings = (
        read_without_case(contract.schemas[DOCUMENTED], value, last_wins=last_wins) for last_wins in (True, False)
    )
    if not any(map(contract.validators[MAY_ACCEPT].is_valid, readings)):
        return faults
    return [replace(fault, outside=DOCUMENTED) if fault.outside == MAY_ACCEPT else fault for fault in faults]


def _located(error: ValidationError, outside: str) -> Iterator[Fault]:
    """Turn an error that jsonschema reports for an object into faults at its missing or unknown properties."""
    place: Pointer = tuple(error.absolute_path)
    keyword = str(error.validator)
    if keyword == "required" and isinstance(error.instance, dict):
        # jsonschema reports one error for each missing property, without its name: each error yields all of them.
        for name in cast("list[str]", error.validator_value):
            if name not in error.instance:
                yield Fault((*place, name), "required", ABSENT, outside)
    elif keyword == "additionalProperties" and isinstance(error.instance, dict):
        known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
        for name, value in error.instance.items():
            if name not in known:
                yield Fault((*place, name), "additionalProperties", value, outside)
    else:
        yield Fault(place, keyword, error.instance, outside)


def _beyond_schema(contract: Contract, body: Body, history: History) -> Iterator[Fault]:
    """Yield the faults that a schema cannot express."""
    value = body.value
    if body.beyond_ijson:
        yield Fault((), Beyond.IJSON, value, DOCUMENTED)
    elif body.obstacles:
        yield Fault((), Beyond.WHOLE_BODY, value, MUST_ACCEPT)
    if not isinstance(value, dict):
        return
    properties = contract.schemas[DOCUMENTED].get("properties", {})
    for name, schema in properties.items():
        # A number with a fraction or an exponent is read as a float.
        if isinstance(schema, dict) and schema.get("type") == "integer" and isinstance(value.get(name), float):
            yield Fault((name,), Beyond.NOTATION, value[name], DOCUMENTED)
    conversation = value.get(CONVERSATION)
    if not isinstance(conversation, str):
        return
    if not history.issued(conversation):
        yield Fault((CONVERSATION,), Beyond.NOT_ISSUED, conversation, MUST_ACCEPT)
        if USER in value:
            # The server may have tied the conversation to the user that sent the id first, perhaps before this run.
            yield Fault((USER,), Beyond.OTHER_USER, value[USER], DOCUMENTED)
    elif USER in value and not history.same_user(conversation, value[USER]):
        yield Fault((USER,), Beyond.OTHER_USER, value[USER], DOCUMENTED)


def _questions(contract: Contract, request: Request, body: Body, faults: tuple[Fault, ...]) -> Iterator[str]:
    keywords = {fault.keyword for fault in faults}
    stands_in = {(*fault.place[:-1], str(fault.place[-1]).casefold()) for fault in faults if _is_case(fault)}
    unknown = {
        fault.place[:-1]
        for fault in faults
        if fault.keyword == "additionalProperties"
        and not is_odd_name(str(fault.place[-1]))
        and (*fault.place[:-1], str(fault.place[-1]).casefold()) not in stands_in
    }
    missing = {fault.place for fault in faults if fault.keyword == "required"}
    media_type = request.header("Content-Type")
    for question in contract.questions.values():
        if question.about_media_type:
            if media_type == question.media_type:
                yield question.id
        elif question.unissued:
            if Beyond.NOT_ISSUED in keywords:
                yield question.id
        elif question.other_user:
            if Beyond.OTHER_USER in keywords and Beyond.NOT_ISSUED not in keywords:
                yield question.id
        elif question.case:
            if any(_is_case(fault) and fault.place in missing for fault in faults):
                yield question.id
        elif question.unknown:
            depth = len(question.place or ())
            if body.value is not ABSENT and any(len(place) == depth for place in unknown):
                yield question.id
        elif body.value is not ABSENT and question.is_raised_by(body.value):
            yield question.id


def _is_case(fault: Fault) -> bool:
    return fault.keyword == Beyond.PROPERTY_CASE
