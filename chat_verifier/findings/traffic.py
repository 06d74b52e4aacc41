"""What a report says about recorded traffic, besides the verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TrafficKind(StrEnum):
    """The kind of file that holds recorded traffic."""

    HAR = "har"
    JOURNAL = "journal"
    REPORT = "report"


class Ignored(StrEnum):
    """Why a recorded exchange is not judged."""

    OTHER_OPERATION = "other-operation"
    PREFLIGHT = "preflight"
    NO_RESPONSE = "no-response"
    NO_BODY = "no-body"
    REDIRECT = "redirect"
    NO_PERMISSION = "no-permission"
    CREDENTIAL_TEST = "credential-test"
    FORCED = "forced"
    """A rule, a preference or a fault of the mock made the response."""


@dataclass(frozen=True)
class IgnoredExchanges:
    """The number of recorded exchanges that are not judged for one reason."""

    reason: Ignored
    count: int


@dataclass(frozen=True)
class TrafficFigures:
    """What a recording holds. ``base_urls``: the servers in it, the most frequent first."""

    file: str
    kind: TrafficKind
    judged: int
    conversations: int
    base_urls: tuple[str, ...]
    ignored: tuple[IgnoredExchanges, ...]
