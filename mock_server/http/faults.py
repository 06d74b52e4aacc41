"""Decides how a response with a fault goes out. Pure: the adapters send, wait and break connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum, auto

from mock_server.http.messages import Answer
from mock_server.http.source import Fault

SECONDS_OF_SLOWNESS = 5.0
"""How long a response with the fault ``slow`` takes."""

_MAX_PIECES = 50


class Ending(StrEnum):
    """What happens to the connection after the last piece."""

    COMPLETE = auto()
    CLOSE = auto()
    RESET = auto()
    HANG = auto()


@dataclass(frozen=True)
class Delivery:
    """How a response goes out: with or without its head, which part of its body, and what follows."""

    ending: Ending
    has_head: bool = False
    body: bytes = b""
    is_slow: bool = False

    def pieces(self) -> Iterator[tuple[float, bytes]]:
        """Yield the pieces of the body, each with the seconds to wait before it."""
        if not self.is_slow:
            if self.body:
                yield 0.0, self.body
            return
        count = max(1, min(_MAX_PIECES, len(self.body)))
        size = -(-len(self.body) // count) or 1
        for start in range(0, len(self.body), size):
            yield SECONDS_OF_SLOWNESS / count, self.body[start : start + size]


def delivery_of(answer: Answer) -> Delivery:
    """Return how an answer with a fault of the connection goes out."""
    match answer.fault:
        case Fault.SLOW:
            return Delivery(Ending.COMPLETE, has_head=True, body=answer.body, is_slow=True)
        case Fault.TRUNCATE:
            return Delivery(Ending.CLOSE, has_head=True, body=answer.body[: len(answer.body) // 2])
        case Fault.RESET:
            return Delivery(Ending.RESET)
        case Fault.CLOSE:
            return Delivery(Ending.CLOSE)
        case Fault.HANG:
            return Delivery(Ending.HANG)
        case _:
            return Delivery(Ending.CLOSE, has_head=True)
