"""The line of each value of a document, kept in little memory: documents of 13 MB have half a million values."""

from __future__ import annotations

import json
import re
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from chat_contract.errors import Pointer


@dataclass(frozen=True)
class RepeatedKey:
    """A key that an object has already, and the line of the repetition."""

    key: str
    line: int


class Positions(Protocol):
    """Finds the line of a place."""

    def line(self, pointer: Pointer) -> int:
        """Return the line of the place, or of its nearest parent that is in the file. Lines count from 1."""

    def before_change(self, pointer: Pointer) -> None:
        """Remember the keys of the mapping at the pointer: one of them will be removed."""


class FirstLine:
    """The positions of a document that no file contains: everything is on line 1."""

    def line(self, pointer: Pointer) -> int:  # noqa: ARG002 - see Positions
        return 1

    def before_change(self, pointer: Pointer) -> None:
        """Do nothing."""


class TreePositions:
    """Lines in the order of the values in the file: each value is followed by the values inside it.

    ``sizes`` holds the number of values from a value to the end of what is inside it. The values that an alias or a
    merge key (``<<``) repeats have no lines of their own.
    """

    def __init__(self, root: Any, lines: array[int], sizes: array[int]) -> None:
        self._root = root
        self._lines = lines
        self._sizes = sizes
        self._keys: dict[int, list[str]] = {}

    def line(self, pointer: Pointer) -> int:
        index, here = 0, self._root
        for part in pointer:
            found = self._child(index, here, part)
            if found is None:
                break
            index = found
            here = _inside(here, part)
        return self._lines[index]

    def before_change(self, pointer: Pointer) -> None:
        index, here = 0, self._root
        for part in pointer:
            found = self._child(index, here, part)
            if found is None:
                return
            index, here = found, _inside(here, part)
        if isinstance(here, dict):
            self._keys.setdefault(index, list(here))

    def _child(self, index: int, here: Any, part: str | int) -> int | None:
        keys = self._keys.get(index, here)
        if isinstance(part, int):
            number = part if isinstance(here, list) else None
        else:
            number = next((at for at, key in enumerate(keys) if key == part), None) if isinstance(here, dict) else None
        return None if number is None else child_index(self._sizes, index, number)


def child_index(sizes: array[int], index: int, number: int) -> int | None:
    """Return the index of the child with this number, counted from 0; None if the file has no such child."""
    end, child = index + sizes[index], index + 1
    for _ in range(number):
        if child >= end:
            return None
        child += sizes[child]
    return child if child < end else None


def _inside(here: Any, part: str | int) -> Any:
    if isinstance(here, dict):
        return here.get(part)
    return here[part] if isinstance(here, list) and isinstance(part, int) and part < len(here) else None


_SPACE = re.compile(r"[ \t\n\r]*")


class JsonPositions:
    """Lines of a JSON text, found in the text when they are asked for."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._children: dict[int, dict[str | int, tuple[int, int]]] = {}

    def line(self, pointer: Pointer) -> int:
        shown = start = self._skip(0)
        for part in pointer:
            found = self._children_of(start).get(part)
            if found is None:
                break
            shown, start = found
        return bisect_right(self._newlines, shown - 1) + 1

    def before_change(self, pointer: Pointer) -> None:
        """Do nothing: the text does not change."""

    @cached_property
    def _text(self) -> str:
        return self._raw.decode("utf-8-sig")

    @cached_property
    def _newlines(self) -> array[int]:
        return array("L", (found.start() for found in re.finditer("\n", self._text)))

    @cached_property
    def _scan(self) -> Any:
        return json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # scans one value; not in the stubs

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return at if found is None else found.end()

    def _children_of(self, start: int) -> dict[str | int, tuple[int, int]]:
        """Return where each child of the value is shown, and where its value starts."""
        if start not in self._children:
            opening = self._text[start]
            self._children[start] = self._scanned(start) if opening in "[{" else {}
        return self._children[start]

    def _scanned(self, start: int) -> dict[str | int, tuple[int, int]]:
        text, found = self._text, dict[str | int, tuple[int, int]]()
        closing = "]" if text[start] == "[" else "}"
        at = self._skip(start + 1)
        while text[at] != closing:
            shown, key = at, len(found)
            name: str | int = key
            if closing == "}":
                name, at = self._scan(text, at)
                at = self._skip(self._skip(at) + 1)
            found[name] = (shown, at)
            _, at = self._scan(text, at)
            at = self._skip(at)
            if text[at] == ",":
                at = self._skip(at + 1)
        return found
