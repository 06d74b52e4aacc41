"""Replaces default values of a plan by other valid ones, so that every form of a value and many combinations are sent.

A plan opens and continues many conversations, and sends wrong values together with valid ones. A valid value may as
well be an id of one character, a message in another script or a limit of 7: that costs no request.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, combinations, cycle, islice, zip_longest
from typing import Any

from chat_contract.contract import validator_for
from chat_contract.roles import (
    CONVERSATION,
    EVENT_TEXT,
    EVENT_TIME,
    EVENT_TYPE,
    EVENTS,
    ITEM,
    LIMIT,
    MESSAGE,
    SESSION,
    USER,
)
from chat_verifier.planning.case import Case, CaseSequence, FaultNaming, Freedom
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.values import (
    COUNTS,
    EVENT_TYPES,
    IDS,
    ITEM_IDS,
    LENGTHS,
    MESSAGES,
    OTHER_TIMES,
    TEXTS,
    TIMES,
)

_ACCEPTED, _REJECTED = "accepted", "rejected"

Kind = tuple[str, str]
"""Whether a case must be accepted or rejected, and whether it is a first or a later turn."""


def vary_values(builder: RequestBuilder, sequences: Iterable[CaseSequence]) -> list[CaseSequence]:
    """Return the sequences, in the same order, with other valid values in all cases whose freedom allows it."""
    supply, other = _Supply(builder), _Supply(builder)
    # Sequences for some servers only must not use up the forms of values that all servers receive.
    return [
        _varied(builder, other if sequence.naming is FaultNaming.FIRST else supply, sequence) for sequence in sequences
    ]


def _varied(builder: RequestBuilder, supply: _Supply, sequence: CaseSequence) -> CaseSequence:
    """Give a conversation another user, and each of its turns other values.

    The user stays the same within a conversation, since the response to another user is unspecified.
    """
    if all(case.freedom is Freedom.NONE for case in sequence.cases):
        return sequence
    named = any(isinstance(case.body, dict) and USER in case.body for case in sequence.cases[1:])
    cases: list[Case] = []
    user: Any = None
    for planned in sequence.cases:
        if isinstance(planned.body, dict) and planned.freedom is not Freedom.NONE:
            if planned.continues:
                body = _later(builder, supply, planned, user)
            else:
                body = _first(builder, supply, planned, named=named)
            cases.append(replace(planned, body=body))
        else:
            cases.append(planned)
        if isinstance(planned.body, dict) and not planned.continues:
            user = cases[-1].body.get(USER)
    return replace(sequence, cases=tuple(cases))


def _first(builder: RequestBuilder, supply: _Supply, case: Case, *, named: bool) -> dict[str, Any]:
    """Return another body of a first turn; ``named``: a later turn has a user, so this one must have it too."""
    kind = (_fate(builder, case), "first")
    body = supply.with_fields(case.body, kind, {True, named}) if case.freedom is Freedom.FIELDS else dict(case.body)
    return body | supply.values(_plain(builder, body, case.freedom, kind), kind)


def _later(builder: RequestBuilder, supply: _Supply, case: Case, user: Any) -> dict[str, Any]:
    """Return another body of a later turn in a conversation that ``user`` opened; None: without a user."""
    kind = (_fate(builder, case), "later")
    users = {False, user is not None}
    body = supply.with_fields(case.body, kind, users) if case.freedom is Freedom.FIELDS else dict(case.body)
    plain = _plain(builder, body, case.freedom, kind)
    same = {USER: user} if USER in plain and user is not None else {}
    return body | supply.values([name for name in plain if name != USER], kind) | same


def _plain(builder: RequestBuilder, body: Mapping[str, Any], freedom: Freedom, kind: Kind) -> list[str]:
    """Return the fields that hold a default value.

    An unusual message may find few items or none, which would hide whether the server applies a limit. So the message
    stays where only values vary and items are expected.
    """
    kept = {CONVERSATION, *([MESSAGE] if freedom is Freedom.VALUES and kind[0] == _ACCEPTED else [])}
    return [name for name in body if name not in kept and body[name] == builder.valid(name)]


def _fate(builder: RequestBuilder, case: Case) -> str:
    return _ACCEPTED if builder.is_must_accept(case.body) else _REJECTED


class _Supply:
    """Supplies valid values: for each kind of case those used least, in the combination used least."""

    def __init__(self, builder: RequestBuilder) -> None:
        self._builder = builder
        self._rng = random.Random(0)  # noqa: S311 - chooses test cases, not secrets
        self._used: Counter[tuple[object, ...]] = Counter()
        self._forms = {name: forms for name in builder.fields if (forms := list(_forms(builder, name)))}
        self._events = self._generated_events()

    def with_fields(self, body: dict[str, Any], kind: Kind, users: set[bool]) -> dict[str, Any]:
        """Return the body with another set of optional fields; ``users``: whether a user may be present or absent."""
        optional = self._builder.optional

        def sets() -> Iterator[tuple[str, ...]]:
            every_size = (combinations(optional, size) for size in range(len(optional), -1, -1))
            return (chosen for chosen in chain.from_iterable(every_size) if (USER in chosen) in users)

        # With many fields there are too many sets to count all of them, but an unused one is found early.
        unused = next((chosen for chosen in sets() if not self._used[kind, chosen]), None)
        best = unused if unused is not None else min(sets(), key=lambda chosen: self._used[kind, chosen])
        self._used[kind, best] += 1
        kept = {name: value for name, value in body.items() if name not in optional}
        return self._builder.request(*best, **kept)

    def values(self, names: Sequence[str], kind: Kind) -> dict[str, Any]:
        """Return for each field the value used least."""
        combination: list[object] = [kind]
        chosen: dict[str, Any] = {}
        for name in (name for name in names if name in self._forms):
            forms = self._forms[name]

            def use(number: int, name: str = name) -> tuple[int, int]:
                return self._used[kind[0], name, number], sum(self._used[other, name, number] for other in combination)

            best = min(range(len(forms)), key=use)
            self._used[kind[0], name, best] += 1
            self._used.update((other, name, best) for other in combination)
            combination.append((name, best))
            chosen[name] = list(islice(self._events, forms[best])) if name == EVENTS else forms[best]
        return chosen

    def _generated_events(self) -> Iterator[dict[str, Any]]:
        forms = {
            name: cycle(self._rng.sample(values, len(values)))
            for name, values in _forms_of_members(self._builder).items()
        }
        optional = [name for name in self._builder.event_fields if name not in self._builder.event_required]
        number = 0
        while True:
            event = self._builder.full_event(number)
            event.update({name: next(values) for name, values in forms.items() if name in event})
            for name in optional:
                if name in event and self._rng.random() < _OMITTED:
                    del event[name]
            yield event
            number += 1


_OMITTED = 0.3
"""The share of events without a given optional field."""


def _forms(builder: RequestBuilder, name: str) -> Iterator[Any]:
    """Yield the forms of a field; for events, their number."""
    schema = builder.narrowest["properties"][name]
    if name == EVENTS:
        yield from (number for number in COUNTS if number <= schema["maxItems"])
        return
    validator = validator_for(schema)
    candidates: Iterable[Any] = ()
    if name == MESSAGE:
        long = (("Desk, oak? " * length)[: length - 1] + "!" for length in LENGTHS)
        # must_accept sends all kinds of text at once; here each comes alone, if there is room.
        odd = chain.from_iterable(zip_longest(MESSAGES, long))
        candidates = (*odd, *(text for _, text in TEXTS))
    elif name in {USER, SESSION}:
        # Different ids for the two, so that a server that confuses them is found.
        candidates = IDS if name == USER else (*IDS[5:], *IDS[:5])
    elif name == LIMIT:
        middle = (schema["minimum"] + schema["maximum"] + 1) // 2
        upper, lower = range(middle, schema["maximum"] + 1), range(schema["minimum"], middle)
        candidates = (limit for pair in zip_longest(upper, lower) for limit in pair if limit is not None)
    yield from (value for value in candidates if validator.is_valid(value))


def _forms_of_members(builder: RequestBuilder) -> dict[str, list[str]]:
    texts = [text for _, text in TEXTS]
    candidates = {
        EVENT_TIME: [*TIMES, *OTHER_TIMES],
        EVENT_TYPE: [*EVENT_TYPES, *texts, "42", " a b ", "y" * 51],
        ITEM: [*ITEM_IDS, *IDS],
        EVENT_TEXT: [*texts, *MESSAGES],
    }
    members = builder.narrowest["properties"][EVENTS]["items"]["properties"]
    return {
        name: [value for value in values if validator_for(members[name]).is_valid(value)]
        for name, values in candidates.items()
        if name in members
    }
