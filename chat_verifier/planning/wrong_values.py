"""Values that no server may accept, for each field of a request and of an event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chat_contract.contract import validator_for
from chat_contract.errors import shorten
from chat_contract.roles import CONVERSATION, EVENTS, LIMIT
from chat_verifier.planning.case import kebab
from chat_verifier.planning.request_builder import RequestBuilder

MISSING: Any = type("_Missing", (), {"__repr__": lambda _: "missing"})()
"""Stands for a required property that is left out."""

_ONE_OF_EACH_TYPE: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("null", (None,)),
    ("boolean", (False, True)),
    ("integer", (5, 0)),
    ("number", (2.5, 0.5)),
    ("string", ("abc", "0x10", "none", "")),
    ("array", ([], ["é", "机"])),
    ("object", ({}, {"a": 1})),
)

_CONVERTIBLE: dict[tuple[str, str], tuple[Any, ...]] = {
    (LIMIT, "number"): (2.5, -0.5),
    (LIMIT, "string"): ("abc", "5 items", "Infinity", "0x10", "none"),
    (EVENTS, "string"): ("abc", "[]", ""),
}
"""Values that lenient parsers convert: a number from a text that begins with one, a list from its JSON text."""


def _candidates(name: str) -> list[tuple[str, tuple[Any, ...]]]:
    return [(type_name, _CONVERTIBLE.get((name, type_name), values)) for type_name, values in _ONE_OF_EACH_TYPE]


@dataclass(frozen=True)
class WrongValue:
    """A value that no server may accept at a field; ``other`` is one more of the same type.

    ``field`` is empty for an event as a whole.
    """

    field: str
    type: str
    value: Any
    other: Any = None

    @property
    def id(self) -> str:
        return kebab(self.field, _value_id(self.value))

    @property
    def label(self) -> str:
        return f"without {self.field}" if self.value is MISSING else f"{self.field} {shorten(self.value, 60)}".strip()


def _value_id(value: Any) -> str:
    """Return the kind of a value as part of an id, such as ``string-abc`` or ``array-of-2``."""
    if value is MISSING or value is None:
        return "missing" if value is MISSING else "null"
    if isinstance(value, bool):
        return kebab("boolean", value)
    if isinstance(value, int | float):
        return kebab("integer" if isinstance(value, int) else "number", "minus" if value < 0 else "", value)
    if isinstance(value, list):
        return f"array-of-{len(value)}"
    if isinstance(value, dict):
        return kebab("object", *(value or ("empty",)))
    return (
        kebab("string", value)
        if any(map(str.isalnum, value))
        else kebab("string", *(ord(character) for character in value), *(() if value else ("empty",)))
    )


def top_level(builder: RequestBuilder) -> Iterator[WrongValue]:
    """Yield each field of the request with one value of each JSON type that it must not have."""
    for name in builder.fields:
        if name in builder.required:
            # Several times, since servers overlook a missing field in more situations than a wrong value.
            yield from [WrongValue(name, "missing", MISSING, MISSING)] * 4
        yield from _of_each_type(name, builder.widest["properties"][name], builder.valid(name))


def more_top_level(builder: RequestBuilder) -> Iterator[WrongValue]:
    """Yield for each field one more wrong value of each type, not among :func:`top_level`."""
    for name in builder.fields:
        used = [wrong.value for wrong in top_level(builder) if wrong.field == name]
        yield from _one_more(name, builder.widest["properties"][name], used)


def fields_with_wrong_values(builder: RequestBuilder, *, later: bool) -> dict[str, list[WrongValue]]:
    """Return the distinct wrong values of each field; those for a later turn differ where the type has others."""
    found = by_field(distinct(top_level(builder)))
    if not later:
        return found
    del found[CONVERSATION]
    return {name: [*_replaced(builder, name, wrongs)] for name, wrongs in found.items()}


def _replaced(builder: RequestBuilder, name: str, wrongs: Sequence[WrongValue]) -> Iterator[WrongValue]:
    others = _unused(name, builder.widest["properties"][name], [wrong.value for wrong in wrongs])
    for type_name in dict.fromkeys(wrong.type for wrong in wrongs):
        if others.get(type_name):
            yield from (WrongValue(name, type_name, value) for value in others[type_name])
        else:
            yield from (wrong for wrong in wrongs if wrong.type == type_name)


def more_in_event(builder: RequestBuilder) -> Iterator[WrongValue]:
    """Yield for an event and each of its fields one more wrong value of each type, not among :func:`in_event`."""
    item = builder.widest["properties"][EVENTS]["items"]
    for name in ("", *builder.event_fields):
        # An object instead of an event is an event with missing and unknown fields.
        used = [wrong.value for wrong in in_event(builder) if wrong.field == name] + [{"a": 1}] * (not name)
        schema = item["properties"][name] if name else item
        yield from (wrong for wrong in _one_more(name, schema, used) if wrong.type != "number")


def convertible(builder: RequestBuilder) -> Iterator[WrongValue]:
    """Yield the values that lenient parsers convert, without those among :func:`top_level`."""
    used = by_field(top_level(builder))
    for name, type_name in _CONVERTIBLE:
        others = _unused(name, builder.widest["properties"][name], [wrong.value for wrong in used[name]])
        yield from (WrongValue(name, type_name, value) for value in others[type_name] if value)


def in_event(builder: RequestBuilder) -> Iterator[WrongValue]:
    """Yield the event itself, and each of its fields, with one value of each JSON type that it must not have."""
    item = builder.widest["properties"][EVENTS]["items"]
    yield WrongValue("", "empty object", {}, {})
    yield from _of_each_type("", item, None, skip=("object",))
    for name in builder.event_fields:
        if name in builder.event_required:
            yield from [WrongValue(name, "missing", MISSING, MISSING)] * 2
        yield from _of_each_type(name, item["properties"][name], builder.full_event(0).get(name))


def with_faults(
    builder: RequestBuilder, wrongs: Iterable[WrongValue], names: Sequence[str], values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return a request with the named fields and the given values, and with the wrong values in their fields."""
    wrong_values = {wrong.field: wrong.value for wrong in wrongs}
    present = {name: value for name, value in wrong_values.items() if value is not MISSING}
    body = builder.request(*names, **{**values, **present})
    return {name: value for name, value in body.items() if wrong_values.get(name) is not MISSING}


def faulty_event(builder: RequestBuilder, wrong: WrongValue, *, full: bool) -> Any:
    """Return an event with the wrong value, with all other fields (``full``) or only the required ones."""
    if not wrong.field:
        return wrong.value
    event = builder.full_event(1) if full else builder.event(wrong.field, number=1)
    if wrong.value is MISSING:
        del event[wrong.field]
    else:
        event[wrong.field] = wrong.value
    return event


def distinct(wrongs: Iterable[WrongValue]) -> list[WrongValue]:
    """Return the wrong values without repetitions."""
    return list({(wrong.field, repr(wrong.value)): wrong for wrong in wrongs}.values())


def by_field(wrongs: Iterable[WrongValue]) -> dict[str, list[WrongValue]]:
    """Return the wrong values of each field, in their order."""
    found: dict[str, list[WrongValue]] = {}
    for wrong in wrongs:
        found.setdefault(wrong.field, []).append(wrong)
    return found


def _of_each_type(
    name: str, schema: Mapping[str, Any], valid: Any, *, skip: tuple[str, ...] = ()
) -> Iterator[WrongValue]:
    validator = validator_for(schema)
    for type_name, values in _candidates(name):
        # Where no number is allowed at all, the integer is enough.
        if type_name in skip or (type_name == "number" and not validator.is_valid(5)):
            continue
        wrong = [value for value in values if not validator.is_valid(value)]
        if type_name == "array" and isinstance(valid, str):
            # Some parsers unwrap a list that holds one valid value.
            wrong = [[valid], *wrong] if not validator.is_valid([valid]) else wrong
        # A list of wrong elements is a fault of the elements, not of the list.
        if type_name == "array" and schema.get("items"):
            continue
        if wrong:
            yield WrongValue(name, type_name, wrong[0], wrong[-1])
        if len(wrong) > 1 and type_name == "string" and validator.is_valid("5"):
            # Where some strings are allowed, a second string that is not allowed tells more.
            yield WrongValue(name, type_name, wrong[-1], wrong[0])


def _one_more(name: str, schema: Mapping[str, Any], used: Sequence[Any]) -> Iterator[WrongValue]:
    for type_name, others in _unused(name, schema, used).items():
        if type_name == "array" and schema.get("items"):
            continue
        # Many parsers treat an empty text as absent, so it tells more than another word.
        for value in sorted(others, key=lambda value: value != "")[:1]:
            yield WrongValue(name, type_name, value, value)


def _unused(name: str, schema: Mapping[str, Any], used: Sequence[Any]) -> dict[str, list[Any]]:
    """Return by type the wrong values of a field that are not among those used."""
    validator = validator_for(schema)
    shown = {repr(value) for value in used}
    return {
        type_name: [value for value in values if repr(value) not in shown and not validator.is_valid(value)]
        for type_name, values in _candidates(name)
    }
