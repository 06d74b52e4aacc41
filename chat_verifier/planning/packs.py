"""Splits a pack by the response to it: the one place that decides what is sent after a pack."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.roles import EVENTS
from chat_verifier.planning.case import Case, CaseSequence, Pack, PackKind, Part, Priority, Urgency, single

_MEMBER_DEPTH = 3
"""The length of the pointer to a field of an event."""


@dataclass(frozen=True)
class PackResponse:
    """What the response to a pack shows.

    ``accepted``: status 200. ``rejected``: status 422. ``violates``: it violates a MUST or SHOULD clause.
    ``unspecified``: the contract leaves the response to this request open.
    ``named``: the locs of a 422, without ``body``.
    """

    accepted: bool
    rejected: bool
    violates: bool
    unspecified: bool
    named: tuple[Pointer, ...] = ()


def names_fault(loc: Pointer, pointer: Pointer) -> bool:
    """Return whether the loc of a 422 is the pointer or lies below it; the index of an event may be a string."""
    return tuple(map(str, loc[: len(pointer)])) == tuple(map(str, pointer))


def split(sequence: CaseSequence, case: Case, response: PackResponse) -> list[CaseSequence]:
    """Return the sequences to send after the response to a case of the sequence; none if the case is not a pack."""
    if case.pack is None:
        return []
    if case.pack.kind is PackKind.FAULTS:
        return _faults_not_named(case.pack, response.named if response.rejected else ())
    rest = _parts_not_accepted(case, case.pack, response)
    # A smaller pack tells as much as the whole one; each of several parts tells less.
    priority = sequence.priority.lower if len(rest) > 1 else sequence.priority
    return [replace(one, priority=priority) for one in rest]


def combine(inputs: Sequence[Mapping[str, Any]]) -> tuple[dict[str, Any], list[tuple[Pointer, ...]]]:
    """Return the fields of all inputs together, with their events joined, and the pointers of each input."""
    whole: dict[str, Any] = {}
    pointers: list[tuple[Pointer, ...]] = []
    for changes in inputs:
        found: list[Pointer] = []
        for field, value in changes.items():
            before = whole.get(field)
            if field == EVENTS and isinstance(before, list):
                found += [(EVENTS, len(before) + index) for index in range(len(value))]
                whole[field] = [*before, *value]
            else:
                found.append((EVENTS, 0) if field == EVENTS and len(value or ()) == 1 else (field,))
                whole[field] = value
        pointers.append(tuple(found))
    return whole, pointers


def _parts_not_accepted(case: Case, pack: Pack, response: PackResponse) -> list[CaseSequence]:
    everything = [part.sequence for part in pack.parts]
    if response.violates:
        return everything
    if response.accepted:
        return []
    if not (response.rejected and response.unspecified and pack.kind is PackKind.UNSPECIFIED):
        return everything
    left = [
        part
        for part in pack.parts
        if not any(names_fault(loc, pointer) for loc in response.named for pointer in part.pointers)
    ]
    if len(left) == len(pack.parts):
        return everything
    if len(left) < 2:
        return [part.sequence for part in left]
    return [_smaller(case, pack, left)]


def _smaller(case: Case, pack: Pack, parts: Sequence[Part]) -> CaseSequence:
    """Return the pack with only the given parts."""
    changes, pointers = combine([part.changes for part in parts])
    body = {
        name: changes[name] if name in changes else pack.template[name]
        for name in case.body
        if name in changes or name in pack.template
    }
    kept = tuple(replace(part, pointers=where) for part, where in zip(parts, pointers, strict=True))
    smaller = replace(
        case,
        id=f"{case.id.partition('-reduced-to-')[0]}-reduced-to-{len(kept)}",
        label=f"{pack.label}: {', '.join(part.label for part in kept)}",
        body=body,
        pack=replace(pack, parts=kept),
    )
    return single(smaller, parts[0].sequence.group)


def _faults_not_named(pack: Pack, named: Collection[Pointer]) -> list[CaseSequence]:
    """Return a sequence for each fault that the 422 does not name.

    A server that names several faults but not this one may not check it at all. A 422 with one fault says nothing
    about the others; then ``pack.urgency`` decides.
    """
    left = [part for part in pack.parts if not _is_named(part, named)]
    names_several = len(pack.parts) - len(left) > 1
    firsts = set({part.pointers[0][-1]: part for part in reversed(left)}.values())
    essential = {
        part
        for part in left
        if names_several
        or pack.urgency is Urgency.ALL
        or (pack.urgency is Urgency.ONE_OF_EACH_FIELD and part in firsts)
    }
    return [
        replace(part.sequence, priority=Priority.ESSENTIAL if part in essential else Priority.MEDIUM) for part in left
    ]


def _is_named(part: Part, named: Collection[Pointer]) -> bool:
    """Return whether a loc names the fault; a missing field of an event may be named at the event."""
    return any(
        names_fault(loc, pointer) or (len(pointer) == _MEMBER_DEPTH and loc == pointer[:-1])
        for loc in named
        for pointer in part.pointers
    )
