"""Other valid values where the value does not matter, so that every form of one is met, and in much company.

A plan opens many conversations, goes on with them, and puts wrong values beside right ones. What is right there may as
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
from chat_verifier.planning.case import Case, CaseSequence, Freedom
from chat_verifier.planning.samples import Samples
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

Kind = tuple[str, str]
"""Whether a step is taken or refused, and whether it stands in a first or in a later turn."""


def with_variety(samples: Samples, sequences: Iterable[CaseSequence]) -> list[CaseSequence]:
    """Return the scripts, in the same order, with other valid values in all steps that are free to have them."""
    supply, other = _Supply(samples), _Supply(samples)
    # What only some servers are sent must not use up what is due to all.
    return [_varied(samples, other if sequence.naming == "first" else supply, sequence) for sequence in sequences]


def _varied(samples: Samples, supply: _Supply, sequence: CaseSequence) -> CaseSequence:
    """Give a conversation another user, and each of its turns other values.

    Whoever opens the conversation goes on with it, named or not: what a server does of another one is a question.
    """
    if all(case.free == "nothing" for case in sequence.cases):
        return sequence
    named = any(isinstance(case.body, dict) and USER in case.body for case in sequence.cases[1:])
    cases: list[Case] = []
    user: Any = None
    for planned in sequence.cases:
        if isinstance(planned.body, dict) and planned.free != "nothing":
            if planned.continues:
                body = _later(samples, supply, planned, user)
            else:
                body = _first(samples, supply, planned, named=named)
            cases.append(replace(planned, body=body))
        else:
            cases.append(planned)
        if isinstance(planned.body, dict) and not planned.continues:
            user = cases[-1].body.get(USER)
    return replace(sequence, cases=tuple(cases))


def _first(samples: Samples, supply: _Supply, case: Case, *, named: bool) -> dict[str, Any]:
    """Return another body of a first turn; ``named``: a later one says who the user is, so this one must, too."""
    kind = (_fate(samples, case), "first")
    body = supply.with_fields(case.body, kind, {True, named}) if case.free == "anything" else dict(case.body)
    return body | supply.values(_plain(samples, body, case.free, kind), kind)


def _later(samples: Samples, supply: _Supply, case: Case, user: Any) -> dict[str, Any]:
    """Return another body of a later turn in a conversation that ``user`` opened, or somebody without a name."""
    kind = (_fate(samples, case), "later")
    users = {False, user is not None}
    body = supply.with_fields(case.body, kind, users) if case.free == "anything" else dict(case.body)
    plain = _plain(samples, body, case.free, kind)
    same = {USER: user} if USER in plain and user is not None else {}
    return body | supply.values([name for name in plain if name != USER], kind) | same


def _plain(samples: Samples, body: Mapping[str, Any], free: Freedom, kind: Kind) -> list[str]:
    """Name the fields whose value nobody chose.

    Few items, or none, answer an odd message, and then nothing shows of a limit: it stands where all is odd anyhow, or
    where no items are to come.
    """
    kept = {CONVERSATION, *([MESSAGE] if free == "values" and kind[0] == "taken" else [])}
    return [name for name in body if name not in kept and body[name] == samples.valid(name)]


def _fate(samples: Samples, case: Case) -> str:
    return "taken" if samples.everyone_takes(case.body) else "refused"


class _Supply:
    """Gives out valid values: of each kind of step those used least, and in the company they were least in."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples
        self._rng = random.Random(0)  # noqa: S311 - chooses test cases, keeps no secret
        self._used: Counter[tuple[object, ...]] = Counter()
        self._forms = {name: forms for name in samples.fields if (forms := list(_forms(samples, name)))}
        self._events = self._made_up_events()

    def with_fields(self, body: dict[str, Any], kind: Kind, users: set[bool]) -> dict[str, Any]:
        """Return the body with other optional fields than it has, in the contract's order; a user if ``users``."""
        optional = self._samples.optional

        def sets() -> Iterator[tuple[str, ...]]:
            every_size = (combinations(optional, size) for size in range(len(optional), -1, -1))
            return (chosen for chosen in chain.from_iterable(every_size) if (USER in chosen) in users)

        # With many fields there are far too many sets to look at each, but then one that is new comes early.
        unused = next((chosen for chosen in sets() if not self._used[kind, chosen]), None)
        best = unused if unused is not None else min(sets(), key=lambda chosen: self._used[kind, chosen])
        self._used[kind, best] += 1
        kept = {name: value for name, value in body.items() if name not in optional}
        return self._samples.request(*best, **kept)

    def values(self, names: Sequence[str], kind: Kind) -> dict[str, Any]:
        """Return for each field a value of the form that is due."""
        company: list[object] = [kind]
        chosen: dict[str, Any] = {}
        for name in (name for name in names if name in self._forms):
            forms = self._forms[name]

            def use(number: int, name: str = name) -> tuple[int, int]:
                return self._used[kind[0], name, number], sum(self._used[other, name, number] for other in company)

            best = min(range(len(forms)), key=use)
            self._used[kind[0], name, best] += 1
            self._used.update((other, name, best) for other in company)
            company.append((name, best))
            chosen[name] = list(islice(self._events, forms[best])) if name == EVENTS else forms[best]
        return chosen

    def _made_up_events(self) -> Iterator[dict[str, Any]]:
        forms = {
            name: cycle(self._rng.sample(values, len(values)))
            for name, values in _forms_of_members(self._samples).items()
        }
        optional = [name for name in self._samples.event_fields if name not in self._samples.event_required]
        number = 0
        while True:
            event = self._samples.full_event(number)
            event.update({name: next(values) for name, values in forms.items() if name in event})
            for name in optional:
                if name in event and self._rng.random() < _LACKING:
                    del event[name]
            yield event
            number += 1


_LACKING = 0.3
"""How often an optional field of an event is left out."""


def _forms(samples: Samples, name: str) -> Iterator[Any]:
    """Yield the forms of a field; of events, how many."""
    schema = samples.narrowest["properties"][name]
    if name == EVENTS:
        yield from (number for number in COUNTS if number <= schema["maxItems"])
        return
    validator = validator_for(schema)
    candidates: Iterable[Any] = ()
    if name == MESSAGE:
        long = (("Desk, oak? " * length)[: length - 1] + "!" for length in LENGTHS)
        # All kinds of text at once are in the table of what must be accepted; here each comes alone, if there is room.
        odd = chain.from_iterable(zip_longest(MESSAGES, long))
        candidates = (*odd, *(text for _, text in TEXTS))
    elif name in {USER, SESSION}:
        # Not the same id for both, so that a server which takes one for the other shows.
        candidates = IDS if name == USER else (*IDS[5:], *IDS[:5])
    elif name == LIMIT:
        middle = (schema["minimum"] + schema["maximum"] + 1) // 2
        upper, lower = range(middle, schema["maximum"] + 1), range(schema["minimum"], middle)
        candidates = (limit for pair in zip_longest(upper, lower) for limit in pair if limit is not None)
    yield from (value for value in candidates if validator.is_valid(value))


def _forms_of_members(samples: Samples) -> dict[str, list[str]]:
    texts = [text for _, text in TEXTS]
    candidates = {
        EVENT_TIME: [*TIMES, *OTHER_TIMES],
        EVENT_TYPE: [*EVENT_TYPES, *texts, "42", " a b ", "y" * 51],
        ITEM: [*ITEM_IDS, *IDS],
        EVENT_TEXT: [*texts, *MESSAGES],
    }
    members = samples.narrowest["properties"][EVENTS]["items"]["properties"]
    return {
        name: [value for value in values if validator_for(members[name]).is_valid(value)]
        for name, values in candidates.items()
        if name in members
    }
