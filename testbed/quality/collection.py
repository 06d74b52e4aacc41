"""The servers to verify: every faulty one, and the correct ones of both collections."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import partial
from typing import TypeVar

from testbed.correct_servers import ENTRIES, Entry, missing, serving
from testbed.faulty_servers.base import KEY, Style
from testbed.faulty_servers.catalogue import FAULTS
from testbed.faulty_servers.correct import CORRECT
from testbed.faulty_servers.fault import MUST, SHOULD, Fault, serve

RIGHT = "correct"

One = TypeVar("One")


@dataclass(frozen=True)
class Subject:
    """A server to verify. ``level`` is that of its fault, or ``RIGHT``.

    ``paced``: slow or rate-limited by design. ``spotless``: violates not even a SHOULD clause.
    ``lasting``: runs in a process of its own, which all seeds share; other servers start anew for each seed.
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

    @property
    def faulty(self) -> bool:
        return self.level != RIGHT

    @property
    def strict(self) -> bool:
        return self.level == SHOULD


def of_fault(fault: Fault) -> Subject:
    key = KEY if fault.needs_key else None
    return Subject(fault.name, fault.level, fault.group, fault.about, partial(serve, fault), key)


def of_style(style: Style) -> Subject:
    return Subject(
        f"style-{style.name}",
        RIGHT,
        "styles",
        style.about,
        partial(serve, style),
        KEY if style.keyed else None,
        paced=bool(style.rate),
        spotless=style.spotless,
    )


def of_entry(entry: Entry) -> Subject:
    paced = bool(entry.pace) or entry.name.endswith("-slow")
    start = partial(serving, entry.name)
    return Subject(entry.name, RIGHT, entry.framework, entry.about, start, entry.key, paced=paced, lasting=True)


def lacking() -> dict[str, list[str]]:
    """Return what is not installed on this machine, by the name of the correct server that needs it."""
    return {name: lacks for name, entry in ENTRIES.items() if (lacks := missing(entry))}


def collect(only: str = "*") -> list[Subject]:
    """Return the servers that this machine can run, sorted so that an even sample covers all groups and levels."""
    absent = lacking()
    subjects = [of_fault(fault) for fault in FAULTS] + [of_style(style) for style in CORRECT]
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
