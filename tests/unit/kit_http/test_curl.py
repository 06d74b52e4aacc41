"""curl commands, run by a real shell with a stand-in for curl that prints its arguments and standard input."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kit_http.curl import header_argument, text_of, with_binary_body, with_body, without_header

STAND_IN = """#!/bin/sh
for argument; do [ "$argument" = "@-" ] && { cat; exit; }; done
shift $(($# - 1))
printf %s "$1"
"""


@pytest.fixture
def sent(tmp_path: Path) -> Callable[[str], bytes]:
    """Return a function that runs a command and returns the body that curl would send."""
    (tmp_path / "curl").write_text(STAND_IN)
    (tmp_path / "curl").chmod(0o755)

    def run(command: str) -> bytes:
        script = tmp_path / "script"
        script.write_text(command)
        return subprocess.run(
            ["sh", script], env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, check=True
        ).stdout

    return run


@pytest.mark.parametrize("body", [b"{}", "it's “five” → 5\n".encode(), b"@file", b"$HOME `id` \\", b"x" * 150_000])
def test_text_body_arrives_unchanged(body: bytes, sent: Callable[[str], bytes]) -> None:
    text = text_of(body)
    assert text is not None
    assert sent(with_body(["curl", "-sS"], shlex.quote(text))) == body


@pytest.mark.parametrize("body", [b"\xff\x00'%d\\n\n", bytes(range(256))])
def test_binary_body_arrives_byte_by_byte(body: bytes, sent: Callable[[str], bytes]) -> None:
    assert text_of(body) is None
    assert sent(with_binary_body(["curl", "-sS"], body)) == body


def test_invisible_characters_count_as_binary_only_if_the_text_must_be_printable() -> None:
    assert text_of(b"a\x1bb") == "a\x1bb"
    assert text_of(b"a\x1bb", printable=True) is None
    assert text_of(b"a\tb\n", printable=True) == "a\tb\n"


def test_header_arguments_cover_empty_and_removed_headers() -> None:
    assert shlex.split(header_argument("X-Name", "it's")) == ["X-Name: it's"]
    assert shlex.split(header_argument("X-Name", "")) == ["X-Name;"]
    assert shlex.split(without_header("Content-Type")) == ["Content-Type:"]
