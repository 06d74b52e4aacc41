"""Tells when something in some folders may have changed: the edge where the system's notices are.

A notice is a reason to look, never the news itself. Where none comes (a folder that was removed and made again, a disk
of another machine), somebody looks all the same, twice a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from threading import Event

import watchfiles

_SECONDS_BETWEEN_LOOKS = 0.5
_QUIET_MS = 50
"""How long nothing must happen before a change is told of: what an editor does comes in several steps."""
_LONGEST_MS = 200

Folders = Callable[[], Mapping[Path, tuple[int, ...]]]


def watch(folders: Folders, look: Callable[[], None], stop: Event) -> None:
    """Call ``look`` whenever something may have changed in the folders that there are, until ``stop`` is set."""
    while not stop.is_set():
        watched = folders()
        for _ in _notices(watched, stop):
            look()
            if folders() != watched:
                break
        else:
            look()


def _notices(watched: Mapping[Path, tuple[int, ...]], stop: Event) -> Iterator[None]:
    try:
        for _ in watchfiles.watch(
            *watched,
            watch_filter=None,
            recursive=False,
            debounce=_LONGEST_MS,
            step=_QUIET_MS,
            rust_timeout=int(_SECONDS_BETWEEN_LOOKS * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            stop_event=stop,
        ):
            yield
    except (OSError, RuntimeError):
        # Gone since it was seen, or the system watches no more folders: looking has to do.
        stop.wait(_SECONDS_BETWEEN_LOOKS)
