"""Reads YAML and JSON documents strictly, with the line of each value.

Scalars follow the core schema of YAML 1.2: no dates, no yes/no, no sexagesimals. Keys become strings.
Duplicate keys, tags, merge keys, and aliases that expand to too many values are errors.
PyYAML parses the syntax. This module resolves the scalars, because PyYAML follows YAML 1.1.
"""

from __future__ import annotations

import copy
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from chat_contract.errors import DocumentError, Pointer

MAX_NODES = 1_000_000
"""The maximum number of values in a document. The values of an alias count each time it is used."""

MAX_DEPTH = 200
"""The maximum nesting depth of a document."""

MAX_DIGITS = 300
"""The maximum number of digits of an integer; JSON parsers disagree about longer ones."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.2.2/#1032-tag-resolution
_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_TRUE = re.compile(r"(?:true|True|TRUE)\Z")
_FALSE = re.compile(r"(?:false|False|FALSE)\Z")
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

# JSON writes characters outside the first plane as two escapes; YAML has no such pairs.
_PAIR = re.compile(r"(?<!\\)((?:\\\\)*)(\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})")

_KEYWORDS = ((_NULL, None), (_TRUE, True), (_FALSE, False))

_STRING_TAG = "tag:yaml.org,2002:str"
_SCALAR_TAGS = frozenset({None, "!", _STRING_TAG})
_COLLECTION_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


@dataclass(frozen=True)
class Source:
    """A document: its value, and the line of each place in it."""

    path: Path | str
    value: Any = field(repr=False)
    lines: dict[Pointer, int] = field(repr=False)

    def line(self, pointer: Pointer) -> int:
        """Return the line of the place, or of its nearest parent that is in the file."""
        while pointer not in self.lines:
            pointer = pointer[:-1]
        return self.lines[pointer]

    def error(self, problem: str, *, pointer: Pointer, value: Any, hint: str) -> DocumentError:
        """Make an error for a place in this document."""
        return DocumentError(
            problem, path=str(self.path), line=self.line(pointer), pointer=pointer, value=value, hint=hint
        )


def read_source(path: Path) -> Source:
    """Read a document.

    Raises :class:`chat_contract.errors.DocumentError` for a file that cannot be read, is not UTF-8 or not YAML, or has
    more than one document, a duplicate key, a tag, a merge key, a number that is not finite, too many levels, or too
    many values with its aliases expanded.
    """
    return parse_source(_text(path), path)


def parse_source(text: str, path: Path | str) -> Source:
    """Read a document from its text. ``path`` names it in messages."""
    builder = _Builder(path)
    if text.lstrip().startswith(("{", "[", '"')):
        text = _PAIR.sub(lambda pair: pair[1] + json.loads(f'"{pair[2]}"'), text)
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        raise DocumentError(
            f"invalid YAML: {problem}",
            path=str(path),
            line=None if mark is None else mark.line + 1,
            hint="Correct the syntax at this line. An editor with YAML support shows the place.",
        ) from None
    if not builder.documents:
        raise DocumentError("empty document", path=str(path), line=1, hint="Write a document, or pass another file.")
    return Source(path, builder.documents[0], builder.lines)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DocumentError(
            f"cannot read the file: {error.strerror}", path=str(path), hint="Pass a file that exists and is readable."
        ) from None
    return decode(raw, path)


def decode(raw: bytes, path: Path | str) -> str:
    """Return the text of a document. Raises :class:`chat_contract.errors.DocumentError` if it is not UTF-8."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"not UTF-8: byte {error.start} is 0x{raw[error.start]:02x}",
            path=str(path),
            line=raw.count(b"\n", 0, error.start) + 1,
            hint="Save the file as UTF-8.",
        ) from None


_NO_KEY: Any = object()


@dataclass
class _Open:
    """A collection that is not closed yet."""

    value: dict[str, Any] | list[Any]
    pointer: Pointer
    anchor: str | None
    count_before: int
    key: Any = _NO_KEY
    key_line: int = 0


class _Builder:
    """Builds plain values from parsing events, without recursion: PyYAML's composer fails on deep nesting."""

    def __init__(self, path: Path | str) -> None:
        self.path = path
        self.documents: list[Any] = []
        self.lines: dict[Pointer, int] = {}
        self.count = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}

    def take(self, event: yaml.Event) -> None:
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.DocumentStartEvent):
            if self.documents:
                raise self._error("a second document in the file", line, (), hint="Keep one document per file.")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event, line)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event, line)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()

    def _begin(self, event: yaml.CollectionStartEvent, line: int) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise self._tagged(event.tag, line)
        if self._awaits_key():
            raise self._error("a list or a mapping as a key", line, self._here(), hint="Use a string as the key.")
        pointer = self._here()
        if len(self.open) >= MAX_DEPTH:
            raise self._error(
                f"nested more than {MAX_DEPTH} levels deep",
                line,
                pointer[:8],
                hint="Flatten the document. A contract needs about a dozen levels.",
            )
        before = self.count
        self._count(1, line)
        self._place(pointer, line)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.open.append(_Open(value, pointer, event.anchor, before))

    def _end(self) -> None:
        closed = self.open.pop()
        if closed.anchor is not None:
            self.anchors[closed.anchor] = (closed.value, self.count - closed.count_before)
        self._put(closed.value)

    def _alias(self, event: yaml.AliasEvent, line: int) -> None:
        if event.anchor not in self.anchors:
            inside = any(collection.anchor == event.anchor for collection in self.open)
            problem = "contains itself" if inside else "is not defined above"
            raise self._error(f"alias *{event.anchor} {problem}", line, self._here(), hint="Write the value instead.")
        value, size = self.anchors[event.anchor]
        self._count(size, line)
        if self._awaits_key():
            if not isinstance(value, str):
                raise self._error(
                    f"alias *{event.anchor} as a key is not a string",
                    line,
                    self._here(),
                    hint="Write the key instead.",
                )
            self._key(value, line)
            return
        self._place(self._here(), line)
        self._put(copy.deepcopy(value))

    def _scalar(self, event: yaml.ScalarEvent, line: int) -> None:
        plain = event.style in (None, "")
        if event.tag not in _SCALAR_TAGS:
            raise self._tagged(event.tag, line)
        if self._awaits_key():
            if plain and event.value == "<<":
                raise self._error(
                    "merge keys (<<) are not part of YAML 1.2",
                    line,
                    self._here(),
                    hint="Write the keys instead, or use $ref.",
                )
            if event.anchor is not None:
                self.anchors[event.anchor] = (event.value, 1)
            self._key(event.value, line)
            return
        pointer = self._here()
        value = self._resolved(event.value, line, pointer) if plain and event.tag is None else event.value
        self._count(1, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._place(pointer, line)
        self._put(value)

    def _resolved(self, text: str, line: int, pointer: Pointer) -> Any:
        """Return the value of an untagged plain scalar under the core schema."""
        for pattern, meaning in _KEYWORDS:
            if pattern.match(text):
                return meaning
        if _OCTAL.match(text):
            return int(text[2:], 8)
        if _HEXADECIMAL.match(text):
            return int(text[2:], 16)
        if _INTEGER.match(text) and len(text) <= MAX_DIGITS:
            return int(text)
        if _FLOAT.match(text) and not _INTEGER.match(text) and math.isfinite(number := float(text)):
            return number
        if _NOT_FINITE.match(text) or _FLOAT.match(text):
            raise self._error(
                "a number that JSON cannot represent",
                line,
                pointer,
                value=text,
                hint=f"Write a finite number of at most {MAX_DIGITS} digits, or quote it.",
            )
        return text

    def _awaits_key(self) -> bool:
        return bool(self.open) and isinstance(self.open[-1].value, dict) and self.open[-1].key is _NO_KEY

    def _key(self, key: str, line: int) -> None:
        inside = self.open[-1]
        if key in inside.value:
            raise self._error(
                f'duplicate key "{key}"',
                line,
                (*inside.pointer, key),
                hint=f"Remove one of the two. The first is on line {self.lines[(*inside.pointer, key)]}.",
            )
        inside.key, inside.key_line = key, line

    def _here(self) -> Pointer:
        if not self.open:
            return ()
        inside = self.open[-1]
        if isinstance(inside.value, list):
            return (*inside.pointer, len(inside.value))
        return inside.pointer if inside.key is _NO_KEY else (*inside.pointer, inside.key)

    def _place(self, pointer: Pointer, line: int) -> None:
        inside = self.open[-1] if self.open else None
        self.lines[pointer] = inside.key_line if inside is not None and isinstance(inside.value, dict) else line

    def _put(self, value: Any) -> None:
        if not self.open:
            self.documents.append(value)
            return
        inside = self.open[-1]
        if isinstance(inside.value, list):
            inside.value.append(value)
        else:
            inside.value[inside.key] = value
            inside.key = _NO_KEY

    def _count(self, more: int, line: int) -> None:
        self.count += more
        if self.count > MAX_NODES:
            raise self._error(
                f"expands to more than {MAX_NODES} values",
                line,
                self._here(),
                hint="Remove aliases that multiply each other.",
            )

    def _tagged(self, tag: str | None, line: int) -> DocumentError:
        return self._error(f"unsupported tag {tag}", line, self._here(), hint="Remove the tag.")

    def _error(self, problem: str, line: int, pointer: Pointer, *, hint: str, **value: Any) -> DocumentError:
        return DocumentError(problem, path=str(self.path), line=line, pointer=pointer, hint=hint, **value)
