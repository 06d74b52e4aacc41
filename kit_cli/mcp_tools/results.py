"""What the tools of ``chat-contract mcp`` return: the parts of a report that a client of a language model needs.

Lists are cut to a limit, and ``omitted`` counts the rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MockAddress:
    """A running mock: the base URL for clients, and the console for people."""

    url: str
    console: str


@dataclass(frozen=True)
class Stopped:
    """Whether a mock was running."""

    stopped: bool


@dataclass(frozen=True)
class RulesInForce:
    """The number of rules of the mock."""

    rules: int


@dataclass(frozen=True)
class JournalEntry:
    """A request to the mock with its response. ``errors`` are the errors of an invalid request."""

    number: int
    method: str
    path: str
    status: int
    verdict: str
    source: str
    request_body: str
    response_body: str
    errors: list[str]


@dataclass(frozen=True)
class Journal:
    """The last entries of the journal, oldest first."""

    entries: list[JournalEntry]
    omitted: int


@dataclass(frozen=True)
class ClauseFinding:
    """A violation of a clause by a server. ``command`` reproduces it in a shell."""

    clause: str
    level: str
    requirement: str
    pointer: str
    expected: str
    got: str
    certain: bool
    command: str


@dataclass(frozen=True)
class Verification:
    """The verdict on a server, and its profile: the answers to the open questions."""

    verdict: str
    reason: str
    requests: int
    accepted: int
    violations: list[ClauseFinding]
    omitted: int
    not_exercised: list[str]
    profile: dict[str, str]


@dataclass(frozen=True)
class Proof:
    """A request or response that one document allows and the other rejects."""

    allowed_by: str
    line: str
    body: str
    rejection: str


@dataclass(frozen=True)
class ChangeFinding:
    """A change of a document. ``hint`` says how to make it without breaking clients."""

    rule: str
    level: str
    title: str
    operations: list[str]
    base: str
    revision: str
    hint: str
    proof: Proof | None


@dataclass(frozen=True)
class Comparison:
    """The verdict on a change: breaking, inconclusive, warning or compatible."""

    verdict: str
    findings: list[ChangeFinding]
    omitted: int
    next_version: str


@dataclass(frozen=True)
class Explanation:
    """What a clause of the contract or a rule of the gate means."""

    id: str
    text: str
