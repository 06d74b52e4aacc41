"""Which causes a team has accepted: each waiver names one cause, and the requests that may show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from chat_contract import Contract
from chat_contract.errors import render_pointer
from chat_verifier.findings.causes import Cause
from chat_verifier.run.runner import Observation
from kit_reports.waivers import Waiver, draft, read_waivers

KEYS: dict[str, type] = {"clause": str, "pointer": str, "got": str, "requests": list}
"""What a waiver says of its cause: clause, place, what came, and by which requests it may be shown."""

DAYS = 30
"""For how long a draft suggests to accept a cause."""


def load_waivers(path: Path, contract: Contract, today: dt.date) -> tuple[Waiver, ...]:
    """Read the waivers; raises :class:`DocumentError` for what is none, and for a clause that there is not."""
    waivers = read_waivers(path, KEYS, today)
    for waiver in waivers:
        if waiver.match["clause"] not in contract.clauses:
            raise waiver.error(f"there is no clause {waiver.match['clause']}", "take the id from a report")
    return waivers


def waived(causes: Iterable[Cause], waivers: Sequence[Waiver]) -> list[Cause]:
    """Return the causes, those that are accepted with their waivers.

    A cause that also other requests show than the waiver lists is another fault: it is not excused.
    """
    return [replace(cause, waiver=_waiver_of(cause, waivers)) for cause in causes]


def _waiver_of(cause: Cause, waivers: Sequence[Waiver]) -> Waiver | None:
    return next((waiver for waiver in waivers if _matches(cause, waiver)), None)


def _matches(cause: Cause, waiver: Waiver) -> bool:
    return _alike(cause, waiver) and set(cause.labels) <= set(waiver.match["requests"])


def _alike(cause: Cause, waiver: Waiver) -> bool:
    said = said_of(cause)
    return all(waiver.match[name] == said[name] for name in ("clause", "pointer", "got"))


def beyond(cause: Cause, waivers: Iterable[Waiver]) -> list[str]:
    """Return the requests that keep a cause from being accepted by a waiver of its kind; none where there is none."""
    alike = [waiver for waiver in waivers if _alike(cause, waiver)]
    if cause.waiver is not None or not alike:
        return []
    listed = {label for waiver in alike for label in waiver.match["requests"]}
    return [label for label in cause.labels if label not in listed]


def unused_waivers(
    waivers: Sequence[Waiver], causes: Iterable[Cause], observations: Collection[Observation]
) -> list[Waiver]:
    """Return the waivers for which nothing was found, though a request of theirs was sent.

    One request is enough: most of those that a draft lists are only sent where an answer to another was wrong.
    """
    sent = {observation.case.label for observation in observations}
    found = list(causes)
    return [
        waiver
        for waiver in waivers
        if not sent.isdisjoint(waiver.match["requests"]) and not any(_alike(cause, waiver) for cause in found)
    ]


def name_of(waiver: Waiver) -> str:
    """Name the cause of a waiver on one line."""
    return " ".join(str(waiver.match[name]) for name in ("clause", "pointer", "got"))


def drafted(causes: Iterable[Cause], today: dt.date) -> str:
    """Return a file of waivers for all that fails or warns."""
    wanted = [cause for cause in causes if cause.level != "observed" and not cause.intermittent]
    return drafted_of([said_of(cause) for cause in wanted], today)


def drafted_of(said: Sequence[Mapping[str, object]], today: dt.date) -> str:
    """Return a file of waivers for what :func:`said_of` said of causes."""
    return draft(said, today + dt.timedelta(days=DAYS))


def said_of(cause: Cause) -> dict[str, object]:
    clause, place, got = cause.key
    return {"clause": clause, "pointer": render_pointer(place), "got": got, "requests": list(cause.labels)}
