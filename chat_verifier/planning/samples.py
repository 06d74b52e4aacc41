"""Values to build requests from: the fields of the contract, a valid value for each, and the wrong ones."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

from chat_contract import Contract
from chat_contract.contract import DOCUMENTED, MAY_ACCEPT, MUST_ACCEPT, validator_for
from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, MESSAGE, SESSION, USER

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

_MORE: dict[tuple[str, str], tuple[Any, ...]] = {
    (LIMIT, "number"): (2.5, -0.5),
    (LIMIT, "string"): ("abc", "5 items", "Infinity", "0x10", "none"),
    (EVENTS, "string"): ("abc", "[]", ""),
}
"""What some readers make sense of: a number of what only begins with one, a list of its text."""


def _candidates(name: str) -> list[tuple[str, tuple[Any, ...]]]:
    return [(type_name, _MORE.get((name, type_name), values)) for type_name, values in _ONE_OF_EACH_TYPE]


RUN_USER = "contract-test-user"
RUN_SESSION = "contract-test-session"


@dataclass(frozen=True)
class Wrong:
    """A value that no implementation may take at a field; ``other`` is one more of the same type."""

    field: str
    type: str
    value: Any
    other: Any = None

    @property
    def label(self) -> str:
        return f"{self.field} {'missing' if self.value is MISSING else self.type}"


class Samples:
    """Values for the fields of one contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.documented = contract.schemas[DOCUMENTED]
        self.widest = contract.schemas[MAY_ACCEPT]
        self.narrowest = contract.schemas[MUST_ACCEPT]

    @cached_property
    def example(self) -> dict[str, Any]:
        """The example that shows most fields."""
        examples = [value for value in self.contract.request_examples.values() if isinstance(value, dict)]
        return copy.deepcopy(max(examples, key=len)) if examples else {MESSAGE: "Hello"}

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """The messages of the examples, the fullest example's first."""
        found = [self.example[MESSAGE], *(value[MESSAGE] for value in self.contract.request_examples.values())]
        return tuple(dict.fromkeys(found))

    @cached_property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.documented["properties"])

    @cached_property
    def event_fields(self) -> tuple[str, ...]:
        return tuple(self.documented["properties"][EVENTS]["items"]["properties"])

    @cached_property
    def event_required(self) -> tuple[str, ...]:
        return tuple(self.documented["properties"][EVENTS]["items"].get("required", ()))

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(self.documented.get("required", ()))

    def event(self, *names: str, number: int = 0) -> dict[str, Any]:
        """Return a valid event with the required fields and those named, in the contract's order."""
        events = self.example[EVENTS]
        full = events[number % len(events)]
        wanted = {*self.event_required, *(names or ())}
        return {name: full[name] for name in self.event_fields if name in wanted and name in full}

    def full_event(self, number: int = 0) -> dict[str, Any]:
        return self.event(*self.event_fields, number=number)

    def valid(self, name: str) -> Any:
        """Return a value of the field that everyone accepts."""
        if name == USER:
            return RUN_USER
        if name == SESSION:
            return RUN_SESSION
        if name == LIMIT:
            # As many as everyone takes: a limit that is lost or kept too long then shows in the number of items.
            return self.narrowest["properties"][LIMIT]["maximum"]
        if name == EVENTS:
            return [self.full_event(0)]
        if name in self.example:
            return copy.deepcopy(self.example[name])
        return _some_valid(self.documented["properties"][name])

    def request(self, *names: str, **values: Any) -> dict[str, Any]:
        """Return a request with the required fields, those named and those given, in the contract's order."""
        wanted = {*self.required, *names, *values}
        built: dict[str, Any] = {}
        for name in self.fields:
            if name in values:
                built[name] = values[name]
            elif name in wanted:
                built[name] = self.valid(name)
        built.update({name: value for name, value in values.items() if name not in built})
        return built

    def everyone_takes(self, body: Mapping[str, Any]) -> bool:
        """Say whether the request is one that everyone accepts, in a conversation that the server opened or in none."""
        return self._must_accept.is_valid({name: value for name, value in body.items() if name != CONVERSATION})

    @cached_property
    def _must_accept(self) -> Draft202012Validator:
        return validator_for(self.narrowest)

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """The optional fields but for the conversation, which a script must have opened."""
        return tuple(name for name in self.fields if name not in self.required and name != CONVERSATION)

    def wrong_top(self) -> Iterator[Wrong]:
        """Yield each field of the request with each JSON type that it must not have."""
        for name in self.fields:
            if name in self.required:
                # Several times, since what is missing is overlooked in more places than what is wrong.
                yield from [Wrong(name, "missing", MISSING, MISSING)] * 4
            yield from _wrong_values(name, self.widest["properties"][name], self.valid(name))

    def other_wrong_top(self) -> Iterator[Wrong]:
        """Yield for each field the wrong values that :meth:`wrong_top` leaves out: the other ones of each type."""
        for name in self.fields:
            used = [wrong.value for wrong in self.wrong_top() if wrong.field == name]
            yield from _other_values(name, self.widest["properties"][name], used)

    def wrong_fields(self, *, later: bool) -> dict[str, list[Wrong]]:
        """Return the wrong values of each field, each once; of a later turn others, where a type has others."""
        found = by_field(each_once(self.wrong_top()))
        if not later:
            return found
        del found[CONVERSATION]
        return {name: [*self._others(name, wrongs)] for name, wrongs in found.items()}

    def _others(self, name: str, wrongs: Sequence[Wrong]) -> Iterator[Wrong]:
        others = _unused(name, self.widest["properties"][name], [wrong.value for wrong in wrongs])
        for type_name in dict.fromkeys(wrong.type for wrong in wrongs):
            if others.get(type_name):
                yield from (Wrong(name, type_name, value) for value in others[type_name])
            else:
                yield from (wrong for wrong in wrongs if wrong.type == type_name)

    def other_wrong_event(self) -> Iterator[Wrong]:
        """Yield the same for an event and its fields."""
        item = self.widest["properties"][EVENTS]["items"]
        for name in ("", *self.event_fields):
            # An object in the place of an event is an event that lacks what it must have, and has what nobody knows.
            used = [wrong.value for wrong in self.wrong_event() if wrong.field == name] + [{"a": 1}] * (not name)
            schema = item["properties"][name] if name else item
            yield from (wrong for wrong in _other_values(name, schema, used) if wrong.type != "number")

    def half_right(self) -> Iterator[Wrong]:
        """Yield the values that some readers make sense of, but for those in :meth:`wrong_top`."""
        used = by_field(self.wrong_top())
        for name, type_name in _MORE:
            others = _unused(name, self.widest["properties"][name], [wrong.value for wrong in used[name]])
            yield from (Wrong(name, type_name, value) for value in others[type_name] if value)

    def wrong_event(self) -> Iterator[Wrong]:
        """Yield the event itself, and each field of it, with each JSON type that it must not have."""
        item = self.widest["properties"][EVENTS]["items"]
        yield Wrong("", "empty object", {}, {})
        yield from _wrong_values("", item, None, skip=("object",))
        for name in self.event_fields:
            if name in self.event_required:
                yield from [Wrong(name, "missing", MISSING, MISSING)] * 2
            yield from _wrong_values(name, item["properties"][name], self.full_event(0).get(name))


def _wrong_values(name: str, schema: Mapping[str, Any], valid: Any, *, skip: tuple[str, ...] = ()) -> Iterator[Wrong]:
    validator = validator_for(schema)
    for type_name, values in _candidates(name):
        # Where no number at all may stand, an integer shows it.
        if type_name in skip or (type_name == "number" and not validator.is_valid(5)):
            continue
        wrong = [value for value in values if not validator.is_valid(value)]
        if type_name == "array" and isinstance(valid, str):
            # What some readers unwrap: the value itself, alone in a list.
            wrong = [[valid], *wrong] if not validator.is_valid([valid]) else wrong
        # A list of wrong elements is a fault of the elements, not of the list.
        if type_name == "array" and schema.get("items"):
            continue
        if wrong:
            yield Wrong(name, type_name, wrong[0], wrong[-1])
        if len(wrong) > 1 and type_name == "string" and validator.is_valid("5"):
            # Where some strings may stand, which ones may not is worth a second look.
            yield Wrong(name, type_name, wrong[-1], wrong[0])


def _other_values(name: str, schema: Mapping[str, Any], used: Sequence[Any]) -> Iterator[Wrong]:
    for type_name, others in _unused(name, schema, used).items():
        if type_name == "array" and schema.get("items"):
            continue
        # An empty text is nothing to many readers, so it tells more than another word.
        for value in sorted(others, key=lambda value: value != "")[:1]:
            yield Wrong(name, type_name, value, value)


def _unused(name: str, schema: Mapping[str, Any], used: Sequence[Any]) -> dict[str, list[Any]]:
    """Return by type the wrong values of a field that are not among those used."""
    validator = validator_for(schema)
    shown = {repr(value) for value in used}
    return {
        type_name: [value for value in values if repr(value) not in shown and not validator.is_valid(value)]
        for type_name, values in _candidates(name)
    }


def each_once(wrongs: Iterable[Wrong]) -> list[Wrong]:
    """Return the wrong values without those that come again."""
    return list({(wrong.field, repr(wrong.value)): wrong for wrong in wrongs}.values())


def by_field(wrongs: Iterable[Wrong]) -> dict[str, list[Wrong]]:
    """Return the wrong values of each field, in their order."""
    found: dict[str, list[Wrong]] = {}
    for wrong in wrongs:
        found.setdefault(wrong.field, []).append(wrong)
    return found


def _some_valid(schema: Mapping[str, Any]) -> Any:
    """Return a plain value that fits the schema of a field that only an overlay knows."""
    for value in (schema.get("default"), *schema.get("enum", ()), schema.get("const"), *schema.get("examples", ())):
        if value is not None:
            return value
    candidates: tuple[Any, ...] = ("contract-test", 1, True, [], {}, 1.5, "2024-06-14T10:00:00Z", "2024-06-14", "en")
    validator = validator_for(schema)
    return next((value for value in candidates if validator.is_valid(value)), None)
