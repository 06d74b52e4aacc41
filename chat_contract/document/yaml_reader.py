"""Reads YAML strictly, with the line of each value.

Scalars follow the core schema of YAML 1.2: no dates, no yes/no, no sexagesimals. Keys become strings.
Merge keys (``<<``) of YAML 1.1 are read, because many documents use them.
Duplicate keys, tags, and aliases that expand to too many values are errors.
PyYAML parses the syntax. This module resolves the scalars, because PyYAML follows YAML 1.1.
"""

from __future__ import annotations

import copy
import math
import re
from array import array
from pathlib import Path
from typing import Any

import yaml

from chat_contract.document.limits import MAX_DEPTH, MAX_DIGITS, MAX_NODES
from chat_contract.document.positions import RepeatedKey, TreePositions, child_index
from chat_contract.errors import DocumentError, Pointer

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# https://yaml.org/spec/1.2.2/#1032-tag-resolution
_KEYWORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_MAYBE_NUMBER = frozenset("0123456789+-.")
"""The first characters of numbers."""
_INTEGER = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL = re.compile(r"0o[0-7]+\Z")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z")

_SCALAR_TAGS = frozenset({None, "!", "tag:yaml.org,2002:str"})
_COLLECTION_TAGS = frozenset({None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})

_SEPARATOR = re.compile("[\x85\u2028\u2029]")
"""Characters that end a line, and with it a comment or a text, in YAML 1.1, but not in YAML 1.2."""

_NO_KEY: Any = object()
_MERGE: Any = object()


def read_yaml(text: str, path: Path | str, repeated: list[RepeatedKey] | None = None) -> tuple[Any, TreePositions]:
    """Return the value of a YAML text and its positions; raises :class:`chat_contract.errors.DocumentError`.

    With ``repeated``, the last of several equal keys counts, and the list gets each repetition.
    """
    _check_separators(text, path)
    builder = _Builder(path, repeated)
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
    return builder.documents[0], TreePositions(builder.documents[0], builder.lines, builder.sizes)


def _check_separators(text: str, path: Path | str) -> None:
    found = _SEPARATOR.search(text)
    if found is not None:
        raise DocumentError(
            f"the line separator U+{ord(found[0]):04X}, which versions of YAML read differently",
            path=str(path),
            line=text.count("\n", 0, found.start()) + 1,
            hint=f"Remove it, or write it as \\u{ord(found[0]):04x} in double quotes.",
        )


class _Open:
    """A collection that is not closed yet. ``index`` is its number in the order of the file."""

    __slots__ = ("anchor", "count_before", "index", "is_mapping", "key", "key_line", "merged", "value")

    def __init__(self, value: dict[str, Any] | list[Any], index: int, anchor: str | None, count_before: int) -> None:
        self.value: Any = value
        self.is_mapping = isinstance(value, dict)
        self.index = index
        self.anchor = anchor
        self.count_before = count_before
        self.key: Any = _NO_KEY
        self.key_line = 0
        self.merged: list[tuple[dict[str, Any], int]] = []


class _Builder:
    """Builds plain values from parsing events, without recursion: PyYAML's composer fails on deep nesting."""

    def __init__(self, path: Path | str, repeated: list[RepeatedKey] | None) -> None:
        self.path = path
        self.repeated = repeated
        self.documents: list[Any] = []
        self.lines = array("L")
        self.sizes = array("L")
        self.count = 0
        self.open: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.texts: dict[str, str] = {}
        self.handlers = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._begin,
            yaml.SequenceStartEvent: self._begin,
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._document,
        }

    def take(self, event: yaml.Event) -> None:
        handler = self.handlers.get(type(event))
        if handler is not None:
            handler(event, event.start_mark.line + 1 if event.start_mark is not None else 1)

    def _document(self, _: yaml.Event, line: int) -> None:
        if self.documents:
            raise self._error("a second document in the file", line, hint="Keep one document per file.")

    def _begin(self, event: Any, line: int) -> None:
        if event.tag not in _COLLECTION_TAGS:
            raise self._tagged(event.tag, line)
        if self._awaits_key():
            raise self._error("a list or a mapping as a key", line, hint="Use a string as the key.")
        if len(self.open) >= MAX_DEPTH:
            raise self._error(
                f"nested more than {MAX_DEPTH} levels deep",
                line,
                pointer=self._here()[:8],
                hint="Flatten the document. A contract needs about a dozen levels.",
            )
        before = self.count
        self._count(1, line)
        value: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        self.open.append(_Open(value, self._place(line), event.anchor, before))

    def _end(self, _: yaml.Event, line: int) -> None:
        closed = self.open.pop()
        for mapping, at in closed.merged:
            self._merge(closed.value, mapping, at)
        self.sizes[closed.index] = len(self.sizes) - closed.index
        if closed.anchor is not None:
            self.anchors[closed.anchor] = (closed.value, self.count - closed.count_before)
        self._put(closed.value, closed.index, line)

    def _merge(self, value: dict[str, Any], mapping: dict[str, Any], line: int) -> None:
        """Add the keys of a merge key that the mapping does not have."""
        for key, child in mapping.items():
            if key not in value:
                value[key] = child
                self.lines.append(line)
                self.sizes.append(1)

    def _alias(self, event: Any, line: int) -> None:
        if event.anchor not in self.anchors:
            inside = any(collection.anchor == event.anchor for collection in self.open)
            problem = "contains itself" if inside else "is not defined above"
            raise self._error(f"alias *{event.anchor} {problem}", line, hint="Write the value instead.")
        value, size = self.anchors[event.anchor]
        self._count(size, line)
        if not self._awaits_key():
            self._put(copy.deepcopy(value), self._place(line), line)
        elif isinstance(value, str):
            self._key(value, line)
        else:
            raise self._error(f"alias *{event.anchor} as a key is not a string", line, hint="Write the key instead.")

    def _scalar(self, event: Any, line: int) -> None:
        if event.tag not in _SCALAR_TAGS:
            raise self._tagged(event.tag, line)
        plain = event.tag is None and event.style in (None, "")
        text = event.value
        if self._awaits_key():
            if event.anchor is not None:
                self.anchors[event.anchor] = (text, 1)
            self._key(_MERGE if plain and text == "<<" else self.texts.setdefault(text, text), line)
            return
        value = self._resolved(text, line) if plain else text
        self._count(1, line)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, 1)
        self._put(value, self._place(line), line)

    def _resolved(self, text: str, line: int) -> Any:
        """Return the value of an untagged plain scalar under the core schema."""
        if text in _KEYWORDS:
            return _KEYWORDS[text]
        if text[0] not in _MAYBE_NUMBER:
            return self.texts.setdefault(text, text) if len(text) < 64 else text
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
                value=text,
                hint=f"Write a finite number of at most {MAX_DIGITS} digits, or quote it.",
            )
        return text

    def _awaits_key(self) -> bool:
        return bool(self.open) and self.open[-1].is_mapping and self.open[-1].key is _NO_KEY

    def _key(self, key: Any, line: int) -> None:
        inside = self.open[-1]
        if key in inside.value:
            first = child_index(self._so_far(inside.index), inside.index, list(inside.value).index(key))
            if self.repeated is not None and first is not None:
                self.repeated.append(RepeatedKey(str(key), line))
                self._forget(inside, key, first)
                inside.key, inside.key_line = key, line
                return
            raise self._error(
                f'duplicate key "{key}"',
                line,
                pointer=(*self._here(), key),
                hint=f"Remove one of the two. The first is on line {self.lines[first or 0]}.",
            )
        inside.key, inside.key_line = key, line

    def _forget(self, inside: _Open, key: Any, first: int) -> None:
        """Remove the value of a key, with its places."""
        end = first + self.sizes[first]
        del self.lines[first:end], self.sizes[first:end], inside.value[key]

    def _so_far(self, index: int) -> array[int]:
        sizes = self.sizes[:]
        sizes[index] = len(sizes) - index
        return sizes

    def _here(self) -> Pointer:
        """Return the place that the next value gets."""
        pointer: Pointer = ()
        for inside in self.open:
            if not inside.is_mapping:
                pointer = (*pointer, len(inside.value))
            elif inside.key is not _NO_KEY:
                pointer = (*pointer, "<<" if inside.key is _MERGE else inside.key)
        return pointer

    def _place(self, line: int) -> int:
        """Keep the line of the next value; return its number."""
        inside = self.open[-1] if self.open else None
        self.lines.append(inside.key_line if inside is not None and inside.is_mapping else line)
        self.sizes.append(1)
        return len(self.lines) - 1

    def _put(self, value: Any, index: int, line: int) -> None:
        if not self.open:
            self.documents.append(value)
            return
        inside = self.open[-1]
        if not inside.is_mapping:
            inside.value.append(value)
            return
        if inside.key is _MERGE:
            self._keep_merged(inside, value, line)
            del self.lines[index:], self.sizes[index:]
        else:
            inside.value[inside.key] = value
        inside.key = _NO_KEY

    def _keep_merged(self, inside: _Open, value: Any, line: int) -> None:
        mappings = value if isinstance(value, list) else [value]
        if not all(isinstance(mapping, dict) for mapping in mappings):
            raise self._error(
                "a merge key (<<) without a mapping",
                line,
                value=value,
                hint="Write an alias of a mapping, for example <<: *name, or a list of them.",
            )
        inside.merged += [(mapping, inside.key_line) for mapping in mappings]

    def _count(self, more: int, line: int) -> None:
        self.count += more
        if self.count > MAX_NODES:
            raise self._error(
                f"expands to more than {MAX_NODES} values", line, hint="Remove aliases that multiply each other."
            )

    def _tagged(self, tag: str | None, line: int) -> DocumentError:
        return self._error(f"unsupported tag {tag}", line, hint="Remove the tag.")

    def _error(
        self, problem: str, line: int, *, hint: str, pointer: Pointer | None = None, **value: Any
    ) -> DocumentError:
        place = self._here() if pointer is None else pointer
        return DocumentError(problem, path=str(self.path), line=line, pointer=place, hint=hint, **value)
