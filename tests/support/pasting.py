"""Pastes a command of a report into a shell, and reads what it shows."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

from chat_contract.exchange import Request, Response
from testbed.faulty_servers.base import KEY


def shown(command: str, folder: Path) -> bytes:
    """What bash shows, and no complaint."""
    env = {**os.environ, "CHAT_API_KEY": KEY}
    ended = subprocess.run(["bash", "-c", command], env=env, cwd=folder, capture_output=True, timeout=60, check=False)
    assert ended.stderr == b"", ended.stderr.decode()
    return ended.stdout


def paste(command: str, folder: Path) -> list[Response]:
    """What bash shows, as answers."""
    answers = []
    for part in re.split(rb"(?=HTTP/1\.1 \d{3} )", shown(command, folder))[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = tuple((name, value.strip()) for name, _, value in (line.partition(":") for line in lines))
        answers.append(Response(int(first.split()[1]), headers, body))
    return answers


def _bytes(body: str | dict[str, str]) -> bytes:
    return body.encode() if isinstance(body, str) else base64.b64decode(body["base64"])


def request_of(sent: dict[str, Any], credential: Any) -> Request:
    return Request(
        sent["method"], sent["path"], tuple(sent["headers"].items()), _bytes(sent["body"]), credential=credential
    )


def shape(body: bytes) -> Any:
    """The body without what differs from conversation to conversation."""
    try:
        value = json.loads(body)
    except ValueError:
        return body
    if isinstance(value, dict) and "conversation_id" in value:
        return {**value, "conversation_id": type(value["conversation_id"]).__name__}
    return value
