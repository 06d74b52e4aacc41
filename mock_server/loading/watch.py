"""Watches folders for changes with file system notifications.

A notification only triggers a look at the files. Without notifications (recreated folders, network drives), the watcher
looks at the files twice a second. It looks at large folders less often, so that looking takes less than 1% of the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

import watchfiles

_SECONDS_BETWEEN_LOOKS = 0.5
_TIMES_REST = 200
"""The rest after a look without a notification, as a multiple of the time that the look took."""
_QUIET_MS = 50
"""Milliseconds without further changes before a notification: editors save in several steps."""
_MAX_WAIT_MS = 200

Folders = Callable[[], Mapping[Path, tuple[int, ...]]]


def watch(folders: Folders, look: Callable[[], None], stop: Event, clock: Callable[[], float] = time.monotonic) -> None:
    """Call ``look`` whenever something may have changed in the folders, until ``stop`` is set."""
    while not stop.is_set():
        watched = folders()
        next_look = clock()
        for notified in _notifications(watched, stop):
            began = clock()
            if not notified and began < next_look:
                continue
            look()
            if folders() != watched:
                break
            next_look = clock() + _TIMES_REST * (clock() - began) if not notified else next_look
        else:
            look()


def _notifications(watched: Mapping[Path, tuple[int, ...]], stop: Event) -> Iterator[bool]:
    """Yield whether something was notified, at least twice a second."""
    try:
        for changes in watchfiles.watch(
            *watched,
            watch_filter=None,
            recursive=False,
            debounce=_MAX_WAIT_MS,
            step=_QUIET_MS,
            rust_timeout=int(_SECONDS_BETWEEN_LOOKS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            stop_event=stop,
        ):
            yield bool(changes)
    except (OSError, RuntimeError):
        # The folder was removed, or the system's limit of watches is reached: poll instead.
        stop.wait(_SECONDS_BETWEEN_LOOKS)
