"""What a plan is made of. A script is one conversation; scripts do not depend on each other."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from chat_contract.exchange import Credential, Headers


class _Issued:
    """Stands in a body for the id of the conversation that the script opened."""

    def __repr__(self) -> str:
        return "ISSUED"

    def __deepcopy__(self, memo: dict[int, Any]) -> _Issued:
        return self


ISSUED: Any = _Issued()

Locs = Collection[tuple[str | int, ...]]

Layout = Literal["plain", "compact", "pretty", "spaced", "loose"]

Freedom = Literal["nothing", "values", "anything"]

Naming = Literal["any", "several", "first"]
"""Which of several faults a server names: it is not known, more than one, the first it comes upon."""

_SEPARATORS = {"compact": (",", ":"), "spaced": (" , ", " : "), "loose": (" , ", " : ")}

JSON_HEADERS: Headers = (("Content-Type", "application/json"),)


@dataclass(frozen=True, eq=False)
class Case:
    """One request of a script. ``body`` is a JSON value (in which ISSUED may stand) or raw bytes.

    ``path`` is None for the operation's own; ``ascii`` writes every other character as an escape, and the slash
    too; ``layout`` says how much blank stands between the tokens, and around them all where it is ``loose``.
    ``unblamed`` makes of a pack of faults, each in a place of its own, one script for each that none of the locs
    blames: whether the server looks at these is not known yet.
    ``free``: what of the body does not matter: nothing; the values that are not chosen for it; anything but that it
    is valid, which fields it has, too.
    """

    label: str
    body: Any = b""
    method: str = "POST"
    path: str | None = None
    headers: Headers = JSON_HEADERS
    chunked: bool = False
    ascii: bool = False
    layout: Layout = "plain"
    credential: Credential = "given"
    unblamed: Callable[[Locs], tuple[CaseSequence, ...]] | None = field(default=None, repr=False)
    free: Freedom = "nothing"

    @property
    def continues(self) -> bool:
        """Say whether the step needs a conversation that the script opened before."""
        return not isinstance(self.body, bytes) and any(value is ISSUED for value in _leaves(self.body))

    def raw(self, conversation_id: str | None) -> bytes:
        """Return the bytes to send, with the id in the place of ISSUED."""
        if isinstance(self.body, bytes):
            return self.body
        filled = _fill(self.body, conversation_id)
        indent = 2 if self.layout == "pretty" else None
        text = json.dumps(filled, ensure_ascii=self.ascii, separators=_SEPARATORS.get(self.layout), indent=indent)
        if self.ascii:
            text = text.replace("/", "\\/")
        if self.layout in {"spaced", "loose"}:
            text = f"{text[:1]} {text[1:-1]} {text[-1:]}"
        if self.layout == "loose":
            text = f"\r\n\t {text} \n"
        return text.encode("utf-8", "surrogatepass")


@dataclass(frozen=True, eq=False)
class CaseSequence:
    """The turns of one conversation, or a request or more without one.

    ``parts`` are what a pack is taken apart into where it is not answered with 200. ``without`` makes of a refused pack
    a smaller one: it takes the locs that were blamed (without ``body``) and leaves out what they blame.
    ``together`` names the scripts that are played at the same time.
    ``paused``: after its first turn, the script waits until all others are played.
    ``naming``: which servers it is for: those whose answers name several faults show more in packs of faults, others by
    one fault at a time.
    ``rank``: the lower, the more telling; a run that must be short leaves out the highest.
    """

    name: str
    group: str
    cases: tuple[Case, ...]
    rank: int = 5
    parts: tuple[CaseSequence, ...] = field(default=(), repr=False)
    without: Callable[[Locs], tuple[CaseSequence, ...]] | None = field(default=None, repr=False)
    together: str | None = None
    paused: bool = False
    naming: Naming = "any"


def single(
    case: Case, group: str, *, rank: int = 5, parts: tuple[CaseSequence, ...] = (), naming: Naming = "any"
) -> CaseSequence:
    """Make a script of one step."""
    return CaseSequence(case.label, group, (case,), rank=rank, parts=parts, naming=naming)


def blames(loc: tuple[str | int, ...], place: tuple[str | int, ...]) -> bool:
    """Say whether the loc leads to the place or below it; the index of an event may be written as text."""
    return tuple(map(str, loc[: len(place)])) == tuple(map(str, place))


def requests_of(sequences: Iterable[CaseSequence]) -> int:
    """Count the requests, packs not taken apart."""
    return sum(len(sequence.cases) for sequence in sequences)


def count_by_group(sequences: Iterable[CaseSequence]) -> dict[str, int]:
    """Count the requests of each group."""
    return dict(sorted(Counter(sequence.group for sequence in sequences for _ in sequence.cases).items()))


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for child in value.values():
            yield from _leaves(child)
    elif isinstance(value, list | tuple):
        for child in value:
            yield from _leaves(child)
    else:
        yield value


def _fill(value: Any, conversation_id: str | None) -> Any:
    if value is ISSUED:
        return conversation_id
    if isinstance(value, Mapping):
        return {key: _fill(child, conversation_id) for key, child in value.items()}
    if isinstance(value, list | tuple):
        return [_fill(child, conversation_id) for child in value]
    return value
