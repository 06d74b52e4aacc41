"""Waivers of a run: each accepts one cause, shown by the listed test cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chat_contract import Contract
from chat_contract.errors import render_pointer
from chat_verifier.findings.cause import Cause, case_id
from chat_verifier.run.observation import Observation
from kit_reports.waivers import Waiver, draft, read_waivers

KEYS: dict[str, type] = {"clause": str, "pointer": str, "observed": str, "cases": list}
"""The keys of a waiver that identify its cause."""

DAYS = 30
"""How many days a drafted waiver is valid."""


@dataclass(frozen=True)
class WaiverMatch:
    """What a waiver matches: clause id, JSON Pointer, id of what was observed, ids of the test cases."""

    clause: str
    pointer: str
    observed: str
    cases: tuple[str, ...]


def load_waivers(path: Path, contract: Contract, today: dt.date) -> tuple[Waiver, ...]:
    """Read a file of waivers.

    Raises :class:`DocumentError` for an invalid waiver and for an unknown clause.
    """
    waivers = read_waivers(path, KEYS, today)
    for waiver in waivers:
        if waiver.match["clause"] not in contract.clauses:
            raise waiver.error(f'unknown clause "{waiver.match["clause"]}"', "Copy the clause id from a report.")
    return waivers


def match_of(waiver: Waiver) -> WaiverMatch:
    """Return what the waiver matches, as typed values."""
    clause, pointer, observed = (str(waiver.match[name]) for name in ("clause", "pointer", "observed"))
    return WaiverMatch(clause, pointer, observed, tuple(waiver.match["cases"]))


def match_for(cause: Cause) -> WaiverMatch:
    """Return what a waiver for this cause would match."""
    return WaiverMatch(cause.key.clause, render_pointer(cause.key.place), cause.key.observed, cause.cases)


def waived(causes: Iterable[Cause], waivers: Sequence[Waiver]) -> list[Cause]:
    """Return the causes, each with the waiver that accepts it.

    A waiver does not accept a cause that a test case outside its list shows: that may be another fault.
    """
    return [replace(cause, waiver=waiver_for(cause, waivers)) for cause in causes]


def waiver_for(cause: Cause, waivers: Sequence[Waiver]) -> Waiver | None:
    """Return the waiver that accepts a cause; None without one."""
    return next(
        (
            waiver
            for waiver in waivers
            if _same_cause(match_for(cause), match_of(waiver)) and set(cause.cases) <= set(match_of(waiver).cases)
        ),
        None,
    )


def _same_cause(one: WaiverMatch, other: WaiverMatch) -> bool:
    return (one.clause, one.pointer, one.observed) == (other.clause, other.pointer, other.observed)


def cases_outside_waivers(cause: Cause, waivers: Iterable[Waiver]) -> tuple[str, ...]:
    """Return the test cases that waivers of the same cause do not list; empty without such a waiver."""
    same = [match for match in map(match_of, waivers) if _same_cause(match_for(cause), match)]
    if cause.waiver is not None or not same:
        return ()
    listed = {case for match in same for case in match.cases}
    return tuple(case for case in cause.cases if case not in listed)


def unused_waivers(
    waivers: Sequence[Waiver], causes: Iterable[Cause], observations: Collection[Observation]
) -> list[Waiver]:
    """Return the waivers for which nothing was found, though one of their test cases was sent.

    One test case is enough: a run sends most of those in a draft only after an unexpected response. The ids of such
    cases begin with that of the planned case which contains their request, so the planned case is enough too.
    """
    sent = {case_id(observation) for observation in observations}
    found = [match_for(cause) for cause in causes]
    return [
        waiver
        for waiver in waivers
        if any(_was_sent(case, sent) for case in match_of(waiver).cases)
        and not any(_same_cause(one, match_of(waiver)) for one in found)
    ]


def _was_sent(case: str, sent: Collection[str]) -> bool:
    return any(f"{case}-".startswith(f"{one}-") for one in sent)


def draft_waivers(causes: Iterable[Cause], today: dt.date) -> str:
    """Return a file of waivers for every confirmed failure and warning."""
    wanted = [cause for cause in causes if cause.level != "observed" and not cause.intermittent]
    entries = [{**asdict(match), "cases": list(match.cases)} for match in map(match_for, wanted)]
    return draft(entries, today + dt.timedelta(days=DAYS))
