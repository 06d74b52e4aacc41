"""Compare two servers that got the same requests, such as a mock and the service that it replaces.

Pure: compares the observations of two runs of one plan. Texts, ids and the number of items depend on the catalogue, so
they are not compared. Status, locations and types of errors, the shape of replies and open questions are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal

from chat_contract.errors import render_pointer
from chat_contract.exchange import Breakdown
from chat_verifier.findings.cause import case_id
from chat_verifier.findings.verdict import RunResult
from chat_verifier.run.observation import Observation
from chat_verifier.run.stop import Interruption

FORMAT: Literal["chat-contract-parity"] = "chat-contract-parity"
VERSION: Literal[1] = 1

NO_ERROR_LIST = "no-error-list"
"""The id for a 422 whose ``detail`` is not a list."""


class DifferenceKind(StrEnum):
    """What differs between two servers."""

    OPEN_QUESTION = "open-question"
    STATUS = "status"
    ERROR_LOCATIONS = "error-locations"
    ERROR_TYPES = "error-types"
    ERROR_ORDER = "error-order"
    FIELDS = "fields"


@dataclass(frozen=True)
class Difference:
    """One difference between two servers.

    ``about``: id of the open question, class of the request, places of its faults, or JSON Pointer into the reply.
    ``a``, ``b``: what each server shows. ``case``, ``label``: a test case that shows it, out of ``seen``.
    """

    kind: DifferenceKind
    about: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    case: str | None = None
    label: str = ""
    seen: int = 1


@dataclass(frozen=True)
class ParityReport:
    """The result of a comparison. ``requests`` counts those that both servers answered.

    ``interrupted``: the signal that ended it early.
    """

    format: Literal["chat-contract-parity"]
    version: Literal[1]
    a: str
    b: str
    requests: int
    differences: tuple[Difference, ...]
    interrupted: Interruption | None = None


def compare_runs(a: RunResult, b: RunResult) -> ParityReport:
    """Compare two runs. Open questions come first: they explain most other differences."""
    questions = [
        Difference(DifferenceKind.OPEN_QUESTION, (name,), (str(a.profile[name]),), (str(b.profile[name]),))
        for name in a.profile
        if name in b.profile and a.profile[name] != b.profile[name]
    ]
    explained = frozenset(name for difference in questions for name in difference.about)
    pairs = _pairs(a.observations, b.observations)
    responses = [found for pair in pairs for found in _response_differences(*pair, explained)]
    shapes = _shape_differences(a.observations, b.observations)
    differences = (*questions, *_merged(responses), *shapes)
    return ParityReport(
        FORMAT, VERSION, a.base_url, b.base_url, len(pairs), differences, a.interrupted or b.interrupted
    )


def _pairs(first: Iterable[Observation], second: Iterable[Observation]) -> list[tuple[Observation, Observation]]:
    """Return the responses to equal requests: cases that were adapted to the servers in different ways differ."""
    known = {_key(seen): seen for seen in first}
    found = [(known[_key(seen)], seen) for seen in second if _key(seen) in known]
    return [(one, other) for one, other in found if one.case.body == other.case.body]


def _key(seen: Observation) -> tuple[str, int, str]:
    return seen.sequence.id, seen.index, seen.case.id


def _response_differences(a: Observation, b: Observation, explained: frozenset[str]) -> Iterable[Difference]:
    if a.facts.classification.questions & explained or _is_about_odd_names(a, explained):
        return
    if _status(a) != _status(b):
        about = (str(a.facts.kind),)
        yield _difference(DifferenceKind.STATUS, about, (_status(a),), (_status(b),), a)
    elif a.facts.status == 422:
        yield from _error_differences(a, b)
    elif (a.facts.reply is None) != (b.facts.reply is None):
        yield _difference(DifferenceKind.FIELDS, ("",), _reply_types(a), _reply_types(b), a)


def _reply_types(seen: Observation) -> tuple[str, ...]:
    """Return the type of the reply; nothing for a body that is not a reply."""
    return () if seen.facts.reply is None else ("object",)


def _is_about_odd_names(seen: Observation, explained: frozenset[str]) -> bool:
    """Return whether unknown properties explain the difference: odd names raise no question, but are rejected alike."""
    about_unknown = any(seen.facts.contract.questions[name].unknown for name in explained)
    return about_unknown and any(fault.keyword == "additionalProperties" for fault in seen.facts.classification.faults)


def _difference(
    kind: DifferenceKind, about: tuple[str, ...], a: Sequence[str], b: Sequence[str], example: Observation
) -> Difference:
    return Difference(kind, about, tuple(a), tuple(b), case_id(example), example.case.label)


def _status(seen: Observation) -> str:
    outcome = seen.exchange.outcome
    return outcome.kind if isinstance(outcome, Breakdown) else str(outcome.status)


def _error_differences(a: Observation, b: Observation) -> Iterable[Difference]:
    """Yield at most one difference: in locations, otherwise in types."""
    for kind, keys in ((DifferenceKind.ERROR_LOCATIONS, ("loc",)), (DifferenceKind.ERROR_TYPES, ("loc", "type"))):
        left, right = _errors(a, keys), _errors(b, keys)
        if left == right:
            continue
        if Counter(left) == Counter(right):
            yield _difference(DifferenceKind.ERROR_ORDER, _fault_places(a), left, right, a)
        else:
            yield _difference(kind, _fault_places(a), _only_in(left, right), _only_in(right, left), a)
        return


def _errors(seen: Observation, keys: tuple[str, ...]) -> list[str]:
    answer = seen.facts.response_json
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if not isinstance(detail, list):
        return [NO_ERROR_LIST]
    entries = (entry if isinstance(entry, dict) else {} for entry in detail)
    return [" ".join(_written(entry.get(key)) for key in keys) for entry in entries]


def _written(value: Any) -> str:
    return ".".join(map(str, value)) if isinstance(value, list) else str(value)


def _only_in(these: list[str], those: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(entry for entry in these if entry not in those))


def _fault_places(seen: Observation) -> tuple[str, ...]:
    places = dict.fromkeys(".".join(map(str, fault.place)) or "body" for fault in seen.facts.classification.hard_faults)
    return tuple(places) or (str(seen.facts.kind),)


def _merged(found: Iterable[Difference]) -> list[Difference]:
    merged: dict[tuple[DifferenceKind, tuple[str, ...], tuple[str, ...], tuple[str, ...]], Difference] = {}
    for difference in found:
        key = (difference.kind, difference.about, difference.a, difference.b)
        known = merged.get(key)
        merged[key] = difference if known is None else replace(known, seen=known.seen + 1)
    return list(merged.values())


# The shape of replies -------------------------------------------------------------------------------------------------


def _shape_differences(first: Iterable[Observation], second: Iterable[Observation]) -> list[Difference]:
    a, b = _shape(first), _shape(second)
    if not a or not b:
        return []
    return [
        Difference(DifferenceKind.FIELDS, (place,), _types(a, place), _types(b, place))
        for place in dict.fromkeys([*a, *b])
        if _types(a, place) != _types(b, place)
    ]


def _shape(seen: Iterable[Observation]) -> Mapping[str, set[str]]:
    """Return the JSON types at each place of the replies, by JSON Pointer with ``*`` for every index."""
    shape: dict[str, set[str]] = {}
    for observation in seen:
        if observation.facts.reply is not None:
            _note(shape, observation.facts.reply, ())
    return shape


def _note(shape: dict[str, set[str]], value: Any, place: tuple[str, ...]) -> None:
    shape.setdefault(render_pointer(place), set()).add(_TYPES.get(type(value), "null"))
    if isinstance(value, dict):
        for name, child in value.items():
            _note(shape, child, (*place, name))
    elif isinstance(value, list):
        for child in value:
            _note(shape, child, (*place, "*"))


def _types(shape: Mapping[str, set[str]], place: str) -> tuple[str, ...]:
    return tuple(sorted(shape.get(place, ())))


_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
