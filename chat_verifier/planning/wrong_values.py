"""Values that no server may accept, for each field of a request and of an event, by JSON type."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from chat_contract.contract import validator_for
from chat_contract.errors import shorten
from chat_contract.roles import EVENTS, LIMIT
from chat_verifier.planning.request_builder import RequestBuilder


class _Missing:
    """The type of :data:`MISSING`."""

    def __repr__(self) -> str:
        return "missing"


MISSING: Any = _Missing()
"""Stands for a required property that is left out."""

MISSING_TYPE = "missing"

CLASSES: Mapping[str, str] = {
    "boolean": "scalar",
    "integer": "scalar",
    "number": "scalar",
    "array": "structure",
    "object": "structure",
}
"""The class of each JSON type of wrong values; the other types are classes of their own."""

FINE_CLASSES: Mapping[str, str] = {"integer": "number"}
"""The same where there is room for more classes."""


@dataclass(frozen=True)
class WrongValue:
    """A value that no server may accept at a field. ``field`` is empty for an event as a whole."""

    field: str
    type: str
    value: Any

    @property
    def label(self) -> str:
        if self.value is MISSING:
            return f"without {self.field}"
        return f"{self.field} {shorten(self.value, 60)}".strip()


Wrongs = dict[str, tuple[WrongValue, ...]]
"""The wrong values of one field by type."""


def in_classes(wrongs: Wrongs, classes: Mapping[str, str] = CLASSES) -> Wrongs:
    """Return wrong values by class instead of by type, those of different types in turn."""
    grouped: dict[str, list[tuple[WrongValue, ...]]] = {}
    for type_name, found in wrongs.items():
        grouped.setdefault(classes.get(type_name, type_name), []).append(found)
    return {
        name: tuple(wrong for row in zip_longest(*columns) for wrong in row if wrong is not None)
        for name, columns in grouped.items()
    }


def top_level(builder: RequestBuilder) -> dict[str, Wrongs]:
    """Return the wrong values of each field of the request."""
    return {
        name: _wrongs(name, builder.widest["properties"][name], builder.valid(name), required=name in builder.required)
        for name in builder.fields
    }


def in_event(builder: RequestBuilder) -> dict[str, Wrongs]:
    """Return the wrong values of an event as a whole (under the empty name), and of each of its fields."""
    if EVENTS not in builder.fields:
        return {}
    item = builder.widest["properties"][EVENTS]["items"]
    event = builder.full_event(0)
    found = {"": _wrongs("", item, event, required=False)}
    for name in builder.event_fields:
        required = name in builder.event_required
        found[name] = _wrongs(name, item["properties"][name], event.get(name), required=required)
    return found


def _wrongs(name: str, schema: Mapping[str, Any], valid: Any, *, required: bool) -> Wrongs:
    validator = validator_for(schema)
    found: Wrongs = {MISSING_TYPE: (WrongValue(name, MISSING_TYPE, MISSING),)} if required else {}
    for type_name, values in _candidates(name, valid):
        # A list or an object of wrong elements is a fault of the elements.
        if type_name == "array" and schema.get("items"):
            continue
        wrong = tuple(WrongValue(name, type_name, value) for value in values if not validator.is_valid(value))
        if wrong:
            found[type_name] = wrong
    return found


def _candidates(name: str, valid: Any) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield values of each JSON type; those near the valid one come first."""
    yield "null", (None,)
    # Servers overlook falsy values more often than others.
    yield "boolean", (False, True)
    yield "integer", (0, 5, 1, -1, 1718359200)
    yield "number", (2.5, 0.5, -0.5, 4.999) if name == LIMIT else (1.5, 0.5)
    yield "string", _strings(name, valid)
    plain = valid if isinstance(valid, str) else ""
    if name == "":
        in_order = list(valid.values()) if isinstance(valid, Mapping) else []
        yield "array", (in_order, [], [valid])
        return
    yield "array", ([valid], [], [plain, plain], ["é", "机"], [None], [[valid]])
    alone = (valid[0],) if isinstance(valid, list) and valid else ()
    yield "object", (*alone, {"value": valid}, {}, {name: valid}, {"id": valid}, {"text": valid, "a": 1}, {"0": valid})


def _strings(name: str, valid: Any) -> tuple[str, ...]:
    if name == LIMIT:
        # Whoever takes "abc" for no limit takes "5 items" for none too, but some read only the digits of a text.
        return ("5 items", "0x10", "Infinity", "abc", "none", "five", "null", "true", "ten")
    as_json = json.dumps(valid, ensure_ascii=False) if not isinstance(valid, str) else valid
    if name == EVENTS:
        return (as_json, "", "abc", "[]", "null")
    return (as_json, "abc", "", "null", "event") if name == "" else ()
