"""What the recorder remembers of the files that it wrote. Limited in memory; the oldest go first."""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import PurePath

MAX_FILES = 20_000
"""Files whose content is known. A conversation whose file is no longer known continues in another file."""
MAX_BYTES = 8 * 1024 * 1024
"""Compressed size of the files that are written again if the folder is removed."""

_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class _File:
    name: PurePath
    digest: bytes


class Written:
    """The files of conversations by the conversation's number."""

    def __init__(self) -> None:
        self._files: OrderedDict[int, _File] = OrderedDict()
        self._texts: OrderedDict[int, bytes] = OrderedDict()
        self._bytes = 0

    def __contains__(self, number: int) -> bool:
        return number in self._files

    def note(self, number: int, name: PurePath, text: str) -> None:
        """Remember that a conversation's file has this text."""
        self._files[number] = _File(name, digest_of(text))
        self._files.move_to_end(number)
        if len(self._files) > MAX_FILES:
            self._files.popitem(last=False)
        packed = zlib.compress(text.encode(), 1)
        self._bytes += len(packed) - len(self._texts.pop(number, b""))
        self._texts[number] = packed
        while self._bytes > MAX_BYTES:
            self._bytes -= len(self._texts.popitem(last=False)[1])

    def name_of(self, number: int) -> PurePath | None:
        """Return the name of a conversation's file; None if it has none."""
        known = self._files.get(number)
        return None if known is None else known.name

    def is_text_of(self, number: int, text: str) -> bool:
        """Return whether the recorder wrote this text as the conversation's file."""
        known = self._files.get(number)
        return known is not None and known.digest == digest_of(text)

    def texts(self) -> Iterator[tuple[PurePath, str]]:
        """Yield names and texts, as far as they are remembered."""
        for number, packed in self._texts.items():
            if number in self._files:
                yield self._files[number].name, zlib.decompress(packed).decode()


def digest_of(text: str) -> bytes:
    """Return a digest by which texts are compared."""
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()
