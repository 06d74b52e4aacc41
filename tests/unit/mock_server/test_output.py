"""Lines are written by a thread, in order and bounded, whether anybody reads them or not."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO

import pytest

from mock_server.output import MAX_WAITING_BYTES, Output
from tests.support.waiting import PATIENCE, wait_until


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """A pipe: the descriptor to read from, and the stream to write to."""
    reading, writing = os.pipe()
    with open(writing, "w", encoding="ascii") as stream:  # noqa: PTH123 - a descriptor
        yield reading, stream
    os.close(reading)


def test_lines_keep_their_order_and_control_characters_are_escaped() -> None:
    out = io.StringIO()
    output = Output(out)
    for number in range(5):
        output.say(f"line {number}")
    output.say("\x1b[2J\nforged")
    output.end()
    assert out.getvalue().splitlines() == [*(f"line {number}" for number in range(5)), r"\u001b[2J\u000aforged"]


def test_lines_that_nobody_reads_are_limited_and_counted(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    output = Output(stream)
    text = "x" * 10_000
    for _ in range(2 * MAX_WAITING_BYTES // len(text)):
        output.say(text)
    received = b""

    def is_complete() -> bool:
        nonlocal received
        received += os.read(reading, 1 << 20)
        return b"lines are missing here: this output was not read fast enough." in received

    wait_until(is_complete)
    assert 0.9 * MAX_WAITING_BYTES < len(received) < 1.2 * MAX_WAITING_BYTES


def test_character_that_the_stream_lacks_is_escaped(pipe: tuple[int, TextIO]) -> None:
    reading, stream = pipe
    output = Output(stream)
    output.say("caf\u00e9")
    output.end()
    assert os.read(reading, 100) == b"caf\\xe9\n"


def test_process_ends_although_nobody_reads_its_output() -> None:
    program = (
        "import sys\nfrom mock_server.output import Output\noutput = Output(sys.stdout)\n"
        "for _ in range(200):\n    output.say('x' * 1000)\noutput.end()\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with process:
        assert process.wait(timeout=PATIENCE) == 0
        assert process.stderr.read() == b""
