"""Judges the journal while no request arrives, so that it is shown quickly."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from threading import Thread
from weakref import ref

from mock_server.control.prepared import prepared
from mock_server.respond.service import ChatService
from mock_server.store.interface import Requests
from mock_server.store.journal import Entry

_SECONDS_BETWEEN_LOOKS = 0.5
_PAUSE = 0.005
"""Seconds after each entry in which other threads run."""


def judge_in_background(service: ChatService) -> None:
    """Start the thread. It ends after the service is gone."""
    Thread(target=_work, args=(ref(service),), name="judge", daemon=True).start()


def _work(reference: ref[ChatService]) -> None:
    added = -1
    while (service := reference()) is not None:
        before, added = added, _added(service)
        if before == added:
            judge_waiting(service, partial(_is_idle, service, added), time.sleep)
        del service
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _is_idle(service: ChatService, added: int) -> bool:
    return _added(service) == added


def _added(service: ChatService) -> int:
    return sum(space.state.journal.added for space in (service.space, *service.spaces.all()))


def judge_waiting(service: ChatService, is_idle: Callable[[], bool], sleep: Callable[[float], None]) -> None:
    """Judge all entries that have not been judged, the newest first, as long as no request arrives."""
    for journal, entry in _waiting(service):
        if not is_idle():
            return
        prepared(journal, entry)
        sleep(_PAUSE)


def _waiting(service: ChatService) -> list[tuple[Requests, Entry]]:
    journals = [space.state.journal for space in (service.space, *service.spaces.all())]
    return [(journal, entry) for journal in journals for entry in reversed(journal.entries()) if entry.prepared is None]
