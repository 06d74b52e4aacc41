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


@dataclass(frozen=True)
class Proof:
    """The proof of a difference; the other fields belong to a witness: the whole value, its root, and the error.

    ``abridged`` says that the value describes large parts instead of containing them. ``in_time`` is false if the time
    was over before a decision.
    """

    outcome: Outcome
    value: Any = None
    root: Root | None = None
    why: str = ""
    abridged: bool = False
    in_time: bool = True


INCLUDED = Proof(Outcome.INCLUDED)
REFUSED = Proof(Outcome.REFUSED)
UNPROVED = Proof(Outcome.UNPROVED)
OUT_OF_TIME = Proof(Outcome.UNPROVED, in_time=False)
