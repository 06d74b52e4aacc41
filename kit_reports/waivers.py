"""Waivers: findings that a team accepts for a limited time, each with a reason, an owner and an expiry date.

waivers:
  - clause: reply.item-price        # the finding; each kind of report has its own keys
    reason: fixed in 2.4
    owner: team-search
    expires: 2026-12-31
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, Pointer

_REQUIRED = ("reason", "owner", "expires")
_MAY_BE_EMPTY = frozenset({"pointer", "operation"})
_WILDCARDS = frozenset({"*", "**", ".*"})


@dataclass(frozen=True)
class Waiver:
    """An accepted finding. ``match`` identifies it; ``source`` and ``pointer`` locate the waiver in its file."""

    match: Mapping[str, Any]
    reason: str
    owner: str
    expires: dt.date
    source: Source = field(repr=False)
    pointer: Pointer

    def error(self, problem: str, hint: str) -> DocumentError:
        """Make an error at the place of this waiver."""
        return self.source.error(problem, pointer=self.pointer, value=dict(self.match), hint=hint)


def read_waivers(path: Path, keys: Mapping[str, type], today: dt.date) -> tuple[Waiver, ...]:
    """Read a file of waivers. ``keys`` maps each key that identifies a finding to ``str``, or ``list`` for strings.

    Raises :class:`chat_contract.errors.DocumentError` for a file without a list of waivers, and for an expired or
    duplicate waiver. The same holds for a key that is unknown, missing, empty, a wildcard or of the wrong type.
    """
    source = read_source(path)
    entries = source.value.get("waivers") if isinstance(source.value, dict) else None
    if not isinstance(entries, list) or set(source.value) != {"waivers"}:
        raise source.error(
            "expected a list of waivers",
            pointer=(),
            value=source.value,
            hint='Start the file with "waivers:", followed by a list.',
        )
    waivers = [_waiver(source, number, entry, keys, today) for number, entry in enumerate(entries)]
    for number, waiver in enumerate(waivers):
        if any(waiver.match == other.match for other in waivers[:number]):
            raise waiver.error("duplicate waiver", "Remove one of the two.")
    return tuple(waivers)


def _waiver(source: Source, number: int, entry: Any, keys: Mapping[str, type], today: dt.date) -> Waiver:
    here: Pointer = ("waivers", number)
    known = (*keys, *_REQUIRED)
    if not isinstance(entry, dict):
        raise source.error(
            "expected a waiver", pointer=here, value=entry, hint=f"Write a mapping with {', '.join(known)}."
        )
    for name in entry:
        if name not in known:
            raise source.error(
                f'unknown key "{name}" in a waiver',
                pointer=(*here, name),
                value=entry[name],
                hint=f"Use {', '.join(known)}.",
            )
    for name in known:
        if name not in entry:
            scope = " A waiver covers exactly one finding." if name in keys else ""
            raise source.error(
                f'"{name}" is missing in a waiver', pointer=here, value=entry, hint=f'Add "{name}".{scope}'
            )
        _check(source, (*here, name), entry[name], list if keys.get(name) is list else str)
    expires = _date(source, (*here, "expires"), entry["expires"])
    if expires < today:
        raise source.error(
            f"waiver expired on {expires}",
            pointer=here,
            value=entry["expires"],
            hint="Fix the finding and remove the waiver, or set a later date.",
        )
    return Waiver({name: entry[name] for name in keys}, entry["reason"], entry["owner"], expires, source, here)


def _check(source: Source, pointer: Pointer, value: Any, kind: type) -> None:
    if kind is list:
        if not isinstance(value, list) or not value:
            raise source.error(
                "expected a non-empty list of strings", pointer=pointer, value=value, hint="List at least one string."
            )
        for number, one in enumerate(value):
            _check(source, (*pointer, number), one, str)
        return
    if not isinstance(value, str):
        raise source.error("expected a string", pointer=pointer, value=value, hint="Write it in quotes.")
    if not value.strip() and pointer[-1] not in _MAY_BE_EMPTY:
        raise source.error(f'"{pointer[-1]}" is empty', pointer=pointer, value=value, hint="Enter a value.")
    if value in _WILDCARDS:
        raise source.error(
            "wildcards are not allowed in a waiver", pointer=pointer, value=value, hint="Identify exactly one finding."
        )


def _date(source: Source, pointer: Pointer, value: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise source.error(
            "invalid date", pointer=pointer, value=value, hint="Write it as YYYY-MM-DD, for example 2026-12-31."
        ) from None


def check_used(waivers: Iterable[Waiver], used: Sequence[Waiver]) -> None:
    """Raise :class:`chat_contract.errors.DocumentError` for the first waiver that is not among the used ones."""
    for waiver in waivers:
        if not any(waiver is one for one in used):
            raise waiver.error(
                "unused waiver: no finding matches it", "Correct it, or remove it if the finding is fixed."
            )


def draft(entries: Sequence[Mapping[str, object]], expires: dt.date) -> str:
    """Return the text of a waiver file for these findings, with empty reasons and owners to fill in."""
    text = "# Fill in the reason and the owner of every waiver.\nwaivers:"
    for entry in entries:
        filled = {**entry, "reason": "", "owner": "", "expires": expires.isoformat()}
        lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in filled.items()]
        text += "\n  - " + "\n    ".join(lines)
    return text + ("\n" if entries else " []\n")


def waivers_schema(*kinds: Mapping[str, type]) -> dict[str, Any]:
    """Return the JSON Schema of waiver files; each kind maps the keys that identify a finding to their types."""
    entries = [_entry_schema(keys) for keys in kinds]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Waivers of chat-contract",
        "type": "object",
        "required": ["waivers"],
        "additionalProperties": False,
        "properties": {"waivers": {"type": "array", "items": {"anyOf": entries}}},
    }


def _entry_schema(keys: Mapping[str, type]) -> dict[str, Any]:
    date = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "description": "Last day, as YYYY-MM-DD."}
    known = {name: _key_schema(name, list if kind is list else str) for name, kind in keys.items()}
    properties = {**known, "reason": _key_schema("reason", str), "owner": _key_schema("owner", str), "expires": date}
    return {
        "type": "object",
        "required": list(properties),
        "additionalProperties": False,
        "properties": properties,
    }


def _key_schema(name: str, kind: type) -> dict[str, Any]:
    text = {"type": "string", "not": {"enum": sorted(_WILDCARDS)}}
    if name not in _MAY_BE_EMPTY:
        text["pattern"] = r"\S"
    return {"type": "array", "minItems": 1, "items": text} if kind is list else text
