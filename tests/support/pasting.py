"""Run the command of a violation in bash and read its output."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from chat_contract.exchange import Request, Response
from chat_verifier.report.model import Body, RequestReport
from testbed.faulty_servers.base import KEY
from tests.support.waiting import PATIENCE


def shown(command: str, folder: Path) -> bytes:
    """Return the standard output of the command; it must write nothing to standard error."""
    env = {**os.environ, "CHAT_API_KEY": KEY}
    ended = subprocess.run(
        ["bash", "-c", command], env=env, cwd=folder, capture_output=True, timeout=PATIENCE, check=False
    )
    assert ended.stderr == b"", ended.stderr.decode()
    return ended.stdout


def paste(command: str, folder: Path) -> list[Response]:
    """Return the output of the command as responses."""
    answers = []
    for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", shown(command, folder))[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        answers.append(Response(int(first.split()[1]), headers, body))
    return answers


def _bytes(body: Body) -> bytes:
    return body.encode() if isinstance(body, str) else base64.b64decode(body.base64)


def request_of(sent: RequestReport, credential: Any) -> Request:
    """Return the request of a report."""
    return Request(sent.method, sent.path, tuple(sent.headers.items()), _bytes(sent.body), credential=credential)


def shape(body: bytes) -> Any:
    """Return the body with the type of the conversation id instead of its value."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if isinstance(value, dict) and "conversation_id" in value:
        return {**value, "conversation_id": type(value["conversation_id"]).__name__}
    return value
