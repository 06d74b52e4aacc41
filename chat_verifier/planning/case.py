"""The parts of a plan: test cases and case sequences.

Code compares, groups and stores ids and enum members. Labels are for people who read a report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from chat_contract.exchange import Credential, Headers
from chat_verifier.planning.encoding import JSON_HEADERS, Layout, holds_placeholder, written
from chat_verifier.planning.recipe import Recipe


class Group(StrEnum):
    """What a case sequence tests."""

    PROBE = "probe"
    REQUEST = "request"
    CONVERSATION = "conversation"
    REJECTION = "rejection"
    ROBUSTNESS = "robustness"
    HTTP = "http"
    CREDENTIALS = "credentials"
    EXPLORATION = "exploration"
    RECORDED = "recorded"


class Priority(IntEnum):
    """How early a sequence is sent. A run with few requests leaves out the highest numbers.

    The others wait until those of ``LEARNING`` were played, since they show how the server responds.
    """

    LEARNING = 0
    ESSENTIAL = 1
    HIGH = 2
    MEDIUM = 3
    LOW = 4
    RARE = 5
    VARIANT = 6
    EXOTIC = 7
    EXPLORATION = 8


class Naming(StrEnum):
    """The servers that receive a case with faults: all, those that name several of them, or those that name one."""

    ANY = "any"
    SEVERAL = "several"
    FIRST = "first"


class Together(StrEnum):
    """How sequences that belong together are played: turn by turn, or with the requests in flight at the same time."""

    INTERLEAVED = "interleaved"
    CONCURRENT = "concurrent"


@dataclass(frozen=True, eq=False)
class Case:
    """One request of a sequence.

    ``id`` is unique within the sequence; ``label`` is the sentence that reports show.
    ``body`` is a JSON value, which may hold :data:`ISSUED`, or raw bytes. ``path`` None means the operation's path.
    ``ascii`` escapes every non-ASCII character and the slash. ``recipe``: the conditions that the request combines.
    ``naming``: the servers that receive the case. ``number``: its place among the cases of its kind, from 1.
    ``as_is``: it is sent without a change and with nothing after it, whatever the run knows about the server.
    """

    id: str
    label: str
    body: Any = b""
    method: str = "POST"
    path: str | None = None
    headers: Headers = JSON_HEADERS
    chunked: bool = False
    ascii: bool = False
    layout: Layout = Layout.PLAIN
    credential: Credential = "given"
    recipe: Recipe | None = field(default=None, repr=False)
    naming: Naming = Naming.ANY
    number: int = 0
    as_is: bool = False

    @property
    def continues(self) -> bool:
        """Whether the case needs a conversation that an earlier case of the sequence opened."""
        return not isinstance(self.body, bytes) and holds_placeholder(self.body)

    def raw(self, conversation_id: str | None) -> bytes:
        """Return the bytes to send, with the conversation id instead of :data:`ISSUED`."""
        if isinstance(self.body, bytes):
            return self.body
        return written(self.body, conversation_id, self.layout, ascii_only=self.ascii)


@dataclass(frozen=True, eq=False)
class CaseSequence:
    """The requests of one conversation, or one or more requests without a conversation. Independent of all others.

    ``id`` is unique within a plan.
    ``together``: sequences with the same value are played together.
    ``deferred``: how many of its last turns wait until everything else was played.
    """

    id: str
    group: Group
    cases: tuple[Case, ...]
    priority: Priority = Priority.VARIANT
    together: Together | None = None
    deferred: int = 0


def single(
    case: Case,
    group: Group,
    *,
    priority: Priority = Priority.VARIANT,
) -> CaseSequence:
    """Return a sequence of one case, with the id of the case."""
    return CaseSequence(case.id, group, (case,), priority=priority)


def of_recipe(recipe: Recipe, name: str, *, naming: Naming = Naming.ANY, number: int = 0) -> Case:
    """Return the request of a recipe as a test case."""
    return Case(
        name,
        recipe.label,
        recipe.body,
        headers=recipe.headers,
        layout=recipe.layout,
        ascii=recipe.ascii_only,
        recipe=recipe,
        naming=naming,
        number=number,
    )


def kebab(*parts: object) -> str:
    """Join data to a kebab-case id; a plus sign and every non-ASCII character are spelled out."""
    text = " ".join(str(part).lower().replace("+", " plus ") for part in parts)
    spelled = "".join(character if character.isascii() else f" u{ord(character):04x} " for character in text)
    return "-".join(re.findall("[a-z0-9]+", spelled))


def requests_of(sequences: Iterable[CaseSequence]) -> int:
    """Count the requests, without those that follow after a response."""
    return sum(len(sequence.cases) for sequence in sequences)


def count_by_group(sequences: Iterable[CaseSequence]) -> dict[Group, int]:
    """Count the requests of each group."""
    return dict(sorted(Counter(sequence.group for sequence in sequences for _ in sequence.cases).items()))
