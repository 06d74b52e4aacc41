"""What every 422 must be, and what its ``loc`` may blame."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.classification import Fault
from chat_contract.contract import DOCUMENTED
from chat_contract.errors import Pointer, render_pointer
from chat_contract.roles import EVENTS
from chat_contract.rules.facts import Facts, Finding, Kind, Rule, within

_JSON_MEDIA_TYPE = re.compile(r"\s*application/(?:[\w.!#$&^-]+\+)?json\s*(?:;.*)?\Z", re.IGNORECASE)
_DIGITS = re.compile(r"[0-9]+\Z")


def _refused(facts: Facts) -> bool:
    return facts.refused


def media_type(facts: Facts) -> Iterator[Finding]:
    assert facts.response is not None
    header = facts.response.header("Content-Type")
    if not is_json_media_type(header):
        yield Finding("Content-Type: application/json", header)


def is_json_media_type(header: str | None) -> bool:
    """Say whether a Content-Type names JSON, ``application/json`` or a type with the suffix ``+json``."""
    return header is not None and bool(_JSON_MEDIA_TYPE.match(header))


def shape(facts: Facts) -> Iterator[Finding]:
    if facts.answer is ABSENT:
        assert facts.response is not None
        yield Finding("a JSON body in UTF-8", facts.response.body[:200].decode("utf-8", "replace"))
        return
    for error in facts.contract.response_validators[422].iter_errors(facts.answer):
        if len(error.absolute_path) < 2:
            yield Finding("an HTTPValidationError", error.instance, tuple(error.absolute_path))
    # FastAPI's own schema neither requires detail nor says that it holds something.
    if isinstance(facts.answer, dict) and facts.answer.get("detail", []) == []:
        yield Finding("a detail that is a list with at least one entry", facts.answer.get("detail"), ("detail",))


def _tries_entry(facts: Facts) -> bool:
    return facts.refused and bool(_detail(facts))


def entry(facts: Facts) -> Iterator[Finding]:
    blamed: set[Pointer] = set()
    for error in facts.contract.response_validators[422].iter_errors(facts.answer):
        place = tuple(error.absolute_path)
        if len(place) >= 2 and place[:3] not in blamed:
            blamed.add(place[:3])
            yield Finding(f"what the schema of an entry says: {error.message[:120]}", error.instance, place)
    for index, found in _entries(facts):
        for name in ("msg", "type"):
            if found.get(name) == "":
                yield Finding(f"a {name} that is not empty", "", ("detail", index, name))


def _detail(facts: Facts) -> list[Any]:
    detail = facts.answer.get("detail") if isinstance(facts.answer, dict) else None
    return detail if isinstance(detail, list) else []


def _entries(facts: Facts) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((index, found) for index, found in enumerate(_detail(facts)) if isinstance(found, dict))


def _locs(facts: Facts) -> Iterator[tuple[int, list[str | int]]]:
    for index, found in _entries(facts):
        loc = found.get("loc")
        if isinstance(loc, list) and all(isinstance(part, str | int) and not isinstance(part, bool) for part in loc):
            yield index, loc


def _has_locs(facts: Facts) -> bool:
    return facts.refused and any(True for _ in _locs(facts))


def _tries_loc_leads_to_a_fault(facts: Facts) -> bool:
    return _has_locs(facts) and _blameable(facts)


def loc_leads_to_a_fault(facts: Facts) -> Iterator[Finding]:
    places = [fault.place for fault in facts.classification.faults]
    expected = "a loc at or below " + " or ".join(_as_loc(place) for place in places[:4])
    for index, loc in _locs(facts):
        if not blames_a_fault(loc, facts):
            yield Finding(expected, loc, ("detail", index, "loc"))


def _blameable(facts: Facts) -> bool:
    """Say whether there is a fault to blame; a 422 to a request without any is wrong as a whole."""
    return facts.kind is not Kind.MUST_ACCEPT and not (
        facts.kind in (Kind.CHUNKED, Kind.FOREIGN_MEDIA_TYPE) or facts.classification.media_type == "json-with-charset"
    )


def blames_a_fault(loc: list[str | int], facts: Facts) -> bool:
    """Say whether the loc leads to a place outside must-accept, or to something below one."""
    parts = loc[1:] if loc and loc[0] == "body" else loc
    return any(_leads_to(parts, fault, facts) for fault in facts.classification.faults)


def _leads_to(parts: list[str | int], fault: Fault, facts: Facts) -> bool:
    if not fault.place:
        return True
    if fault.keyword == "additionalProperties" and _walk(parts, fault.place[:-1], facts) == []:
        # Some readers refuse the object for having a property that they do not know.
        return True
    if len(fault.place) == 2 and fault.place[0] == EVENTS and not isinstance(fault.value, dict):
        # An event that is no object may be blamed by whatever holds it, but not by another field or event.
        return not _names_another(parts, int(fault.place[1]), _field_names(facts))
    return _walk(parts, fault.place, facts) is not None


def _names_another(parts: list[str | int], event: int, names: frozenset[str]) -> bool:
    """Say whether the parts lead to a field beside the events, or to another event."""
    steps = [part for part in parts if isinstance(part, int) or not _is_tag(part, names)]
    if not steps or steps[0] != EVENTS:
        return bool(steps) and isinstance(steps[0], str) and steps[0] in names
    index = steps[1] if len(steps) > 1 else event
    is_index = isinstance(index, int) or bool(_DIGITS.match(index))
    return is_index and not _same(index, event)


def _walk(parts: list[str | int], place: Pointer, facts: Facts) -> list[str | int] | None:
    """Follow the parts along the place; returns what is left of them beyond it, None where they lead elsewhere.

    Between two steps a tag may stand: the name of a model, of a parameter, of an alternative. A tag is never the name
    of a field.
    """
    rest = list(parts)
    names = _field_names(facts)
    for step in place:
        while rest and not _same(rest[0], step) and isinstance(rest[0], str) and _is_tag(rest[0], names):
            rest.pop(0)
        if not rest or not _same(rest[0], step):
            return None
        rest.pop(0)
    return rest


def _same(part: str | int, step: str | int) -> bool:
    if isinstance(step, int):
        return part == step or (isinstance(part, str) and bool(_DIGITS.match(part)) and part == str(step))
    return part == step


def _is_tag(part: str, names: frozenset[str]) -> bool:
    return part not in names and not _DIGITS.match(part)


def _field_names(facts: Facts) -> frozenset[str]:
    schema = facts.contract.schemas[DOCUMENTED]
    names = set(within(schema, "properties")) | set(within(schema, "properties", EVENTS, "items", "properties"))
    if isinstance(facts.body, dict):
        names |= set(facts.body)
    return frozenset(names)


def _as_loc(place: Pointer) -> str:
    return str(["body", *place]).replace("'", '"')


def loc_starts_with_body(facts: Facts) -> Iterator[Finding]:
    for index, loc in _locs(facts):
        if not loc or loc[0] != "body":
            yield Finding('a loc that starts with "body"', loc, ("detail", index, "loc"))


def _tries_loc_index_is_an_integer(facts: Facts) -> bool:
    return any(_names_an_event(loc) for _, loc in _locs(facts)) and facts.refused


def loc_index_is_an_integer(facts: Facts) -> Iterator[Finding]:
    for index, loc in _locs(facts):
        if any(isinstance(part, str) and _DIGITS.match(part) for part in _after_events(loc)[:1]):
            yield Finding("an integer for the index of an event", loc, ("detail", index, "loc"))


def _after_events(loc: list[str | int]) -> list[str | int]:
    return loc[loc.index(EVENTS) + 1 :] if EVENTS in loc else []


def _names_an_event(loc: list[str | int]) -> bool:
    return bool(_after_events(loc))


def _placed_hard_faults(facts: Facts) -> tuple[Fault, ...]:
    return tuple(fault for fault in facts.classification.hard_faults if fault.place)


def named_faults(facts: Facts) -> tuple[Fault, ...]:
    """Return the faults with a place of their own that the entries of a 422 lead to."""
    if not _has_locs(facts):
        return ()
    locs = [loc[1:] if loc[:1] == ["body"] else loc for _, loc in _locs(facts)]
    return tuple(fault for fault in _placed_hard_faults(facts) if any(_leads_to(loc, fault, facts) for loc in locs))


def _tries_all_faults_are_named(facts: Facts) -> bool:
    return facts.kind is Kind.MUST_REJECT and _has_locs(facts) and bool(_placed_hard_faults(facts))


def all_faults_are_named(facts: Facts) -> Iterator[Finding]:
    named = named_faults(facts)
    for fault in _placed_hard_faults(facts):
        if fault not in named:
            yield Finding(f"an entry for {render_pointer(fault.place)}", [loc for _, loc in _locs(facts)], fault.place)


def _tries_missing_is_told_from_wrong(facts: Facts) -> bool:
    return (
        facts.kind is Kind.MUST_REJECT
        and _has_locs(facts)
        and any(fault.keyword == "required" for fault in facts.classification.hard_faults)
    )


def missing_is_told_from_wrong(facts: Facts) -> Iterator[Finding]:
    missing = [fault for fault in facts.classification.hard_faults if fault.keyword == "required"]
    for index, loc in _locs(facts):
        about_it = any(_leads_to(loc[1:] if loc[:1] == ["body"] else loc, fault, facts) for fault in missing)
        kind = _detail(facts)[index].get("type")
        told = "missing" in str(kind).lower() or "required" in str(kind).lower()
        if about_it and not told:
            yield Finding("a type that says that the field is missing", kind, ("detail", index, "type"))


TABLE: tuple[Rule, ...] = (
    Rule("error.media-type", _refused, media_type),
    Rule("error.shape", _refused, shape),
    Rule("error.entry", _tries_entry, entry),
    Rule("error.loc", _tries_loc_leads_to_a_fault, loc_leads_to_a_fault),
    Rule("error.loc-body", _has_locs, loc_starts_with_body),
    Rule("error.loc-index", _tries_loc_index_is_an_integer, loc_index_is_an_integer),
    Rule("error.all-faults", _tries_all_faults_are_named, all_faults_are_named),
    Rule("error.missing-type", _tries_missing_is_told_from_wrong, missing_is_told_from_wrong),
)
