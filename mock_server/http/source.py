"""Where a response comes from, and which fault damages it: data for the journal and the console."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """How a response is damaged on purpose."""

    DROP = "drop"
    """Close the connection after the response head."""
    TRUNCATE = "truncate"
    """Close the connection after half of the body."""
    MALFORMED = "malformed"
    """Send a body that is not valid JSON."""
    SLOW = "slow"
    """Send the body in small pieces over several seconds."""
    EMPTY = "empty"
    """Send no body."""
    RESET = "reset"
    """Reset the connection before the response head."""
    CLOSE = "close"
    """Close the connection before the response head."""
    HANG = "hang"
    """Send nothing until the client leaves or --max-hang has passed."""


class ReplySource(StrEnum):
    """The part of the mock that decided on a response."""

    UNKNOWN = "unknown"
    CONVERSATION = "conversation"
    SEARCH = "search"
    PREFER = "prefer"
    RULE = "rule"
    UPSTREAM = "upstream"
    UPSTREAM_FAILED = "upstream-failed"
    VALIDATION = "validation"
    MEDIA_TYPE = "media-type"
    CONTENT_ENCODING = "content-encoding"
    MAX_BODY = "max-body"
    UNKNOWN_CONVERSATION = "unknown-conversation"
    OTHER_USER = "other-user"
    REQUIRE_KEY = "require-key"
    RATE_LIMIT = "rate-limit"
    UNKNOWN_PREFERENCE = "unknown-preference"
    OUTDATED_RULE = "outdated-rule"
    ACCESS = "access"
    ROUTING = "routing"
    STORE = "store"
    MOCK = "mock"


@dataclass(frozen=True, slots=True)
class Source:
    """Why a response is what it is.

    ``override`` is the key and value of the preference or rule that chose the response: ``("code", "429")``.
    """

    kind: ReplySource
    override: tuple[str, str] | None = None
    fault: Fault | None = None
    """The fault that was applied."""


UNKNOWN = Source(ReplySource.UNKNOWN)
MOCK = Source(ReplySource.MOCK)
