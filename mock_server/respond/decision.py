"""A response together with what the journal records about the request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from mock_server.http.messages import Answer
from mock_server.store.trace import NO_TRACE, Trace


class Decision(NamedTuple):
    """The response to a request."""

    answer: Answer
    trace: Trace = NO_TRACE
    invalid: bool = False
    """The request failed validation, so the response that an override chose does not apply."""


Forward = Callable[[], Awaitable[Decision]]
"""Lets the upstream service decide."""
