"""The parts of a plan: test cases, case sequences and packs. All of it is plain data.

Code compares, groups and stores ids and enum members. Labels are for people who read a report.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

from chat_contract.errors import Pointer
from chat_contract.exchange import Credential, Headers


class _Issued:
    """The type of :data:`ISSUED`."""

    def __repr__(self) -> str:
        return "ISSUED"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Issued:
        return self


ISSUED: Any = _Issued()
"""A placeholder in a body for the conversation id that the server issued earlier in the sequence."""


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
    """How early a sequence is sent. A run with few requests leaves out the highest numbers."""

    ESSENTIAL = 0
    HIGH = 1
    MEDIUM = 2
    LOW = 3
    RARE = 4
    VARIANT = 5
    UNLIKELY = 6
    EXOTIC = 7
    EXPLORATION = 8

    @property
    def lower(self) -> Priority:
        """The next lower priority."""
        return Priority(min(self + 1, max(Priority)))


class Layout(StrEnum):
    """The white space between the tokens of a JSON body; ``LOOSE`` also puts some around the body."""

    PLAIN = "plain"
    COMPACT = "compact"
    PRETTY = "pretty"
    SPACED = "spaced"
    LOOSE = "loose"


class Freedom(StrEnum):
    """Which parts of a body may be replaced by other valid ones, since the case does not depend on them.

    ``VALUES``: the values of the fields that hold a default. ``FIELDS``: also which optional fields are present.
    """

    NONE = "none"
    VALUES = "values"
    FIELDS = "fields"


class FaultNaming(StrEnum):
    """How many of several faults the 422 responses of a server name."""

    ANY = "any"
    SEVERAL = "several"
    FIRST = "first"


class PackKind(StrEnum):
    """What the parts of a pack are, which decides what is sent after its response.

    ``ACCEPTED``: every server must accept them. ``UNSPECIFIED``: a server may reject them. ``FAULTS``: every server
    must reject them.
    """

    ACCEPTED = "accepted"
    UNSPECIFIED = "unspecified"
    FAULTS = "faults"


class Urgency(StrEnum):
    """Which faults are essential to send alone after a 422 that names only one fault of a pack."""

    ALL = "all"
    ONE_OF_EACH_FIELD = "one-of-each-field"
    NONE = "none"


class Together(StrEnum):
    """How sequences that belong together are played: turn by turn, or with the requests in flight at the same time."""

    INTERLEAVED = "interleaved"
    CONCURRENT = "concurrent"


_SEPARATORS = {Layout.COMPACT: (",", ":"), Layout.SPACED: (" , ", " : "), Layout.LOOSE: (" , ", " : ")}

JSON_HEADERS: Headers = (("Content-Type", "application/json"),)


@dataclass(frozen=True, eq=False)
class Case:
    """One request of a sequence.

    ``id`` is unique within the sequence; ``label`` is the sentence that reports show.
    ``body`` is a JSON value, which may hold :data:`ISSUED`, or raw bytes. ``path`` None means the operation's path.
    ``ascii`` escapes every non-ASCII character and the slash.
    ``freedom``: what may be replaced by other valid values. ``pack``: what the request combines, if anything.
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
    freedom: Freedom = Freedom.NONE
    pack: Pack | None = field(default=None, repr=False)

    @property
    def continues(self) -> bool:
        """Whether the case needs a conversation that an earlier case of the sequence opened."""
        return not isinstance(self.body, bytes) and any(value is ISSUED for value in _leaves(self.body))

    def raw(self, conversation_id: str | None) -> bytes:
        """Return the bytes to send, with the conversation id instead of :data:`ISSUED`."""
        if isinstance(self.body, bytes):
            return self.body
        filled = _fill(self.body, conversation_id)
        indent = 2 if self.layout is Layout.PRETTY else None
        text = json.dumps(filled, ensure_ascii=self.ascii, separators=_SEPARATORS.get(self.layout), indent=indent)
        if self.ascii:
            text = text.replace("/", "\\/")
        if self.layout in {Layout.SPACED, Layout.LOOSE}:
            text = f"{text[:1]} {text[1:-1]} {text[-1:]}"
        if self.layout is Layout.LOOSE:
            text = f"\r\n\t {text} \n"
        return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, eq=False)
class CaseSequence:
    """The requests of one conversation, or one or more requests without a conversation. Independent of all others.

    ``id`` is unique within a plan.
    ``together``: sequences with the same value are played together.
    ``spans_run``: all turns after the first wait until everything else was played.
    ``naming``: the servers that receive the sequence. Packs of faults tell more about servers that name several faults,
    single faults about the others.
    """

    id: str
    group: Group
    cases: tuple[Case, ...]
    priority: Priority = Priority.VARIANT
    together: Together | None = None
    spans_run: bool = False
    naming: FaultNaming = FaultNaming.ANY


@dataclass(frozen=True, eq=False)
class Part:
    """One part of a pack. ``sequence`` sends it alone; ``pointers`` locate it in the body of the pack.

    ``label`` and ``changes``, the fields that the part sets, are needed to build a smaller pack.
    """

    sequence: CaseSequence
    pointers: tuple[Pointer, ...] = ()
    label: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Pack:
    """What one request combines, so that one response can tell about all of it.

    ``template`` holds the required fields, ``label`` the title; both are needed to build a smaller pack.
    """

    kind: PackKind
    parts: tuple[Part, ...]
    urgency: Urgency = Urgency.NONE
    label: str = ""
    template: Mapping[str, Any] = field(default_factory=dict)


def single(
    case: Case,
    group: Group,
    *,
    priority: Priority = Priority.VARIANT,
    naming: FaultNaming = FaultNaming.ANY,
) -> CaseSequence:
    """Return a sequence of one case, with the id of the case."""
    return CaseSequence(case.id, group, (case,), priority=priority, naming=naming)


def kebab(*parts: object) -> str:
    """Join data to a kebab-case id; a plus sign and every non-ASCII character are spelled out."""
    text = " ".join(str(part).lower().replace("+", " plus ") for part in parts)
    spelled = "".join(character if character.isascii() else f" u{ord(character):04x} " for character in text)
    return "-".join(re.findall("[a-z0-9]+", spelled))


def requests_of(sequences: Iterable[CaseSequence]) -> int:
    """Count the requests, without those that follow when packs are split."""
    return sum(len(sequence.cases) for sequence in sequences)


def count_by_group(sequences: Iterable[CaseSequence]) -> dict[Group, int]:
    """Count the requests of each group."""
    return dict(sorted(Counter(sequence.group for sequence in sequences for _ in sequence.cases).items()))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for child in value.values():
            yield from _leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _fill(value: Any, conversation_id: str | None) -> Any:
    if value is ISSUED:
        return conversation_id
    if isinstance(value, Mapping):
        return {key: _fill(child, conversation_id) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(child, conversation_id) for child in value]
    return value
