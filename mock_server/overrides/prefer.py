"""The header ``Prefer`` (RFC 7240): what a client asks of the mock, and what the mock answers of it.

Pure. Preferences of other people's are ignored, as the RFC has it; a value that does not exist is refused.
"""

from __future__ import annotations

import re

from mock_server.overrides.rules import AS_USUAL, Behaviour, BehaviourError, Known, read_behaviour

NAMES = ("code", "example", "dynamic", "conversation", "delay", "fault")

_LONGEST = 4096

# token [ = token-or-quoted-string ] { ; parameter }, separated by commas.
_PREFERENCE = re.compile(
    r"""\s*(?P<name>[!#$%&'*+.^_`|~0-9A-Za-z-]+)
        (?:\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^",;]*)))?
        (?P<parameters>(?:\s*;(?:"(?:[^"\\]|\\.)*"|[^",])*)?)\s*(?:,|$)""",
    re.VERBOSE,
)


def read_preferences(header: str | None, known: Known) -> Behaviour:
    """Return what the header asks for; raises :class:`mock_server.overrides.rules.BehaviourError` for what there is not."""
    if not header:
        return AS_USUAL
    if len(header) > _LONGEST:
        raise BehaviourError(f"longer than {_LONGEST} characters", name="Prefer", value=f"{header[:40]}…")
    asked: dict[str, str] = {}
    position = 0
    while position < len(header):
        match = _PREFERENCE.match(header, position)
        if match is None:
            # Not in the RFC's form, so not for us: go on behind the next comma.
            comma = header.find(",", position)
            position = len(header) if comma < 0 else comma + 1
            continue
        position = match.end()
        name = match["name"].lower()
        quoted, bare = match["quoted"], match["bare"]
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else (bare or "").strip()
        if name in NAMES:
            # The first of several counts.
            asked.setdefault(name, value)
    return read_behaviour(asked, known)


def applied(asked: Behaviour) -> str:
    """Return the value of ``Preference-Applied`` for what was asked for and done."""
    parts = []
    for name in NAMES:
        value = getattr(asked, name)
        if value is not None:
            text = "true" if value is True else str(value)
            parts.append(f"{name}={text}" if re.fullmatch(r"[\w.-]+", text, re.ASCII) else f'{name}="{text}"')
    return ", ".join(parts)
