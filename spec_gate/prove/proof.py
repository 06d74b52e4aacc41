"""Proofs for one pair of schemas: inclusion, a witness, or neither."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spec_gate.differ.pairs import Root


class Outcome(StrEnum):
    """What the proof of a difference shows."""

    INCLUDED = "included"
    """The receiver accepts everything that the sender may send."""
    WITNESS = "witness"
    """The receiver rejects a value that the sender may send."""
    REFUSED = "refused"
    """The decision procedure denies inclusion, but no witness was found."""
    UNPROVED = "unproved"
    """Neither inclusion nor a witness was found."""


class Undecided(StrEnum):
    """Why a difference is not decided."""

    TIME = "time"
    """The time for proofs was over."""
    DEPTH = "depth"
    """The difference lies deeper than values are built."""
    SIZE = "size"
    """The schemas hold more definitions or listed values than are compared."""
    PATTERN = "pattern"
    """A pattern takes too many steps, or has parts that cannot be compared."""
    SEARCH = "search"
    """The decision procedure gives no answer, and the search found no value."""


@dataclass(frozen=True)
class Proof:
    """The proof of a difference; the other fields belong to a witness: the whole value, its root, and the error.

    ``abridged`` says that the value describes large parts instead of containing them. ``reason`` says why the
    difference is not decided.
    """

    outcome: Outcome
    value: Any = None
    root: Root | None = None
    why: str = ""
    abridged: bool = False
    reason: Undecided | None = None


INCLUDED = Proof(Outcome.INCLUDED)
REFUSED = Proof(Outcome.REFUSED)
UNPROVED = Proof(Outcome.UNPROVED, reason=Undecided.SEARCH)
OUT_OF_TIME = Proof(Outcome.UNPROVED, reason=Undecided.TIME)
TOO_DEEP = Proof(Outcome.UNPROVED, reason=Undecided.DEPTH)
