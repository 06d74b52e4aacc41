"""The lengths that answers of Redis announce are checked before they are read."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mock_server.store.parser import Announcements


def are_too_large(answer: bytes, cuts: Sequence[int] = ()) -> bool:
    followed = Announcements()
    blocks = [answer[start:end] for start, end in zip((0, *cuts), (*cuts, len(answer)), strict=True)]
    return any(followed.are_too_large(block) for block in blocks)


@pytest.mark.parametrize(
    "answer",
    [
        b"*1000001\r\n",
        b"*4294967295\r\n",
        b"*99999999999999999999\r\n",
        b"*0000000001000001\r\n",
        b"~1000001\r\n",
        b">1000001\r\n",
        b"%1000001\r\n",
        b"|1000001\r\n",
        b"*2\r\n$2\r\nok\r\n*1000001\r\n",
        b"*3\r\n$-1\r\n$0\r\n\r\n*1000001\r\n",
        b"*3\r\n:5\r\n+*1000000\r\n*1000001\r\n",
        b"*2\r\n$10\r\n*999999999\r\n*1000001\r\n",
    ],
)
def test_list_of_more_than_a_million_values_is_found_however_it_arrives(answer: bytes) -> None:
    assert are_too_large(answer)
    assert all(are_too_large(answer, [cut]) for cut in range(1, len(answer)))
    assert are_too_large(answer, range(1, len(answer)))


@pytest.mark.parametrize(
    "answer",
    [
        b"*1000000\r\n",
        b"$13\r\n\r\n*999999999\r\n",
        b"*2\r\n$22\r\n>9999999\r\n~99999999\r\n\r\n:1\r\n",
        b"*2\r\n+*99999999999\r\n-%9999999\r\n",
        b"$1000001\r\n*1000001",
    ],
)
def test_texts_that_look_like_long_lists_are_read(answer: bytes) -> None:
    assert not are_too_large(answer)
    assert not any(are_too_large(answer, [cut]) for cut in range(1, len(answer)))
    assert not are_too_large(answer, range(1, len(answer)))
