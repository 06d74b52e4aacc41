"""The progress meter in terminals and elsewhere."""

from __future__ import annotations

import io
import time

import pytest

from kit_cli.screen.progress import Meter


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_plain_stream_gets_one_line_every_ten_seconds(clock: list[float]) -> None:
    stream = io.StringIO()
    with Meter(stream) as meter:
        for seconds in (1, 9.9, 10, 15, 20.5):
            clock[0] = seconds
            meter(int(seconds), 40)
    assert stream.getvalue() == "10 of about 40 requests sent\n20 of about 40 requests sent\n"


def test_quiet_meter_prints_nothing(clock: list[float]) -> None:
    for stream in (io.StringIO(), Terminal()):
        with Meter(stream, quiet=True) as meter:
            clock[0] += 100
            meter(1, 2)
        assert stream.getvalue() == ""


def test_terminal_gets_a_bar_that_disappears() -> None:
    stream = Terminal()
    with Meter(stream) as meter:
        meter(3, 40)
    assert "requests" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")
