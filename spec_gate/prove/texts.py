"""Adds to a sender what its patterns and lengths imply, so that the decision procedure need not compare patterns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spec_gate.patterns.languages import compare
from spec_gate.prove.listed import schemas_below
from spec_gate.schemas.keywords import LISTS, MAPS, ONE

_MAX_PATTERNS = 60
_MAX_COUNTED = 400


def with_implied_texts(sender: Any, receiver: Any) -> tuple[Any, Any]:
    """Return both schemas, given as JSON: the sender states every pattern and length of the receiver that it implies.

    Patterns that accept every string are removed.
    """
    wanted = {one["pattern"] for one in schemas_below(receiver) if "pattern" in one}
    patterns = sorted(wanted | {one["pattern"] for one in schemas_below(sender) if "pattern" in one})
    if not patterns or len(patterns) > _MAX_PATTERNS:
        return sender, receiver
    universal = {one for one in patterns if compare("", one).included}
    lengths = {
        (key, one[key])
        for one in schemas_below(receiver)
        for key in ("minLength", "maxLength")
        if key in one and one[key] <= _MAX_COUNTED
    }
    implied = _Implied(universal, sorted(wanted - universal), sorted(lengths))
    return implied.written(sender), _Implied(universal, [], []).written(receiver)


class _Implied:
    """Writes a schema anew with the keywords that its patterns and lengths imply."""

    def __init__(self, universal: set[str], wanted: list[str], lengths: list[tuple[str, int]]) -> None:
        self.universal = universal
        self.wanted = wanted
        self.lengths = lengths

    def written(self, schema: Any) -> Any:
        """Return the schema with everything below it written anew."""
        if not isinstance(schema, dict):
            return schema
        found: dict[str, Any] = {}
        for key, value in schema.items():
            if key in ONE:
                found[key] = self.written(value)
            elif key in LISTS:
                found[key] = [self.written(one) for one in value]
            elif key in MAPS or key == "$defs":
                found[key] = {name: self.written(one) for name, one in value.items()}
            else:
                found[key] = value
        if found.get("pattern") in self.universal:
            del found["pattern"]
        more = list(self._implied(found))
        return {**found, "allOf": [*found.get("allOf", ()), *more]} if more else found

    def _implied(self, schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
        if schema.keys().isdisjoint({"pattern", "minLength", "maxLength"}):
            return
        own = (schema.get("pattern", ""), schema.get("minLength", 0), schema.get("maxLength"))
        for pattern in self.wanted:
            if pattern != own[0] and compare(own[0], pattern, *own[1:]).included:
                yield {"pattern": pattern}
        for key, length in self.lengths if own[0] else ():
            if key not in schema and compare(own[0], _of_length(key, length)).included:
                yield {key: length}


def _of_length(key: str, length: int) -> str:
    return rf"^[\s\S]{{{length},}}$" if key == "minLength" else rf"^[\s\S]{{0,{length}}}$"
