"""Watches folders for changes with file system notifications.

A notification only triggers a look at the files. Without notifications (recreated folders, network drives), the files
are looked at twice a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

import watchfiles

_SECONDS_BETWEEN_LOOKS = 0.5
_QUIET_MS = 50
"""Milliseconds without further changes before a notification: editors save in several steps."""
_MAX_WAIT_MS = 200

Folders = Callable[[], Mapping[Path, tuple[int, ...]]]


def watch(folders: Folders, look: Callable[[], None], stop: Event) -> None:
    """Call ``look`` whenever something may have changed in the folders, until ``stop`` is set."""
    while not stop.is_set():
        watched = folders()
        for _ in _notifications(watched, stop):
            look()
            if folders() != watched:
                break
        else:
            look()


def _notifications(watched: Mapping[Path, tuple[int, ...]], stop: Event) -> Iterator[None]:
    try:
        for _ in watchfiles.watch(
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
            yield
    except (OSError, RuntimeError):
        # The folder was removed, or the system's limit of watches is reached: poll instead.
        stop.wait(_SECONDS_BETWEEN_LOOKS)
