"""Reads the answers of Redis, and refuses one that is too long or announces too much."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from redis._parsers.hiredis import _AsyncHiredisParser
from redis._parsers.socket import SERVER_CLOSED_CONNECTION_ERROR
from redis.exceptions import ConnectionError, InvalidResponse  # noqa: A004 - of redis

MAX_ANSWER = 64 * 1024 * 1024
"""The largest number of bytes that are read of an answer. The journal is the largest one."""

MAX_VALUES = 1_000_000
"""The largest number of values of a list. For more, hiredis would take the memory before the values arrive."""

_LISTS, _TEXTS = b"*%~>|", b"$!="
_LARGE = {bytes([kind]): re.compile(re.escape(bytes([kind])) + rb"[0-9]{6}") for kind in _LISTS}
"""What a large list begins with, by its kind. Texts may contain the same bytes."""
_LONGEST_START = 6
_LENGTH = re.compile(rb"-1|[0-9]{1,12}")


class Announcements:
    """Follows the lengths in answers, which arrive in blocks, to find the length of a list that is too long."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._at = 0
        self._suspicious = False

    def are_too_large(self, block: bytes) -> bool:
        """Return whether the next block announces too long a list. Lengths are followed only if one looks long."""
        window = bytes(self._bytes[-_LONGEST_START:]) + block
        self._bytes += block
        self._suspicious |= any(kind in window and large.search(window) for kind, large in _LARGE.items())
        return self._suspicious and self._follow()

    def _follow(self) -> bool:
        while (end := self._bytes.find(b"\r\n", self._at)) >= 0:
            kind, length = self._bytes[self._at], self._bytes[self._at + 1 : end]
            self._at = end + 2
            if kind in _LISTS + _TEXTS:
                if not _LENGTH.fullmatch(length) or (kind in _LISTS and int(length) > MAX_VALUES):
                    return True
                if kind in _TEXTS and length != b"-1":
                    self._at += int(length) + 2
        return False


class BoundedParser(_AsyncHiredisParser):
    """Stops reading an answer that does not end, and lets the event loop run meanwhile."""

    _size = 0

    async def read_response(self, *arguments: Any, **options: Any) -> Any:
        """Read an answer. Raise :class:`redis.exceptions.InvalidResponse` if it is too long or impossible."""
        self._size = 0
        try:
            return await super().read_response(*arguments, **options)
        except (TypeError, ValueError) as error:
            # Python cannot represent the answer, such as a map whose key is a list.
            raise InvalidResponse(str(error)) from None

    async def read_from_socket(self) -> bool:
        """Read the next bytes."""
        if self._size > MAX_ANSWER:
            raise InvalidResponse(f"more than {MAX_ANSWER} bytes")
        if self._size:
            # asyncio returns bytes that have arrived without a turn of the loop, so that no timeout would end this.
            await asyncio.sleep(0)
        self._size += self._read_size
        stream: Any = self._stream
        reader: Any = self._reader
        block = await stream.read(self._read_size)
        if not block:
            raise ConnectionError(SERVER_CLOSED_CONNECTION_ERROR)
        if not reader.has_data():
            # It has parsed all bytes so far: the next one is the first of a value.
            self._announcements = Announcements()
        if self._announcements.are_too_large(block):
            raise InvalidResponse(f"a list of more than {MAX_VALUES} values")
        reader.feed(block)
        return True
