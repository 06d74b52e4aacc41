"""curl commands, run by a real shell with a stand-in for curl that prints its arguments and standard input."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit_http.curl import Expression, header_argument, with_body, with_expressions, without_header

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


BODIES = [
    b"",
    b"{}",
    "it's “five” → 5\n".encode(),
    b"@file",
    b"$HOME `id` \\ %s %d",
    b"x" * 150_000,
    ("é'%" * 60_000).encode(),
    b'{"events": [' + b", ".join([b'{"type": "it\'s"}'] * 1000) + b"]}",
    "a\u2028b\u2029c\x85d\u202ee\x1b[31m\x00f".encode(),
    b"\n" * 5000,
    b"\xff\x00'%d\\n\n",
    bytes(range(256)),
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_curl_command_sends_every_byte_of_the_body(body: bytes, sent: Callable[[str], bytes]) -> None:
    command = with_body(["curl", "-sS"], body)
    assert command.isprintable()
    assert sent(command) == body


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=("Cs",)), max_size=40), times=st.sampled_from([1, 60]))
def test_command_for_any_text_is_printable_and_sends_it(text: str, times: int, sent: Callable[[str], bytes]) -> None:
    body = f'{{"message": "{text * times}"}}'.encode()
    command = with_body(["curl", "-sS"], body)
    assert command.isprintable()
    assert sent(command) == body


def test_repetitions_are_short(sent: Callable[[str], bytes]) -> None:
    body = b'{"message": "' + b"x" * 100_000 + b'"}'
    command = with_body(["curl", "-sS"], body)
    assert len(command) < 200
    assert sent(command) == body


@pytest.mark.parametrize("around", [(b'{"id": "', b'"}'), ("{'\u202e".encode(), b"x" * 3000)])
def test_expression_is_evaluated_by_the_shell(around: tuple[bytes, bytes], sent: Callable[[str], bytes]) -> None:
    command = with_body(["curl", "-sS"], around[0], Expression("$name"), around[1])
    assert sent(f"name='it is'\n{command}") == around[0] + b"it is" + around[1]


def test_header_arguments_cover_empty_and_removed_headers() -> None:
    assert shlex.split(header_argument("X-Name", "it's")) == ["X-Name: it's"]
    assert shlex.split(header_argument("X-Name", "")) == ["X-Name;"]
    assert shlex.split(without_header("Content-Type")) == ["Content-Type:"]


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer ${CHAT_API_KEY}",
        'X-Key"; touch stolen; ": ${CHAT_API_KEY}',
        "Cookie: a=$(touch stolen); b=${CHAT_API_KEY_2%?}; c=`touch stolen`; d=!!\\'",
    ],
)
def test_shell_fills_in_only_the_expressions_of_redaction(text: str, tmp_path: Path) -> None:
    command = f"printf %s {with_expressions(text)}"
    variables = {"CHAT_API_KEY": "secret", "CHAT_API_KEY_2": "othere", "PATH": os.environ["PATH"]}
    ended = subprocess.run(["bash", "-c", command], env=variables, cwd=tmp_path, capture_output=True, check=True)
    assert ended.stdout.decode() == text.replace("${CHAT_API_KEY}", "secret").replace("${CHAT_API_KEY_2%?}", "other")
    assert list(tmp_path.iterdir()) == []


def test_body_with_a_hyphen_at_the_beginning_is_printed(tmp_path: Path) -> None:
    command = with_body(["cat"], b"--boundary\r\n!").removesuffix(" --data-binary @-")
    ended = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True)
    assert ended.stdout == b"--boundary\r\n!"
