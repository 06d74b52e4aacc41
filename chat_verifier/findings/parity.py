"""Where two servers differ that were asked the same: a mock and the service that it stands for.

Pure: compares what two runs of one plan saw. What a shop sells and says is its own business, so texts, ids and the
number of items are not compared; status, places and kinds of errors, the shape of replies and the latitude are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from chat_contract.exchange import Breakdown
from chat_verifier.findings.verdict import RunResult
from chat_verifier.run.runner import Observation

ABSENT = "absent"


@dataclass(frozen=True)
class Difference:
    """One way in which the two differ; ``example`` is a request that shows it, of ``seen`` that do."""

    aspect: str
    about: str
    a: str
    b: str
    example: str = ""
    seen: int = 1

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def differences(a: RunResult, b: RunResult) -> list[Difference]:
    """Return every difference, each once: the latitude first, since it explains most of the rest."""
    latitude = [
        Difference("latitude", name, a.profile[name], b.profile[name])
        for name in a.profile
        if name in b.profile and a.profile[name] != b.profile[name]
    ]
    explained = frozenset(difference.about for difference in latitude)
    pairs = _pairs(a.observations, b.observations)
    answers = [found for pair in pairs for found in _of_answers(*pair, explained)]
    return [*latitude, *_merged(answers), *_of_shapes(a.observations, b.observations)]


def compared(a: RunResult, b: RunResult) -> int:
    """Return how many requests both were sent."""
    return len(_pairs(a.observations, b.observations))


def _pairs(first: Iterable[Observation], second: Iterable[Observation]) -> list[tuple[Observation, Observation]]:
    known = {_key(seen): seen for seen in first}
    return [(known[_key(seen)], seen) for seen in second if _key(seen) in known]


def _key(seen: Observation) -> tuple[str, str, int]:
    return seen.sequence.group, seen.sequence.id, seen.index


def _of_answers(a: Observation, b: Observation, explained: frozenset[str]) -> Iterable[Difference]:
    example = a.case.label
    if a.facts.classification.questions & explained:
        return
    if _status(a) != _status(b):
        yield Difference("status", str(a.facts.kind), _status(a), _status(b), example)
        return
    if a.facts.status != 422:
        return
    for aspect, keys in (("error locations", ("loc",)), ("error types", ("loc", "type"))):
        left, right = _errors(a, keys), _errors(b, keys)
        if left != right:
            yield Difference(aspect, _places(a), _beyond(left, right), _beyond(right, left), example)
            return


def _status(seen: Observation) -> str:
    outcome = seen.exchange.outcome
    return outcome.kind if isinstance(outcome, Breakdown) else str(outcome.status)


def _errors(seen: Observation, keys: tuple[str, ...]) -> list[str]:
    answer = seen.facts.response_json
    detail = answer.get("detail") if isinstance(answer, dict) else None
    if not isinstance(detail, list):
        return ["no list of errors"]
    entries = (entry if isinstance(entry, dict) else {} for entry in detail)
    return [" ".join(_written(entry.get(key)) for key in keys) for entry in entries]


def _written(value: Any) -> str:
    return ".".join(map(str, value)) if isinstance(value, list) else str(value)


def _beyond(these: list[str], those: list[str]) -> str:
    """Return the entries that only these hold; where there are none, all of them, since their order differs."""
    if sorted(these) == sorted(those):
        return f"in this order: {', '.join(these)}"
    return ", ".join(dict.fromkeys(entry for entry in these if entry not in those)) or "none of these"


def _places(seen: Observation) -> str:
    places = dict.fromkeys(".".join(map(str, fault.place)) or "body" for fault in seen.facts.classification.hard_faults)
    return ", ".join(places) or str(seen.facts.kind)


def _merged(found: Iterable[Difference]) -> list[Difference]:
    merged: dict[tuple[str, str, str, str], Difference] = {}
    for difference in found:
        key = (difference.aspect, difference.about, difference.a, difference.b)
        known = merged.get(key)
        merged[key] = difference if known is None else replace(known, seen=known.seen + 1)
    return list(merged.values())


# The shape of replies -------------------------------------------------------------------------------------------------


def _of_shapes(first: Iterable[Observation], second: Iterable[Observation]) -> list[Difference]:
    a, b = _shape(first), _shape(second)
    if not a or not b:
        return []
    places = dict.fromkeys([*a, *b])
    return [
        Difference("fields", place, _types(a, place), _types(b, place))
        for place in places
        if _types(a, place) != _types(b, place)
    ]


def _shape(seen: Iterable[Observation]) -> Mapping[str, set[str]]:
    """Return the types that stand at each place of the replies; an item's place has a star for its number."""
    shape: dict[str, set[str]] = {}
    for observation in seen:
        reply = observation.facts.reply
        if reply is not None:
            _note(shape, reply, "")
    return shape


def _note(shape: dict[str, set[str]], value: Any, place: str) -> None:
    shape.setdefault(place or "the reply", set()).add(_TYPES.get(type(value), "null"))
    if isinstance(value, dict):
        for name, child in value.items():
            _note(shape, child, f"{place}/{name}")
    elif isinstance(value, list):
        for child in value:
            _note(shape, child, f"{place}/*")


def _types(shape: Mapping[str, set[str]], place: str) -> str:
    return " or ".join(sorted(shape.get(place, ()))) or ABSENT


_TYPES: Mapping[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
}
