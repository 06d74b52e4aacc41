"""The ``Prefer`` request header (RFC 7240) and its confirmation, ``Preference-Applied``. Pure.

Preferences of other specifications are ignored, as the RFC requires. Unknown values are errors.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from mock_server.overrides.reading import Choices, read_override
from mock_server.overrides.rules import NO_OVERRIDE, Override, OverrideError

NAMES = ("code", "example", "dynamic", "conversation", "delay", "fault")

_MAX_LENGTH = 4096
_MAX_COMPARED = 20
"""Preferences of a header that are compared with names."""
_REGISTERED = frozenset({"return", "respond-async", "wait", "handling", "depth-noroot", "transclude", "safe"})
"""Names of other specifications (RFC 7240, 4918, 8144 and others)."""

# token [ = token-or-quoted-string ] { ; parameter }, separated by commas.
_PREFERENCE = re.compile(
    r"""\s*+(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]++)
        (?:\s*+=\s*+(?:"(?P<quoted>(?:[^"\\]|\\.)*+)"|(?P<bare>[^",;]*+)))?+
        (?P<parameters>(?:\s*+;(?:"(?:[^"\\]|\\.)*+"|[^",])*+)?+)\s*+(?:,|$)""",
    re.VERBOSE,
)


def misspelt_preferences(header: str) -> list[tuple[str, str]]:
    """Return the names that no specification registers and that resemble one of the mock's, each with that name."""
    preferences = islice(_preferences(header[:_MAX_LENGTH]), _MAX_COMPARED)
    names = dict.fromkeys(match["name"].lower() for match in preferences)
    unknown = [name for name in names if name not in NAMES and name not in _REGISTERED]
    return [(name, near) for name in unknown if (near := _nearest(name))]


@lru_cache(maxsize=256)
def _nearest(name: str) -> str | None:
    return next(iter(difflib.get_close_matches(name, NAMES, 1, cutoff=0.7)), None)


def read_preferences(header: str | None, choices: Choices) -> Override:
    """Return the override that the header requests. Raise :class:`OverrideError` for an unknown value."""
    if not header:
        return NO_OVERRIDE
    if len(header) > _MAX_LENGTH:
        raise OverrideError(
            f"The Prefer header is longer than {_MAX_LENGTH} characters.", name="Prefer", value=f"{header[:40]}…"
        )
    preferred: dict[str, str] = {}
    for match in _preferences(header):
        name = match["name"].lower()
        quoted, bare = match["quoted"], match["bare"]
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (bare or "").strip()
        if name in NAMES:
            # The first occurrence counts.
            preferred.setdefault(name, value)
    return read_override(preferred, choices)


def _preferences(header: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(header):
        match = _PREFERENCE.match(header, position)
        if match is None:
            # Invalid by the RFC, so not a preference of the mock. Continue after the next comma.
            comma = header.find(",", position)
            position = len(header) if comma < 0 else comma + 1
            continue
        position = match.end()
        yield match


def preference_applied(preferred: Override) -> str:
    """Return the value of ``Preference-Applied``, empty if there is nothing to confirm."""
    parts = []
    for name in NAMES:
        value = getattr(preferred, name)
        if value is not None:
            text = "true" if value is True else str(value)
            parts.append(f"{name}={text}" if re.fullmatch(r"[\w.-]+", text, re.ASCII) else f'{name}="{text}"')
    return ", ".join(parts)
