"""Adds to a sender what its patterns and lengths imply, so that the decision procedure need not compare patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spec_gate.patterns.languages import compare
from spec_gate.prove.listed import schemas_below
from spec_gate.schemas.keywords import LISTS, MAPS, ONE

_MAX_PATTERNS = 60
_MAX_COUNTED = 400
_MAX_LISTED = 1_000
"""How many characters the values of a list may have that a pattern is compared with."""

FORMATS: dict[Any, tuple[str, ...]] = {
    "uuid": ("^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$",),
    "date": ("^[0-9]{4}-[0-9]{2}-[0-9]{2}$",),
    "date-time": (
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    ),
    "email": (r"^[\s\S]{3,320}$", "^.+@.+$"),
    "uri": (r"^[A-Za-z][A-Za-z0-9+.-]*:[\s\S]*$",),
    "ipv4": (r"^[0-9]{1,3}([.][0-9]{1,3}){3}$",),
    "ipv6": ("^[0-9A-Fa-f:.]{2,45}$",),
    "hostname": (r"^[\s\S]{1,253}$",),
    "duration": ("^P[0-9A-Z.,]+$",),
}
"""Patterns that every string of a format matches."""

_WIDER: dict[Any, frozenset[str]] = {
    "email": frozenset({"idn-email"}),
    "hostname": frozenset({"idn-hostname"}),
    "uri": frozenset({"iri", "uri-reference", "iri-reference"}),
    "iri": frozenset({"iri-reference"}),
    "uri-reference": frozenset({"iri-reference"}),
}
"""The formats that every string of a format has as well."""


def with_implied_texts(sender: Any, receiver: Any) -> tuple[Any, Any]:
    """Return both schemas, given as JSON: the sender states every pattern and length of the receiver that it implies.

    Patterns that accept every string are removed.
    """
    wanted = {one["pattern"] for one in schemas_below(receiver) if "pattern" in one}
    patterns = sorted(wanted | {one["pattern"] for one in schemas_below(sender) if "pattern" in one})
    has_formats = any(one.get("format") in FORMATS for one in schemas_below(sender))
    if not (patterns or has_formats) or len(patterns) > _MAX_PATTERNS:
        return sender, receiver
    universal = {one for one in patterns if compare("", one).included}
    lengths = {
        (key, one[key])
        for one in schemas_below(receiver)
        for key in ("minLength", "maxLength")
        if key in one and one[key] <= _MAX_COUNTED
    }
    formats = frozenset(one["format"] for one in schemas_below(receiver) if "format" in one)
    wants = _Wants(sorted(wanted - universal), sorted(lengths), formats, _lists_of_texts(receiver))
    return _Implied(universal, wants).written(sender), _Implied(universal, _Wants()).written(receiver)


def _lists_of_texts(receiver: Any) -> list[list[str]]:
    """Return the short lists of values of a schema, as far as the values are strings."""
    lists = [[text for text in one["enum"] if isinstance(text, str)]
             for one in schemas_below(receiver) if "enum" in one]  # fmt: skip
    return [one for one in lists if one and sum(map(len, one)) + len(one) <= _MAX_LISTED]


@dataclass(frozen=True)
class _Wants:
    """What a receiver states about strings: patterns, lengths, formats and lists of values."""

    patterns: Sequence[str] = ()
    lengths: Sequence[tuple[str, int]] = ()
    formats: frozenset[str] = frozenset()
    lists: Sequence[list[str]] = ()


class _Implied:
    """Writes a schema anew with the keywords that its patterns and lengths imply."""

    def __init__(self, universal: set[str], wants: _Wants) -> None:
        self.universal = universal
        self.wants = wants

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
        if schema.keys().isdisjoint({"pattern", "format", "minLength", "maxLength"}):
            return
        lengths, own = (schema.get("minLength", 0), schema.get("maxLength")), schema.get("format")
        yield from ({"format": one} for one in sorted(self.wants.formats & _WIDER.get(own, frozenset())))
        for pattern in dict.fromkeys((schema.get("pattern", ""), *FORMATS.get(own, ()))):
            yield from self._implied_by(pattern, lengths, schema)

    def _implied_by(
        self, own: str, lengths: tuple[int, int | None], schema: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        for pattern in self.wants.patterns:
            if pattern != schema.get("pattern") and compare(own, pattern, *lengths).included:
                yield {"pattern": pattern}
        for key, length in self.wants.lengths if own else ():
            if key not in schema and compare(own, _of_length(key, length)).included:
                yield {key: length}
        for values in self.wants.lists if own and schema.get("type") == "string" else ():
            if compare(own, f"^({'|'.join(map(re.escape, values))})$", *lengths).included:
                yield {"enum": values}


def _of_length(key: str, length: int) -> str:
    return rf"^[\s\S]{{{length},}}$" if key == "minLength" else rf"^[\s\S]{{0,{length}}}$"
