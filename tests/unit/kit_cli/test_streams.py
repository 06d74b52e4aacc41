"""Output on streams whose encoding lacks characters."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from kit_cli.streams import discard_output, flush_or_discard, prepare_streams


def written(text: str, encoding: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return what a stream with this encoding receives."""
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    prepare_streams()
    print(text, end="", flush=True)
    return buffer.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("encoding", "text", "expected"),
    [
        ("utf-8", "a → b ✗ é", "a → b ✗ é"),
        ("utf-8", "lone \udcff", "lone \\udcff"),
        ("cp1252", "a → b ✗ é … 日", "a -> b x é … \\u65e5"),
        ("latin-1", "“é” – 5 ≤ 6", '"é" - 5 <= 6'),
        ("ascii", "a → b ✗ é × 😀", "a -> b x \\xe9 x \\U0001f600"),
    ],
)
def test_missing_characters_are_replaced(
    encoding: str, text: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert written(text, encoding, monkeypatch) == expected


@pytest.mark.parametrize("stream", [None, io.StringIO()])
def test_stream_without_encoding_is_left_alone(stream: io.StringIO | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", stream)
    prepare_streams()
    assert sys.stdout is stream


def test_prepared_stream_can_be_prepared_again(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(buffer, encoding="ascii"))
    prepare_streams()
    prepare_streams()
    print("→", end="", flush=True)
    assert buffer.getvalue() == b"->"


def test_error_handler_is_for_encoding_only() -> None:
    prepare_streams()
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("utf-8", "chat-contract-substitute")


def test_discarded_output_is_written_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "out"
    with file.open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        print("lost")
        discard_output()
    assert file.read_text() == ""


def test_output_that_cannot_be_flushed_is_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        print("lost")
        os.close(reader)
        flush_or_discard()
        flush_or_discard()
    monkeypatch.setattr(sys, "stdout", None)
    flush_or_discard()
