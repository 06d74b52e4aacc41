"""Correct implementations in different styles: a suite that blames one of them cries wolf."""

from __future__ import annotations

from .base import Style

LAX = Style("lax", "FastAPI's defaults: coerces numbers, takes null, ignores unknown properties.", spotless=True)
STRICT = Style("strict", "Strict types, no null, RFC 3339 only.", nulls=False, numbers="strict", timestamps="rfc3339")
KEYED = Style("keyed", "The lax one behind a key.", spotless=True, keyed=True)

CORRECT: tuple[Style, ...] = (
    LAX,
    STRICT,
    KEYED,
    Style("dates", "Reads timestamps as dates, as pydantic's datetime does.", timestamps="iso"),
    Style("forbid-unknown", "Refuses unknown properties.", spotless=True, unknown=False),
    Style("replaces-ids", "Replaces foreign conversation ids by new ones.", spotless=True, foreign="replace"),
    Style("refuses-ids", "Refuses foreign conversation ids.", foreign="refuse"),
    Style("unknown-is-404", "Answers 404 to foreign conversation ids.", foreign="missing"),
    Style("tight", "Refuses all that must-accept does not hold.", tight=True, numbers="strict", foreign="refuse"),
    Style("loose", "Takes whatever no document rules out.", True, numbers="loose", timestamps="loose", media="any"),
    Style("one-at-a-time", "Names only the first fault.", spotless=True, every_fault=False),
    Style("syntax-is-400", "Answers 400 to what is no JSON.", malformed=400),
    Style("unsupported-media", "Answers 415 to foreign media types.", spotless=True, media="415"),
    Style("chunked", "Streams its replies in chunks.", spotless=True, wire="chunked"),
    Style("hangs-up", "Closes the connection after each answer.", spotless=True, wire="close"),
    Style("one-item", "Never has more than one item.", spotless=True, shelf=1),
    Style("sold-out", "Never has any item.", spotless=True, shelf=0),
    Style("wordy", "Says more than documented, in the reply and in items.", spotless=True, wordy=True),
    Style("busy", "Answers 429 to every seventieth request.", spotless=True, rate=70),
    Style("small-door", "Takes bodies of at most 64 KiB.", spotless=True, max_body=1 << 16),
)
