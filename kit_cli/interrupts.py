"""Signals that end a command early, but only after its reports were written."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from chat_contract import KitError
from chat_verifier.run.stop import Interruption, Stop
from kit_cli.frame import current_frame

EXIT_CODES = {Interruption.SIGINT: 128 + signal.SIGINT, Interruption.SIGTERM: 128 + signal.SIGTERM}
"""The exit codes of interrupted commands, as shells number them."""

_SIGNALS = {signal.SIGINT: Interruption.SIGINT, signal.SIGTERM: Interruption.SIGTERM}


def ended(stop: Stop, work: Callable[[], int]) -> int:
    """Do the work of a command and return its exit code, or that of the signal that interrupted it."""
    try:
        code = work()
    except KitError as error:
        if stop.interruption is None:
            raise
        current_frame().fail(error)
        code = 0
    return code if stop.interruption is None else EXIT_CODES[stop.interruption]


@contextmanager
def interruptible() -> Iterator[Stop]:
    """Yield what Ctrl-C and SIGTERM set while the block runs; the second signal ends the process at once."""
    stop = Stop()

    def note(number: int, _: FrameType | None) -> None:
        interruption = _SIGNALS[signal.Signals(number)]
        if stop.is_set:
            raise SystemExit(EXIT_CODES[interruption])
        stop.set(interruption)

    if threading.current_thread() is not threading.main_thread():
        # Only the main thread receives signals.
        yield stop
        return
    before = {number: signal.signal(number, note) for number in _SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
