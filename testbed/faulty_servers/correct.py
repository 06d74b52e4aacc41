"""Correct implementations in different styles, which the verifier must not report."""

from __future__ import annotations

from .base import Style

LAX = Style("lax", "FastAPI's defaults: coerces numbers, accepts null, ignores unknown properties.", spotless=True)
STRICT = Style("strict", "Strict types, no null, RFC 3339 only.", nulls=False, numbers="strict", timestamps="rfc3339")
KEYED = Style("keyed", "Like lax, but requires a key.", spotless=True, keyed=True)

CORRECT: tuple[Style, ...] = (
    LAX,
    STRICT,
    KEYED,
    Style("dates", "Parses timestamps as dates, like pydantic's datetime.", timestamps="iso"),
    Style("forbid-unknown", "Rejects unknown properties.", spotless=True, unknown=False),
    Style("replaces-ids", "Replaces unknown conversation ids with new ones.", spotless=True, foreign="replace"),
    Style("rejects-ids", "Rejects unknown conversation ids.", foreign="refuse"),
    Style("unknown-is-404", "Responds 404 to unknown conversation ids.", foreign="missing"),
    Style("tight", "Rejects everything outside must-accept.", tight=True, numbers="strict", foreign="refuse"),
    Style(
        "loose",
        "Accepts everything that the contract does not rule out.",
        True,
        numbers="loose",
        timestamps="loose",
        media="any",
    ),
    Style("one-at-a-time", "Names only the first fault.", spotless=True, naming="first"),
    Style("decoder-first", "Stops at the first wrong type, else names all faults.", spotless=True, naming="hybrid"),
    Style("syntax-is-400", "Responds 400 to malformed JSON.", malformed=400),
    Style("unsupported-media", "Responds 415 to other media types.", spotless=True, media="415"),
    Style("chunked", "Sends chunked responses.", spotless=True, wire="chunked"),
    Style("hangs-up", "Closes the connection after each response.", spotless=True, wire="close"),
    Style("one-item", "Never has more than one item.", spotless=True, shelf=1),
    Style("sold-out", "Never has any item.", spotless=True, shelf=0),
    Style("wordy", "Adds undocumented properties to replies and items.", spotless=True, wordy=True),
    Style("busy", "Responds 429 to every 70th request.", spotless=True, rate=70),
    Style("small-door", "Accepts bodies of at most 64 KiB.", spotless=True, max_body=1 << 16),
)
