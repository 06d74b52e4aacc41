"""The servers to verify: every faulty one, and the correct ones of both collections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch
from functools import partial
from typing import TypeVar

from testbed.correct_servers import ENTRIES, Entry, missing, serving
from testbed.faulty_servers import pairs
from testbed.faulty_servers.base import KEY, Style
from testbed.faulty_servers.catalogue import FAULTS
from testbed.faulty_servers.correct import CORRECT
from testbed.faulty_servers.fault import MUST, SHOULD, Fault, serve
from testbed.faulty_servers.witness import client_for

RIGHT = "correct"
PAIRS = "pairs"
ALL_NAMED, FIRST_NAMED, HYBRID, FRAMEWORKS = "all", "first", "hybrid", "frameworks"
BASES = {
    ALL_NAMED: "all faults named",
    FIRST_NAMED: "first fault named",
    HYBRID: "hybrid: stops at the first wrong type, else names all faults",
    FRAMEWORKS: "correct servers in frameworks and other languages",
}
"""How the 422 of a server names the faults of a request."""

One = TypeVar("One")


@dataclass(frozen=True)
class Subject:
    """A server to verify. ``level`` is that of its fault, or ``RIGHT``.

    ``paced``: slow or rate-limited by design. ``spotless``: violates not even a SHOULD clause.
    ``lasting``: runs in a process of its own, which all seeds share; other servers start anew for each seed.
    ``once``: verified with the first seed only. ``met``: requests that met the conditions of a drawn fault, by base.
    ``fault``: the planted fault, with the style of the base.
    """

    name: str
    level: str
    group: str
    about: str
    serve: Callable[[], AbstractContextManager[str]] = field(repr=False, compare=False)
    key: str | None = None
    paced: bool = False
    spotless: bool = False
    lasting: bool = False
    base: str = ALL_NAMED
    once: bool = False
    shows: Callable[[], object] = field(default=bool, repr=False, compare=False)
    met: Counter[str] | None = field(default=None, repr=False, compare=False)
    fault: Fault | None = field(default=None, repr=False, compare=False)

    @property
    def faulty(self) -> bool:
        return self.level != RIGHT

    @property
    def strict(self) -> bool:
        return self.level == SHOULD


def titled(name: str, base: str) -> str:
    return name if base == ALL_NAMED else f"{name}@{base}"


def of_fault(fault: Fault, base: str = ALL_NAMED, *, pair: bool = False) -> Subject:
    """Return the fault in a server of the base."""
    if base != ALL_NAMED:
        fault = replace(fault, style=replace(fault.style, naming=base))
    return Subject(
        titled(fault.name, base),
        fault.level,
        PAIRS if pair else fault.group,
        fault.about,
        partial(serve, fault),
        KEY if fault.needs_key else None,
        base=base,
        once=pair or base != ALL_NAMED,
        shows=partial(shows, fault),
        met=fault.met,
        fault=fault,
    )


def shows(fault: Fault) -> bool:
    """Return whether the fault is observable on its base; a wrong second entry is not if only the first is named."""
    with serve(fault) as url:
        return bool(fault.witness(client_for(url, keyed=fault.needs_key)))


def of_style(style: Style, base: str = ALL_NAMED) -> Subject:
    return Subject(
        titled(f"style-{style.name}", base),
        RIGHT,
        "styles",
        style.about,
        partial(serve, replace(style, naming=base)),
        KEY if style.keyed else None,
        paced=bool(style.rate),
        spotless=style.spotless,
        base=base,
        once=base != ALL_NAMED,
    )


def of_entry(entry: Entry) -> Subject:
    paced = bool(entry.pace) or entry.name.endswith("-slow")
    start = partial(serving, entry.name)
    return Subject(
        entry.name, RIGHT, entry.framework, entry.about, start, entry.key, paced=paced, lasting=True, base=FRAMEWORKS
    )


def lacking() -> dict[str, list[str]]:
    """Return what is not installed on this machine, by the name of the correct server that needs it."""
    return {name: lacks for name, entry in ENTRIES.items() if (lacks := missing(entry))}


def on_base(base: str, drawn: Sequence[Fault]) -> list[Subject]:
    """Return the faulty and correct servers of one base."""
    return [
        *(of_fault(fault, base) for fault in FAULTS),
        *(of_fault(fault, base, pair=True) for fault in drawn),
        *(of_style(style, base) for style in CORRECT if style.naming in (ALL_NAMED, base)),
    ]


def collect(only: str = "*", bases: Sequence[str] = (ALL_NAMED, FRAMEWORKS), drawn: int = 0) -> list[Subject]:
    """Return the servers that this machine can run, sorted so that an even sample covers all groups and levels."""
    absent = lacking()
    faults = pairs.pairs(drawn)
    subjects = [subject for base in bases if base != FRAMEWORKS for subject in on_base(base, faults)]
    if FRAMEWORKS in bases:
        subjects += [of_entry(entry) for name, entry in ENTRIES.items() if name not in absent]
    chosen = [subject for subject in subjects if fnmatch(subject.name, only)]
    return sorted(chosen, key=lambda one: ((RIGHT, MUST, SHOULD).index(one.level), one.group, one.name))


def evenly(ones: Sequence[One], count: int) -> list[One]:
    """Return ``count`` of them, always the same, evenly spread."""
    if count >= len(ones):
        return list(ones)
    return [ones[(2 * number + 1) * len(ones) // (2 * count)] for number in range(count)]


def sampled(subjects: Sequence[Subject], faulty: int, right: int) -> list[Subject]:
    """Return a sample of faulty and of correct servers; MUST and SHOULD faults keep their shares."""
    return [
        *evenly([one for one in subjects if not one.faulty], right),
        *evenly([one for one in subjects if one.faulty], faulty),
    ]
