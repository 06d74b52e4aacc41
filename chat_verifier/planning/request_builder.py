"""Builds valid request bodies from the contract: its fields, a valid value of each, and its examples."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from chat_contract import Contract
from chat_contract.contract import DOCUMENTED, MAY_ACCEPT, MUST_ACCEPT, validator_for
from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, MESSAGE, SESSION, USER

RUN_USER = "contract-test-user"
RUN_SESSION = "contract-test-session"


class RequestBuilder:
    """Builds the request bodies of one contract. Fields come in the order of the contract."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.documented = contract.schemas[DOCUMENTED]
        self.widest = contract.schemas[MAY_ACCEPT]
        self.narrowest = contract.schemas[MUST_ACCEPT]

    @cached_property
    def example(self) -> dict[str, Any]:
        """The documented example with the most fields; raises ``DocumentError`` if none has events."""
        samples = self.contract.samples.values()
        fitting = [value for value in samples if isinstance(value, dict) and value.get(EVENTS) and MESSAGE in value]
        if not fitting:
            place = (*self.contract.operation.pointer, "requestBody")
            raise self.contract.source.error(
                "no example of a request with events, and the kit's own do not conform to the schema",
                pointer=place,
                value=sorted(self.contract.request_examples),
                hint="Add examples to the request body, one of them with a message and events.",
            )
        return copy.deepcopy(max(fitting, key=len))

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """The messages of the documented examples, the one of :attr:`example` first."""
        samples = [value for value in self.contract.samples.values() if MESSAGE in value]
        return tuple(dict.fromkeys(value[MESSAGE] for value in (self.example, *samples)))

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

    @cached_property
    def optional(self) -> tuple[str, ...]:
        """The optional fields without the conversation id, which an earlier case must have obtained."""
        return tuple(name for name in self.fields if name not in self.required and name != CONVERSATION)

    @cached_property
    def most_events(self) -> int:
        """The largest number of events that every server must accept."""
        return int(self.narrowest["properties"][EVENTS]["maxItems"])

    def event(self, *names: str, number: int = 0) -> dict[str, Any]:
        """Return a valid event with the required fields and the named ones; ``number`` chooses among the examples."""
        events = self.example[EVENTS]
        full = events[number % len(events)]
        wanted = {*self.event_required, *(names or ())}
        return {name: full[name] for name in self.event_fields if name in wanted and name in full}

    def full_event(self, number: int = 0) -> dict[str, Any]:
        """Return a valid event with every field of the example."""
        return self.event(*self.event_fields, number=number)

    def valid(self, name: str) -> Any:
        """Return a value of the field that every server must accept."""
        if name == USER:
            return RUN_USER
        if name == SESSION:
            return RUN_SESSION
        if name == LIMIT:
            # The largest limit: if a server loses a limit or keeps it too long, the number of items shows it.
            return self.narrowest["properties"][LIMIT]["maximum"]
        if name == EVENTS:
            return [self.full_event(0)]
        if name in self.example:
            return copy.deepcopy(self.example[name])
        return _some_valid(self.documented["properties"][name])

    def request(self, *names: str, **values: Any) -> dict[str, Any]:
        """Return a body with the required fields, the named ones with default values, and the given values."""
        wanted = {*self.required, *names, *values}
        built: dict[str, Any] = {}
        for name in self.fields:
            if name in values:
                built[name] = values[name]
            elif name in wanted:
                built[name] = self.valid(name)
        built.update({name: value for name, value in values.items() if name not in built})
        return built


def _some_valid(schema: Mapping[str, Any]) -> Any:
    """Return a valid value of a field that only an overlay declares."""
    for value in (schema.get("default"), *schema.get("enum", ()), schema.get("const"), *schema.get("examples", ())):
        if value is not None:
            return value
    candidates: tuple[Any, ...] = ("contract-test", 1, True, [], {}, 1.5, "2024-06-14T10:00:00Z", "2024-06-14", "en")
    validator = validator_for(schema)
    return next((value for value in candidates if validator.is_valid(value)), None)
