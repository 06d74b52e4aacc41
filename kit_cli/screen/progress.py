"""Progress of a run: a moving bar in a terminal, elsewhere one line every ten seconds."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self, TextIO

_SECONDS_BETWEEN_LINES = 10.0


class Meter:
    """Shows the number of finished requests on a stream while the context is open; shows nothing if ``quiet``."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._last_line = time.monotonic()
        self._bar = _Bar(stream) if stream.isatty() and not quiet else None

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, done: int, total: int) -> None:
        """Show that ``done`` of about ``total`` requests are finished."""
        if self._bar is not None:
            self._bar.show(done, total)
        elif not self._quiet and (now := time.monotonic()) - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            print(f"{done} of about {total} requests sent", file=self._stream, flush=True)


class _Bar:
    """A progress bar that disappears at the end."""

    def __init__(self, stream: TextIO) -> None:
        # Imported here because help and plain output do without it.
        from rich.console import Console  # noqa: PLC0415
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(file=stream),
            transient=True,
        )
        self._task = self._progress.add_task("requests", total=None)
        self.start = self._progress.start
        self.stop = self._progress.stop

    def show(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)
