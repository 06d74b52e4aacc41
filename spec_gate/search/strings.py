"""Strings at the limits that schemas set: formats, patterns, lengths."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from spec_gate.patterns.generate import matching
from spec_gate.patterns.languages import compare

_MAX_LENGTH = 100_000
_MAX_PATTERNS = 8
_NOTHING = r"[^\s\S]"
"""A pattern that no string matches: comparing with it gives a string of another pattern."""

_OF_FORMAT: dict[str, tuple[str, ...]] = {
    "date-time": ("2024-06-14T10:00:00Z", "2024-06-14T12:03:00.250+02:00", "1990-12-31T23:59:60Z"),
    "date": ("2024-06-14", "2024-02-29"),
    "time": ("10:00:00Z", "12:03:00.25+02:00"),
    "duration": ("P1D", "PT36H", "P3W"),
    "email": ("a@example.com", "first.last+tag@mail.example.org"),
    "idn-email": ("ä@example.com",),
    "hostname": ("example.com", "localhost"),
    "idn-hostname": ("bücher.example",),
    "ipv4": ("192.0.2.1", "10.0.0.255"),
    "ipv6": ("2001:db8::1", "::"),
    "uri": ("https://example.com/a?b=c", "urn:isbn:0451450523"),
    "uri-reference": ("/a/b", "#top", "https://example.com"),
    "iri": ("https://example.com/ä",),
    "iri-reference": ("/ä",),
    "uuid": ("c8a7d9f6-e4b1-42d3-8c2e-5a8d4f31b96f", "00000000-0000-0000-0000-000000000000"),
    "uri-template": ("/a/{b}",),
    "json-pointer": ("/a/0", ""),
    "relative-json-pointer": ("0", "1/a"),
    "regex": ("^a+$", "[0-9]"),
    "byte": ("aGVsbG8=",),
}

_STARTS = {"email": "a@", "idn-email": "a@", "hostname": "", "uri": "urn:a:", "uri-reference": "/", "iri": "urn:a:"}
"""What long strings of a format start with; labels of domain names may follow."""

_PLAIN = ("", "a", "A", "0", "1", "-1", "1.5", "true", "null", "ab", "Ab1", "a b", "é", "x-a", "a-b_c.d", "12345678901",
          "abcdefghijklmnopqrstuvwxyz", " ", "!", "/", "_", "aaaaaaaaaa")  # fmt: skip


def strings(hints: Sequence[Mapping[str, Any]], *, many: bool = False) -> Iterator[str]:
    """Return strings at the limits of schemas, valid and invalid ones."""
    samples: list[str] = []
    for schema in hints:
        samples += [value for value in schema.get("enum", ()) if isinstance(value, str)]
        samples += _OF_FORMAT.get(schema.get("format", ""), ())
        if "pattern" in schema:
            samples += matching(schema["pattern"], 60 if many else 12)
    samples += _of_one_pattern(hints)
    samples = list(dict.fromkeys(samples))
    yield from samples
    lengths = sorted({schema[key] for schema in hints for key in ("minLength", "maxLength") if key in schema})
    for length in dict.fromkeys(int(length) + step for length in lengths for step in (0, 1, -1)):
        if 0 <= length <= _MAX_LENGTH:
            yield "a" * length
            yield "é" * length if length < 200 else "b" * length
            yield from (fitted(sample, length) for sample in samples[:20])
            yield from (_of_length(one["format"], length) for one in hints if one.get("format") in _STARTS)
    yield from _PLAIN
    if not hints or not many:
        return
    for values in _OF_FORMAT.values():
        yield from values
    for sample in samples[:20]:
        yield from (
            sample.upper(),
            sample.lower(),
            sample + "x",
            sample[1:],
            sample[:-1],
            sample + sample,
            f" {sample}",
        )


def _of_length(form: str, length: int) -> str:
    """Return a string of a format with a length; a shorter one than its start is just cut."""
    start = _STARTS[form]
    labels = (f"{'a' * 60}." * (length // 61 + 1))[: max(length - len(start) - 3, 0)]
    return f"{start}{labels}aaa"[:length]


def _of_one_pattern(hints: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Return strings that one pattern accepts and another rejects."""
    given = [(one.get("pattern", ""), one.get("minLength", 0), one.get("maxLength")) for one in hints]
    patterns = list(dict.fromkeys(one["pattern"] for one in hints if "pattern" in one))[:_MAX_PATTERNS]
    for ours, theirs in itertools.product(dict.fromkeys([("", 0, None), *given]), ("", _NOTHING, *patterns)):
        if ours[0] != theirs:
            found = compare(ours[0], theirs, int(ours[1]), None if ours[2] is None else int(ours[2])).counterexample
            if found is not None:
                yield found


def fitted(sample: str, length: int) -> str:
    """Return the string cut or stretched to a length, so that a pattern may still match."""
    if len(sample) >= length or not sample:
        return sample[:length]
    middle = len(sample) // 2
    return sample[:middle] + sample[middle] * (length - len(sample)) + sample[middle:]
