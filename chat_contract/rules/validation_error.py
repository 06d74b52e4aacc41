"""The form of every 422, and the places that its ``loc`` may name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from chat_contract.body import ABSENT
from chat_contract.classification import Fault
from chat_contract.errors import Pointer, shorten
from chat_contract.roles import EVENTS
from chat_contract.rules.exchange_facts import ExchangeFacts, RequestKind
from chat_contract.rules.findings import (
    Finding,
    Rule,
    schema_finding,
    unreadable_body,
    wrong_media_type,
    wrong_value,
)
from chat_contract.rules.locs import locs_of

_JSON_MEDIA_TYPE = re.compile(r"\s*application/(?:[\w.!#$&^-]+\+)?json\s*(?:;.*)?\Z", re.IGNORECASE)
_SHOWN_PLACES = 4
_DIGITS = re.compile(r"[0-9]+\Z")


def _rejected(facts: ExchangeFacts) -> bool:
    return facts.rejected


def media_type(facts: ExchangeFacts) -> Iterator[Finding]:
    yield from wrong_media_types(facts)


def wrong_media_types(facts: ExchangeFacts) -> Iterator[Finding]:
    """Yield a finding unless each Content-Type is ``application/json``, or has the suffix ``+json``.

    Clients differ in which of several Content-Type headers they read.
    """
    assert facts.response is not None
    headers = [value for name, value in facts.response.headers if name.lower() == "content-type"]
    wrong = [value for value in headers if not _JSON_MEDIA_TYPE.match(value)]
    if wrong or not headers:
        yield wrong_media_type(wrong[0] if wrong else None)


def shape(facts: ExchangeFacts) -> Iterator[Finding]:
    if facts.response_json is ABSENT:
        yield unreadable_body(facts)
        return
    for error in facts.contract.response_validators[422].iter_errors(facts.response_sample):
        if len(error.absolute_path) < 2:
            yield schema_finding(error)
    # FastAPI's schema allows detail to be missing or empty.
    if isinstance(facts.response_json, dict) and facts.response_json.get("detail", []) == []:
        yield wrong_value("a non-empty array", facts.response_json.get("detail", ABSENT), ("detail",))


def _applies_entry(facts: ExchangeFacts) -> bool:
    return facts.rejected and bool(_detail(facts))


def entry(facts: ExchangeFacts) -> Iterator[Finding]:
    reported: set[Pointer] = set()
    for error in facts.contract.response_validators[422].iter_errors(facts.response_sample):
        place = tuple(error.absolute_path)
        if len(place) >= 2 and place[:3] not in reported:
            reported.add(place[:3])
            yield schema_finding(error)
    for index, found in _entries(facts):
        for name in ("msg", "type"):
            if found.get(name) == "":
                yield wrong_value("a non-empty string", "", ("detail", index, name))


def _detail(facts: ExchangeFacts) -> list[Any]:
    detail = facts.response_sample.get("detail") if isinstance(facts.response_json, dict) else None
    return detail if isinstance(detail, list) else []


def _entries(facts: ExchangeFacts) -> Iterator[tuple[int, dict[str, Any]]]:
    return ((index, found) for index, found in enumerate(_detail(facts)) if isinstance(found, dict))


def _locs(facts: ExchangeFacts) -> Iterator[tuple[int, list[str | int]]]:
    return locs_of(facts.response_sample)


def _has_locs(facts: ExchangeFacts) -> bool:
    return facts.rejected and any(True for _ in _locs(facts))


def _applies_loc(facts: ExchangeFacts) -> bool:
    return _has_locs(facts) and _has_checked_faults(facts)


def loc(facts: ExchangeFacts) -> Iterator[Finding]:
    places = [_as_loc(fault.place) for fault in facts.classification.faults]
    more = f" and {len(places) - _SHOWN_PLACES} more" if len(places) > _SHOWN_PLACES else ""
    expected = f"a loc that names a request error ({', '.join(places[:_SHOWN_PLACES])}{more})"
    for index, loc in _locs(facts):
        if not names_a_fault(loc, facts):
            yield wrong_value(expected, loc, ("detail", index, "loc"))


def _has_checked_faults(facts: ExchangeFacts) -> bool:
    """Return whether the 422 can name a fault; without one, the 422 itself is wrong."""
    return facts.kind is not RequestKind.MUST_ACCEPT and not (
        facts.kind in (RequestKind.CHUNKED, RequestKind.FOREIGN_MEDIA_TYPE)
        or facts.classification.media_type == "json-with-charset"
    )


def names_a_fault(loc: list[str | int], facts: ExchangeFacts) -> bool:
    """Return whether the loc leads to a place outside must-accept, or below one."""
    parts = loc[1:] if loc and loc[0] == "body" else loc
    return tuple(parts) in facts.fault_places or any(
        _leads_to(parts, fault, facts) for fault in facts.classification.faults
    )


def _leads_to(parts: list[str | int], fault: Fault, facts: ExchangeFacts) -> bool:
    if not fault.place:
        return True
    if fault.keyword == "additionalProperties" and _walk(parts, fault.place[:-1], facts) == []:
        # Some validators name the object that has the unknown property.
        return True
    if len(fault.place) == 2 and fault.place[0] == EVENTS and not isinstance(fault.value, dict):
        # For an event that is not an object, the loc may name what contains it, but no other field or event.
        return not _names_another(parts, int(fault.place[1]), facts.field_names)
    return _walk(parts, fault.place, facts) is not None


def _names_another(parts: list[str | int], event: int, names: frozenset[str]) -> bool:
    """Return whether the parts lead to a field other than ``events``, or to another event."""
    steps = [part for part in parts if isinstance(part, int) or not _is_tag(part, names)]
    if not steps or steps[0] != EVENTS:
        return bool(steps) and isinstance(steps[0], str) and steps[0] in names
    index = steps[1] if len(steps) > 1 else event
    is_index = isinstance(index, int) or bool(_DIGITS.match(index))
    return is_index and not _same(index, event)


def _walk(parts: list[str | int], place: Pointer, facts: ExchangeFacts) -> list[str | int] | None:
    """Follow the parts of a loc along a place; return the parts beyond it, or None if they lead elsewhere.

    Tags between the steps are skipped: names of models, parameters or alternatives. A field name is never a tag.
    """
    rest = list(parts)
    names = facts.field_names
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


def _as_loc(place: Pointer) -> str:
    return str(["body", *place]).replace("'", '"')


def loc_body(facts: ExchangeFacts) -> Iterator[Finding]:
    for index, loc in _locs(facts):
        if not loc or loc[0] != "body":
            yield wrong_value('a loc that starts with "body"', loc, ("detail", index, "loc"))


def _applies_loc_index(facts: ExchangeFacts) -> bool:
    return any(_names_an_event(loc) for _, loc in _locs(facts)) and facts.rejected


def loc_index(facts: ExchangeFacts) -> Iterator[Finding]:
    for index, loc in _locs(facts):
        if any(isinstance(part, str) and _DIGITS.match(part) for part in _after_events(loc)[:1]):
            yield wrong_value("a loc with an integer as event index", loc, ("detail", index, "loc"))


def _after_events(loc: list[str | int]) -> list[str | int]:
    return loc[loc.index(EVENTS) + 1 :] if EVENTS in loc else []


def _names_an_event(loc: list[str | int]) -> bool:
    return bool(_after_events(loc))


def _placed_hard_faults(facts: ExchangeFacts) -> tuple[Fault, ...]:
    return tuple(fault for fault in facts.classification.hard_faults if fault.place)


def named_faults(facts: ExchangeFacts) -> tuple[Fault, ...]:
    """Return the hard faults below the body that the entries of a 422 name."""
    return named_among(_placed_hard_faults(facts), facts)


def named_among(faults: Iterable[Fault], facts: ExchangeFacts) -> tuple[Fault, ...]:
    """Return those of the faults that the entries of a 422 name."""
    if not _has_locs(facts):
        return ()
    locs = [loc[1:] if loc[:1] == ["body"] else loc for _, loc in _locs(facts)]
    # Nearly every server names the exact place; the other forms take long to compare.
    exact = set(map(tuple, locs))
    return tuple(fault for fault in faults if fault.place in exact or any(_leads_to(loc, fault, facts) for loc in locs))


def _applies_all_faults(facts: ExchangeFacts) -> bool:
    return facts.kind is RequestKind.MUST_REJECT and _has_locs(facts) and bool(_placed_hard_faults(facts))


def all_faults(facts: ExchangeFacts) -> Iterator[Finding]:
    named = named_faults(facts)
    for fault in _placed_hard_faults(facts):
        if not any(fault is one for one in named):
            expected = f"an entry with loc {_as_loc(fault.place)}"
            got = f"only {', '.join(shorten(loc) for _, loc in _locs(facts))}"
            yield Finding(expected, "fault-not-named", got).about_request(fault.place)


def _applies_missing_type(facts: ExchangeFacts) -> bool:
    return (
        facts.kind is RequestKind.MUST_REJECT
        and _has_locs(facts)
        and any(fault.keyword == "required" for fault in facts.classification.hard_faults)
    )


def missing_type(facts: ExchangeFacts) -> Iterator[Finding]:
    missing = [fault for fault in facts.classification.hard_faults if fault.keyword == "required"]
    places = {fault.place for fault in missing}
    for index, loc in _locs(facts):
        parts = loc[1:] if loc[:1] == ["body"] else loc
        names_it = tuple(parts) in places or any(_leads_to(parts, fault, facts) for fault in missing)
        error_type = _detail(facts)[index].get("type", ABSENT)
        says_missing = any(word in str(error_type).lower() for word in ("missing", "required"))
        if names_it and not says_missing:
            expected = 'a type that contains "missing" or "required"'
            yield wrong_value(expected, error_type, ("detail", index, "type"))


TABLE: tuple[Rule, ...] = (
    Rule("error.media-type", _rejected, media_type),
    Rule("error.shape", _rejected, shape),
    Rule("error.entry", _applies_entry, entry),
    Rule("error.loc", _applies_loc, loc),
    Rule("error.loc-body", _has_locs, loc_body),
    Rule("error.loc-index", _applies_loc_index, loc_index),
    Rule("error.all-faults", _applies_all_faults, all_faults),
    Rule("error.missing-type", _applies_missing_type, missing_type),
)
