"""Waivers: findings that a team has accepted for a while, each with a reason, an owner and a day when it ends.

waivers:
- clause: reply.item-price        # what is waived: the keys differ from report to report
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

_ABOUT = ("reason", "owner", "expires")


@dataclass(frozen=True)
class Waiver:
    """One accepted finding. ``match`` says which; ``source`` and ``pointer`` where it is written."""

    match: Mapping[str, Any]
    reason: str
    owner: str
    expires: dt.date
    source: Source = field(repr=False)
    pointer: Pointer

    def error(self, problem: str, hint: str) -> DocumentError:
        """Make the error that names this waiver."""
        return self.source.error(problem, pointer=self.pointer, value=dict(self.match), hint=hint)


def read_waivers(path: Path, keys: Mapping[str, type], today: dt.date) -> tuple[Waiver, ...]:
    """Read a list of waivers; ``keys`` names what each must say of its finding: ``str``, or ``list`` for texts.

    Raises :class:`DocumentError`: no list, a key that is unknown, missing or of another type, a text that is empty or
    stands for anything, one that has expired, the same finding twice.
    """
    source = read_source(path)
    entries = source.value.get("waivers") if isinstance(source.value, dict) else None
    if not isinstance(entries, list) or set(source.value) != {"waivers"}:
        raise source.error(
            "is no list of waivers", pointer=(), value=source.value, hint='begin with the line "waivers:", then a list'
        )
    waivers = [_waiver(source, number, entry, keys, today) for number, entry in enumerate(entries)]
    for number, waiver in enumerate(waivers):
        if any(waiver.match == other.match for other in waivers[:number]):
            raise waiver.error("is waived already, further up", "leave one of the two out")
    return tuple(waivers)


def _waiver(source: Source, number: int, entry: Any, keys: Mapping[str, type], today: dt.date) -> Waiver:
    here: Pointer = ("waivers", number)
    wanted = (*keys, *_ABOUT)
    if not isinstance(entry, dict):
        raise source.error("is no waiver", pointer=here, value=entry, hint=f"give it {', '.join(wanted)}")
    for name in entry:
        if name not in wanted:
            raise source.error(
                f"a waiver has no {name!r}", pointer=(*here, name), value=entry[name], hint=f"use {', '.join(wanted)}"
            )
    for name in wanted:
        if name not in entry:
            why = "covers more than one finding" if name in keys else "is not accounted for"
            raise source.error(f"has no {name}, so it {why}", pointer=here, value=entry, hint=f"add {name}")
        _check(source, (*here, name), entry[name], list if keys.get(name) is list else str)
    expires = _day(source, (*here, "expires"), entry["expires"])
    if expires < today:
        raise source.error(
            f"has expired on {expires}",
            pointer=here,
            value=entry["expires"],
            hint="mend the finding and take the waiver out, or agree on another day",
        )
    return Waiver({name: entry[name] for name in keys}, entry["reason"], entry["owner"], expires, source, here)


def _check(source: Source, pointer: Pointer, value: Any, kind: type) -> None:
    if kind is list:
        if not isinstance(value, list) or not value:
            raise source.error("is no list of texts", pointer=pointer, value=value, hint="list what is waived")
        for number, one in enumerate(value):
            _check(source, (*pointer, number), one, str)
        return
    if not isinstance(value, str):
        raise source.error("is no text", pointer=pointer, value=value, hint="write it in quotes")
    if not value.strip() and pointer[-1] != "pointer":
        raise source.error("is empty", pointer=pointer, value=value, hint="say what it is")
    if value in {"*", "**", ".*"}:
        raise source.error("stands for anything", pointer=pointer, value=value, hint="a waiver names one finding")


def _day(source: Source, pointer: Pointer, value: str) -> dt.date:
    try:
        return dt.date.fromisoformat(value)
    except ValueError:
        raise source.error("is no day", pointer=pointer, value=value, hint="write it as 2026-12-31") from None


def check_used(waivers: Iterable[Waiver], used: Sequence[Waiver]) -> None:
    """Raise :class:`DocumentError` for the first waiver that waived nothing."""
    for waiver in waivers:
        if not any(waiver is one for one in used):
            raise waiver.error("waives nothing that was found", "take it out: what it was for is mended")


def draft(entries: Sequence[Mapping[str, Any]], expires: dt.date) -> str:
    """Return a file of waivers for these findings, to be completed by hand: reason and owner are left to say."""
    text = "# Every waiver needs a reason and an owner before it counts.\nwaivers:"
    for entry in entries:
        said = {**entry, "reason": "", "owner": "", "expires": expires.isoformat()}
        lines = [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in said.items()]
        text += "\n  - " + "\n    ".join(lines)
    return text + ("\n" if entries else " []\n")
