"""The sentences for the ids that the journal and the explanations carry."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from mock_server.control.expected import expected_text
from mock_server.http.cors import origin_refused_text
from mock_server.http.source import ReplySource, Source
from mock_server.overrides.prefer import misspelt_preferences
from mock_server.respond.verdict import RequestFault, Verdict, VerdictReason
from mock_server.shop.scenarios import CueKind, NearMiss
from mock_server.store.journal import Entry


class Note(StrEnum):
    """Advice on a request."""

    UNKNOWN_PREFERENCE = "unknown-preference"
    ORIGIN_REFUSED = "origin-refused"
    KEY_IN_BROWSER = "key-in-browser"


SOURCES: Mapping[ReplySource, str] = {
    ReplySource.UNKNOWN: "Unknown",
    ReplySource.CONVERSATION: "Fixture conversation",
    ReplySource.SEARCH: "Catalogue search",
    ReplySource.PREFER: "Prefer header of the request",
    ReplySource.RULE: "Rule",
    ReplySource.UPSTREAM: "Upstream service",
    ReplySource.UPSTREAM_FAILED: "Failure of the upstream service",
    ReplySource.VALIDATION: "Request validation",
    ReplySource.MEDIA_TYPE: "Media type, rejected by the profile (--latitude)",
    ReplySource.CONTENT_ENCODING: "Content-Encoding not supported",
    ReplySource.MAX_BODY: "Body larger than --max-body",
    ReplySource.UNKNOWN_CONVERSATION: "Unknown conversation, rejected by the profile (--latitude)",
    ReplySource.OTHER_USER: "Conversation of another user, rejected by the profile (--latitude)",
    ReplySource.REQUIRE_KEY: "Missing or wrong key (--require-key)",
    ReplySource.RATE_LIMIT: "Rate limit exceeded (--rate-limit)",
    ReplySource.UNKNOWN_PREFERENCE: "Unknown preference in the Prefer header",
    ReplySource.OUTDATED_RULE: "Rule that is no longer valid after a reload",
    ReplySource.ACCESS: "Host, origin or address not allowed",
    ReplySource.ROUTING: "No such operation",
    ReplySource.STORE: "The store is not available",
    ReplySource.MOCK: "The mock itself",
}
_CUES: Mapping[CueKind, str] = {
    CueKind.WORDS: "missing words",
    CueKind.PHRASES: "none of the phrases",
    CueKind.PATTERN: "pattern does not match",
}


def note_text(note: Note, entry: Entry) -> str:
    """Return the sentence for a note."""
    return {
        Note.UNKNOWN_PREFERENCE: "; ".join(
            f'Unknown preference "{name}". Did you mean "{meant}"?'
            for name, meant in misspelt_preferences(entry.headers.get("prefer", ""))
        ),
        Note.ORIGIN_REFUSED: origin_refused_text(entry.headers.get("origin", "")),
        Note.KEY_IN_BROWSER: (
            "A browser sent an API key. Keep keys on a server: anyone who opens the page can read them."
        ),
    }[note]


def source_text(source: Source) -> str:
    """Return where a response comes from."""
    text = SOURCES[source.kind]
    if source.override is not None:
        name, value = source.override
        text = f"{text}: {name}={value}" if value else f"{text}: {name}"
    return text if source.fault is None else f"{text} (fault: {source.fault})"


def reason_text(entry: Entry, verdict: Verdict) -> str | None:
    """Return the sentence for the verdict's reason."""
    snapshot = entry.snapshot
    if verdict.reason is None:
        return None
    return {
        VerdictReason.PREFLIGHT: "A browser asked whether the page may send a request (CORS preflight).",
        VerdictReason.NOT_IN_CONTRACT: (
            f"{entry.method} {entry.path} is not in the contract; its operation is {snapshot.method} {snapshot.route}."
        ),
        VerdictReason.BODY_TRUNCATED: "Not verified: the journal keeps only the beginning of this body.",
        VerdictReason.MEDIA_TYPE: "The media type is not application/json.",
    }[verdict.reason]


def fault_text(fault: RequestFault) -> str:
    """Return what is wrong with a place of the request body."""
    place = fault.pointer.removeprefix("/").replace("/", ".").replace("~1", "/").replace("~0", "~") or "body"
    if fault.keyword == "required":
        return f"{place}: required field is missing"
    if fault.keyword == "additionalProperties":
        return f"{place}: unknown field"
    if fault.value is None:
        return f"{place}: JSON expected"
    return f"{place}: {expected_text(fault.keyword, fault.expected)}, got {fault.value}"


def near_miss_text(miss: NearMiss) -> str:
    """Return why a stub did not match a message."""
    missing = ", ".join(miss.missing)
    return f"{_CUES[miss.kind]}: {missing}" if missing else _CUES[miss.kind]
