"""How a spoilt answer goes out, piece by piece. Pure: waiting and breaking off are the doors' business."""

from __future__ import annotations

from collections.abc import Iterator

from mock_server.http.messages import Answer

SECONDS_OF_SLOWNESS = 5.0
"""How long a slow answer takes."""

_MOST_PIECES = 50


def pieces(answer: Answer) -> Iterator[tuple[bytes, float] | None]:
    """Yield each piece of the body with the seconds to wait before it; nothing, and no more, where it breaks off."""
    if answer.fault == "slow":
        count = max(1, min(_MOST_PIECES, len(answer.body)))
        size = -(-len(answer.body) // count) or 1
        for start in range(0, len(answer.body), size):
            yield answer.body[start : start + size], SECONDS_OF_SLOWNESS / count
        return
    if answer.fault == "truncate" and len(answer.body) > 1:
        yield answer.body[: len(answer.body) // 2], 0.0
    yield None
