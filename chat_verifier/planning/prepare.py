"""Improves the rows of the usual plans and writes them to the file that runs read.

`python -m chat_verifier.planning.prepare` changes each row several hundred times; `--sweeps N` sets how often.
It takes about a minute of processor time. The same contract and code give the same file, `prepared.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from chat_contract import Contract, load_contract
from chat_contract.roles import CONVERSATION, EVENTS, LIMIT, USER
from chat_verifier.planning.annealing import Annealing, Circumstance, Place
from chat_verifier.planning.array import CoveringArray, Level, Row
from chat_verifier.planning.dimensions import AFTER, TURN, dimensions
from chat_verifier.planning.fault_levels import NONE, WRONG
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.prepared import FILE, Prepared, encoded
from chat_verifier.planning.request_builder import RequestBuilder
from chat_verifier.planning.rows import common
from chat_verifier.planning.tiers import ALLOCATIONS, Sizes
from chat_verifier.planning.wrong_values import MISSING_TYPE

SWEEPS = 100
_SWEEPS_OF_PACKS = 4
"""How many times as often the rows of packs are changed, which costs less."""
_FEW_ROWS = 40
_WRONG_TYPES = 2
_MANY_VALUES = 8
_OFTEN_SHARE = 0.1
_UNLIKE_SHARE = 0.07
_KEPT_IN_PACKS = (TURN, AFTER)
_DECIDING = (TURN, AFTER, EVENTS, USER)
_FEW = ("absent", "lowest", "two", "low", "default", "zero")
"""The levels of the limit that are so low that too many items show."""


class _Recorder:
    """Keeps the rows of each array of a plan, with the levels that each must have."""

    def __init__(self) -> None:
        self.arrays: dict[str, CoveringArray] = {}
        self.places: dict[str, list[Place]] = {}

    def follow(self, kind: str, array: CoveringArray) -> None:
        self.arrays[kind] = array
        places = self.places.setdefault(kind, [])
        array.observe(lambda options, barred, row: places.append(_place(kind, options, barred, row)))


def _place(kind: str, options: Sequence[Row], barred: Collection[Level], row: Row) -> Place:
    users = {option[USER] for option in options if USER in option and (USER, option[USER]) not in barred}
    if kind == "packs":
        allowed = {name: [options[0].get(name, "no" if name == AFTER else "first")] for name in _KEPT_IN_PACKS}
        if len(options) == 1:
            # A pack of two faults stays one.
            allowed |= {name: [level] for name, level in options[0].items()}
        if allowed[TURN] != ["first"]:
            allowed[f"{WRONG}:{CONVERSATION}"] = [NONE]
    else:
        allowed = {name: [level] for name, level in common(options).items()}
    if users:
        allowed[USER] = sorted(users)
    return Place(row, allowed, frozenset(barred))


def _order(name: str) -> int:
    if name.startswith(WRONG):
        return 0 if name.count(":") == 1 else 2
    return 1 if name in _DECIDING else 3


def _circumstances(kind: str, array: CoveringArray) -> list[Circumstance]:
    """Return when a fault shows: an id in a first or in a later turn, too many items where few were asked for."""
    if kind != "rows":
        return [Circumstance(1.0)]
    later = [level for level in array.factors[TURN] if level != "first"]
    return [
        Circumstance(0.50),
        Circumstance(0.20, frozenset((TURN, level) for level in array.factors[TURN])),
        Circumstance(0.07, frozenset({(TURN, "first")})),
        Circumstance(0.10, frozenset((TURN, level) for level in later)),
        Circumstance(0.13, frozenset((LIMIT, level) for level in _FEW if level in array.factors[LIMIT])),
    ]


def prepare(contract: Contract, sizes: Sizes, *, sweeps: int) -> dict[str, Prepared]:
    """Return the improved rows of each array of a plan."""
    recorder = _Recorder()
    make_plan(contract, sizes, follow=recorder.follow)
    made: dict[str, Prepared] = {}
    for kind, array in recorder.arrays.items():
        places = recorder.places[kind]
        annealing = Annealing(array, places, _circumstances(kind, array), order=_order)
        annealing.improve(sweeps * (_SWEEPS_OF_PACKS if kind == "packs" else 1))
        wanted = _wanted_often(contract, len(places)) if kind == "rows" else _each_wrong_type(kind, array, len(places))
        for level, times in wanted:
            annealing.insist(level, times)
        if kind == "packs" and len(places) < _FEW_ROWS:
            later = [index for index, place in enumerate(places) if place.allowed[TURN] != ["first"]]
            for level in _wrong_in_later_turns(array):
                annealing.insist(level, 1, later)
        factors = {name: list(levels) for name, levels in array.factors.items()}
        made[kind] = {"factors": factors, "rows": encoded(annealing.rows(), factors)}
    return made


def _wanted_often(contract: Contract, rows: int) -> Iterator[tuple[Level, int]]:
    """Yield the levels whose values differ from one another, and how often to send them."""
    for dimension in dimensions(RequestBuilder(contract), unspecified=True):
        for level in dimension.levels:
            if level.unlike or (level.rare and len(level.values) > _MANY_VALUES):
                share = _UNLIKE_SHARE if level.unlike else _OFTEN_SHARE
                yield (dimension.name, level.id), max(1, min(len(level.values), round(rows * share)))


def _each_wrong_type(kind: str, array: CoveringArray, rows: int) -> Iterator[tuple[Level, int]]:
    """Yield the wrong values of the fields of a request, of which there are few besides those in events."""
    times = _WRONG_TYPES if rows >= _FEW_ROWS else 1
    for name, levels in array.factors.items():
        if kind == "packs" and name.startswith(WRONG) and name.count(":") == 1:
            yield from (((name, level), times) for level in levels if level != NONE)


def _wrong_in_later_turns(array: CoveringArray) -> Iterator[Level]:
    """Yield what to send in a later turn at least once: each field of a request wrong, and each missing.

    Not the limit: after a rejection with a valid limit, a turn without one shows whether the server kept it.
    """
    for name, levels in array.factors.items():
        if name.startswith(WRONG) and name.count(":") == 1 and name.partition(":")[2] not in {CONVERSATION, LIMIT}:
            types = [level for level in levels if level not in {NONE, MISSING_TYPE}]
            yield from ((name, level) for level in (*types[:1], *(set(levels) & {MISSING_TYPE})))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m chat_verifier.planning.prepare", description=__doc__)
    parser.add_argument("--sweeps", type=int, default=SWEEPS, metavar="N", help="how often each row is changed")
    parser.add_argument("--file", type=Path, default=FILE, metavar="FILE", help="where to write the rows")
    options = parser.parse_args(arguments)
    contract = load_contract()
    plans = {
        tier.sizes.prepared: prepare(contract, tier.sizes, sweeps=options.sweeps)
        for tier in ALLOCATIONS.values()
        if tier.sizes.prepared
    }
    options.file.write_text(json.dumps(plans, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
