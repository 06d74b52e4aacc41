"""What clients leave unread: large responses wait for each other, and too many of them are refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest

from mock_server.server.limits import OverloadError
from mock_server.server.unread import Unread

MEGABYTE = 1024 * 1024


@dataclass(eq=False)
class Stalled:
    """A connection of which this many bytes are unread. It is its own transport."""

    size: int
    unread: Unread
    dropped: bool = False
    transport: Any = field(init=False)

    def __post_init__(self) -> None:
        self.transport = self

    def get_write_buffer_size(self) -> int:
        return self.size

    def drop(self) -> None:
        self.dropped = True
        self.unread.remove(self)


def stalled(unread: Unread, size: int, now: float) -> Stalled:
    connection = Stalled(size, unread)
    unread.add(connection, now)
    return connection


def test_longest_stalled_connection_is_dropped_beyond_the_limit() -> None:
    unread = Unread(2 * MEGABYTE)
    first, second, third = (stalled(unread, MEGABYTE, now) for now in (0.0, 1.0, 2.0))
    assert [first.dropped, second.dropped, third.dropped] == [True, False, False]


def test_connection_that_had_no_time_to_read_is_not_dropped() -> None:
    unread = Unread(MEGABYTE)
    both = [stalled(unread, MEGABYTE, now) for now in (0.0, 0.1)]
    assert not any(each.dropped for each in both)
    unread.drop_slowest(10.0)
    assert [each.dropped for each in both] == [True, False]


def test_large_response_waits_until_clients_read_and_a_small_one_does_not() -> None:
    async def play() -> None:
        unread = Unread(MEGABYTE)
        never = asyncio.get_running_loop().time() + 3600
        connection = stalled(unread, 2 * MEGABYTE, never)
        waiting = asyncio.ensure_future(unread.room_for(MEGABYTE))
        await asyncio.sleep(0)
        await unread.room_for(1000)
        assert not waiting.done()
        unread.remove(connection)
        await waiting

    asyncio.run(play())


def test_large_response_is_refused_if_too_much_waits() -> None:
    async def play() -> None:
        unread = Unread(MEGABYTE)
        never = asyncio.get_running_loop().time() + 3600
        connection = stalled(unread, 2 * MEGABYTE, never)
        waiting = [asyncio.ensure_future(unread.room_for(MEGABYTE)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(OverloadError, match="--max-unread-bytes"):
            await unread.room_for(MEGABYTE)
        unread.remove(connection)
        await asyncio.gather(*waiting)
        await unread.room_for(MEGABYTE)

    asyncio.run(play())
