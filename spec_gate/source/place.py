"""A place in a document that may consist of several files."""

from __future__ import annotations

from dataclasses import dataclass

from chat_contract.errors import Pointer


@dataclass(frozen=True)
class Place:
    """The place of a value: a file of the document and a JSON Pointer into it."""

    file: str
    pointer: Pointer

    def __truediv__(self, part: str | int) -> Place:
        return Place(self.file, (*self.pointer, part))

    @property
    def parent(self) -> Place:
        return Place(self.file, self.pointer[:-1])
