"""Decides and proves, for one pair of schemas at a time: included, or a witness, or neither.

Inclusion decided means safe. Otherwise a witness is searched: by the walk along both schemas, by the schema of what is
left over, by chance. A candidate counts only if jsonschema takes it on one side and refuses it on the other, first for
the pair, then, lifted, for the whole body.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from spec_gate.differ.pairing import IN_PLACE, Difference, Pair, Step, Walk
from spec_gate.prove.inclusion import Answer, covers, included, left_over, restricted
from spec_gate.schemas.names import child, element, keeps_to_names
from spec_gate.schemas.normalise import Schema
from spec_gate.schemas.pair import SchemaPair
from spec_gate.schemas.validity import Judge, matcher
from spec_gate.search.chance import chances
from spec_gate.search.sampler import FRESH, Sampler
from spec_gate.search.shrink import holds, shrink

Kind = Literal["included", "witness", "refused", "unproved"]

_DEPTH = 3
_FIRST, _SECOND, _THIRD, _BY_CHANCE = 6_000, 20_000, 4_000, 400
_LIFTED = 12
_ROOTS = 4


@dataclass(frozen=True)
class Root:
    """The schemas of one value that travels: a body, a parameter, a header; ``about`` is the caller's."""

    base: Schema
    revision: Schema
    original_base: Schema
    original_revision: Schema
    about: Any
    reading: Callable[[Any], Iterable[Any]] = lambda value: (value,)
    """All the values that what is sent may be taken for: a text in a URL has no type."""


@dataclass(frozen=True)
class Proof:
    """What is known of a difference. ``value`` is the witness, whole; ``part`` is the place's own."""

    kind: Kind
    value: Any = None
    part: Any = None
    root: Root | None = None
    why: str = ""


class Prover:
    """Proves for one world, as one side reads it."""

    def __init__(self, world: SchemaPair, walk: Walk) -> None:
        self.world = world
        self.walk = walk
        self.sampler = Sampler(world)
        self._judges: dict[int, tuple[Schema, Judge]] = {}

    def directed(self, base: Any, revision: Any) -> tuple[Any, Any]:
        """Return sender and receiver: clients keep to the base when they ask, and when they read."""
        return (base, revision) if self.world.side == "request" else (revision, base)

    # Deciding ---------------------------------------------------------------------------------------------------------

    def equivalent(self, pair: Pair, mixed: Schema) -> bool:
        """Say that both mean the same: another shape, no change."""
        base, revision = self.world.whole(pair.base), self.world.whole(mixed)
        return covers(base, revision) == "yes" and covers(revision, base) == "yes"

    def decide(self, base: Schema, revision: Schema) -> Answer:
        sender, receiver = self.directed(base, revision)
        return included(self.world, sender, receiver)

    def prove(self, pair: Pair, difference: Difference) -> Proof:
        """Prove one difference of a pair by itself."""
        answer = self.decide(pair.base, difference.hybrid)
        if answer == "yes":
            return Proof("included")
        found = self._searched(pair, difference.hybrid)
        if found is not None:
            return found
        return Proof("refused" if answer == "no" else "unproved")

    def prove_all(self, pair: Pair, mixed: Schema) -> Proof:
        """Prove all of a pair's own differences together."""
        answer = self.decide(pair.base, mixed)
        if answer == "yes":
            return Proof("included")
        return self._searched(pair, mixed) or Proof("refused" if answer == "no" else "unproved")

    def text_is_included(self, pair: Pair, mixed: Schema) -> bool:
        """Say that a text without type is safe: where the receiver takes any text, it takes every scalar."""
        sender, receiver = self.directed(pair.base, mixed)
        any_text = covers(self.world.whole(receiver), {"type": "string"}) == "yes"
        if not any_text:
            return False
        no_scalars = {"type": ["string", "array", "object"]}
        return included(self.world, {"allOf": [sender, no_scalars]}, receiver) == "yes"

    def whole_is_included(self, root: Root) -> bool:
        """Say that a whole body is safe, whatever its parts are."""
        return self.decide(root.base, root.revision) == "yes"

    # Searching --------------------------------------------------------------------------------------------------------

    def _searched(self, pair: Pair, hybrid: Schema) -> Proof | None:
        """Return a witness of a difference, lifted to a whole value of the first root that it shows in."""
        sender, receiver = self.directed(pair.base, hybrid)
        actual_sender, actual_receiver = self.directed(pair.base, pair.revision)
        judges = [(self.judge(sender), True), (self.judge(receiver), False),
                  (self.judge(actual_sender), True), (self.judge(actual_receiver), False)]  # fmt: skip

        def counts(value: Any) -> bool:
            return all(judge.probably(value) is wanted for judge, wanted in judges) and keeps_to_names(
                self.world, value, (actual_sender,), (actual_receiver,)
            )

        for part in itertools.islice(self._candidates(sender, receiver, counts), _LIFTED):
            for root in pair.all_roots()[:_ROOTS]:
                found = self._lifted(pair, part, root, counts)
                if found is not None:
                    return found
        return None

    def _candidates(self, sender: Schema, receiver: Schema, counts: Callable[[Any], bool]) -> Iterator[Any]:
        """Return the values that count for the pair, from the cheapest search to the dearest."""
        for source in (
            self._walked(sender, receiver),
            self._left(sender, receiver),
            self._walked_far(sender, receiver),
        ):
            for value in _distinct(source):
                if counts(value):
                    yield value
        yield from self._by_chance(sender, receiver, counts)

    def _walked(self, sender: Schema, receiver: Schema) -> Iterator[Any]:
        return itertools.islice(self.sampler.near((sender,), (receiver,), _DEPTH), _FIRST)

    def _walked_far(self, sender: Schema, receiver: Schema) -> Iterator[Any]:
        return itertools.islice(self.sampler.near((sender,), (receiver,), _DEPTH, many=True), _SECOND)

    def _left(self, sender: Schema, receiver: Schema) -> Iterator[Any]:
        rest = left_over(self.world.whole(receiver), restricted(self.world, sender, receiver))
        if not isinstance(rest, dict) or "$ref" in json.dumps(rest):
            return iter(())
        self._judges[id(rest)] = (rest, Judge(rest))
        return itertools.islice(self.sampler.near((rest,), (receiver,), _DEPTH, many=True), _THIRD)

    def _by_chance(self, sender: Schema, receiver: Schema, counts: Callable[[Any], bool]) -> Iterator[Any]:
        found = []
        for chance in chances(_BY_CHANCE):
            value = self.sampler.by_chance((sender,), (receiver,), _DEPTH, chance)
            if counts(value):
                found.append(value)
            if len(found) >= _LIFTED:
                break
        yield from _distinct(found)

    def judge(self, schema: Schema) -> Judge:
        key = id(schema) if isinstance(schema, dict) else int(schema)
        if key not in self._judges:
            self._judges[key] = (schema, Judge(self.world.whole(schema)))
        return self._judges[key][1]

    # Lifting ----------------------------------------------------------------------------------------------------------

    def _lifted(self, pair: Pair, part: Any, root: Root, counts: Callable[[Any], bool]) -> Proof | None:
        part = shrink(part, counts)
        for way in _ways_to(pair, root):
            for value in self._lift(part, way):
                if self.is_witness(value, root):
                    # What is refused for another reason may be smaller, and would not show this change.
                    small = shrink(value, lambda smaller: holds(smaller, part) and self.is_witness(smaller, root))
                    return Proof("witness", small, part, root, self.why(small, root, part))
        return None

    def _lift(self, part: Any, way: Sequence[tuple[Pair, Step]]) -> Iterator[Any]:
        values = [part]
        for pair, step in reversed(way):
            sender, receiver = self.directed(pair.base, pair.revision)
            sending, receiving = self.judge(sender), self.judge(receiver)
            held: list[Any] = []
            for value in values:
                for host in itertools.islice(self._held(sender, step, value), 60):
                    if sending.probably(host) and not receiving.probably(host):
                        held.append(host)
                        break
            values = held[:4]
        return iter(values)

    def _held(self, sender: Schema, step: Step, value: Any) -> Iterator[Any]:
        """Return values of a whole that hold the value at a step."""
        keyword, name = step
        hosts = list(itertools.islice(self.sampler.valid((sender,), _DEPTH), 12))
        objects = [host for host in hosts if isinstance(host, dict)] or [{}]
        arrays = [host for host in hosts if isinstance(host, list)] or [[]]
        ours = self.world.applied((sender,))
        if keyword in IN_PLACE:
            yield value
            if isinstance(value, dict):
                yield from ({**host, **value} for host in objects)
                yield from ({**value, **host} for host in objects)
        elif keyword == "properties":
            yield from ({**host, name: value} for host in objects)
        elif keyword in {"patternProperties", "additionalProperties", "unevaluatedProperties"}:
            names = [FRESH, *self.sampler._fresh_names(tuple(ours), 2), "a", "x", "key"]  # noqa: SLF001 - the same search
            if keyword == "patternProperties":
                names = [one for one in names if matcher(str(name))(one)]
            yield from ({**host, one: value} for one in names for host in objects)
        elif keyword == "propertyNames" and isinstance(value, str):
            below = itertools.islice(self.sampler.valid(child(ours, value), 1), 4)
            yield from ({**host, value: one} for one in [*below, "a", 0] for host in objects)
        elif keyword == "prefixItems":
            for host in arrays:
                padded = self.sampler._padded(host, ours, int(name) + 1, _DEPTH)  # noqa: SLF001 - the same search
                if padded is not None:
                    yield [*padded[: int(name)], value, *padded[int(name) + 1 :]]
                    yield [*padded[: int(name)], value]
        else:
            yield from self._held_in_array(arrays, ours, value)

    def _held_in_array(self, arrays: Sequence[list[Any]], ours: list[dict[str, Any]], value: Any) -> Iterator[Any]:
        start = max((len(schema.get("prefixItems", ())) for schema in ours), default=0)
        for host in [*arrays, []]:
            padded = self.sampler._padded(host, ours, start, _DEPTH)  # noqa: SLF001 - the same search
            if padded is not None:
                yield [*padded[:start], value]
                yield [*padded, value]
                yield [*padded[:start], value, *padded[start + 1 :]]
                yield [*padded[:start], value, *itertools.repeat(value, len(padded))]
        fewest = max((int(schema.get("minItems", 0)) for schema in ours), default=0)
        more = list(itertools.islice(self.sampler._distinct(element(ours, start), 1), min(fewest, 60)))  # noqa: SLF001
        yield [value, *more][: max(fewest, 1)]

    def is_witness(self, value: Any, root: Root) -> bool:
        """Say that jsonschema takes a whole value on one side and refuses it on the other, by the names rule."""
        sender, receiver = self.directed(root.original_base, root.original_revision)
        sending, receiving = self._original_judge(sender), self._original_judge(receiver)
        return (
            sending.accepts(value)
            and all(receiving.refuses(one) for one in root.reading(value))
            and keeps_to_names(self.world, value, *map(_alone, self.directed(root.base, root.revision)))
        )

    def why(self, value: Any, root: Root, part: Any) -> str:
        """Return what the side that refuses says of a witness, of its part before all."""
        return self._original_judge(self.directed(root.original_base, root.original_revision)[1]).why_not(value, part)

    def _original_judge(self, schema: Schema) -> Judge:
        key = id(schema) if isinstance(schema, dict) else int(schema)
        if key not in self._judges:
            self._judges[key] = (schema, Judge(self.world.whole(schema, simple=False)))
        return self._judges[key][1]

    # The whole --------------------------------------------------------------------------------------------------------

    def search_whole(self, root: Root) -> Proof | None:
        """Search without looking at pairs: what no part shows by itself."""
        sender, receiver = self.directed(root.base, root.revision)
        sources = (self._walked(sender, receiver), self._walked_far(sender, receiver))
        for value in _distinct(itertools.chain(*sources)):
            if self.is_witness(value, root):
                small = shrink(value, lambda smaller: self.is_witness(smaller, root))
                return Proof("witness", small, small, root, self.why(small, root, small))
        return None


def _alone(schema: Schema) -> tuple[Schema]:
    return (schema,)


def _distinct(values: Iterable[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for value in values:
        key = json.dumps(value, sort_keys=True, default=str)
        if key not in seen:
            seen.add(key)
            yield value


def _ways_to(pair: Pair, root: Root) -> Iterator[list[tuple[Pair, Step]]]:
    """Return the shortest way from a root to the pair; breadth first, so that recursion ends."""
    waiting: list[tuple[Pair, list[tuple[Pair, Step]]]] = [(pair, [])]
    seen = {id(pair)}
    while waiting:
        here, way = waiting.pop(0)
        if any(one is root for one in here.roots):
            yield way
            return
        for parent, step in here.parents:
            if id(parent) not in seen:
                seen.add(id(parent))
                waiting.append((parent, [(parent, step), *way]))
