"""The screen of a running load: one live table in a terminal, elsewhere one line every ten seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from chat_load.settings import Progress
from kit_reports.counting import count_of

if TYPE_CHECKING:
    from rich.table import Table

_SECONDS_BETWEEN_LINES = 10.0


class LoadScreen:
    """Shows the progress on a stream while the context is open; shows nothing if ``quiet``."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet
        self._last_line = time.monotonic()
        self._live = _Live(stream) if stream.isatty() and not quiet else None

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, progress: Progress) -> None:
        """Show the progress."""
        if self._live is not None:
            self._live.show(progress)
        elif not self._quiet and (now := time.monotonic()) - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = now
            print("; ".join(f"{name}: {value}" for name, value in rows(progress)), file=self._stream, flush=True)


def rows(progress: Progress) -> Iterator[tuple[str, str]]:
    """Yield what the screen shows, as names and values."""
    now = progress.now
    yield "time", f"{now.at:.0f} s"
    yield "users", f"{now.users}" + (f" in {count_of(progress.workers, 'worker')}" if progress.workers else "")
    yield "responses", f"{now.requests}, {progress.rate:.1f} per second"
    yield "95th percentile", f"{now.p95 * 1000:.0f} ms"
    yield "errors", str(now.errors)
    yield "judged", f"{progress.judged * 100:.0f}%"
    if progress.refused:
        yield "responses 429", str(progress.refused)
    for clause, count in now.violations.items():
        yield clause, count_of(count, "violation")


class _Live:
    """A table that is drawn again in the same place, and disappears at the end."""

    def __init__(self, stream: TextIO) -> None:
        # Imported here because plain output does without it.
        from rich.console import Console  # noqa: PLC0415
        from rich.live import Live  # noqa: PLC0415

        self._live = Live(console=Console(file=stream), transient=True, auto_refresh=False)
        self.start = self._live.start
        self.stop = self._live.stop

    def show(self, progress: Progress) -> None:
        self._live.update(_table(progress), refresh=True)


def _table(progress: Progress) -> Table:
    from rich.table import Table  # noqa: PLC0415 - as above
    from rich.text import Text  # noqa: PLC0415

    table = Table(show_header=False, title="chat-contract load")
    for name, value in rows(progress):
        table.add_row(Text(name), Text(value))
    return table
