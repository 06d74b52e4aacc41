"""A server that echoes the key in odd ways gets its verdict, and the key is in no report."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from chat_verifier.report import RENDERERS
from kit_cli.main import cli
from kit_http.redaction.secrets import secrets_of
from testbed.faulty_servers.base import KEY, Chat
from testbed.faulty_servers.correct import KEYED
from testbed.faulty_servers.wire import Answer, Request, Server

ODD: dict[str, Any] = {
    "characters": list(KEY),
    "pairs": [KEY[start : start + 2] for start in range(0, len(KEY), 2)],
    "codes": list(KEY.encode()),
    "names": {f"{one}{number}": one for number, one in enumerate(KEY)},
    KEY[:9]: KEY[9:],
    "separated": ".".join(KEY),
    "zero-width": "\u200b".join(KEY),
    "combining": "\u0301".join(KEY),
    "tags": "".join(f"<b>{one}</b>" for one in KEY),
    "entities": "".join(f"&#{ord(one)};" for one in KEY),
    "twice": base64.b64encode(base64.b64encode(KEY.encode())).decode(),
    "zipped": base64.b64encode(gzip.compress(KEY.encode())).decode(),
    "json": json.dumps(json.dumps(list(KEY))),
    "part": KEY[3:15],
}


def test_key_echoed_in_odd_ways_does_not_change_the_verdict(tmp_path: Path) -> None:
    chat = Chat(KEYED)

    def respond(request: Request) -> Answer:
        answer = chat(request)
        if answer.status == 200:
            reply = json.loads(answer.body)
            wrong = [{"item_id": 5, **ODD}]
            answer.body = json.dumps({**reply, **ODD, "items": wrong}, ensure_ascii=False).encode()
            answer.headers |= {f"X-{number:02}": one for number, one in enumerate(KEY)}
        return answer

    files = {name: tmp_path / name for name in RENDERERS}
    reports = [f"--report={name}={file}" for name, file in files.items()]
    options = ["--expect-auth", "-H", f"Authorization: Bearer {KEY}", "--max-requests", "12"]
    with Server(respond) as server:
        result = CliRunner().invoke(cli, ["verify", f"http://127.0.0.1:{server.port}/v1", *options, *reports])
    assert result.exit_code == 1, result.output
    secrets = secrets_of((("Authorization", f"Bearer {KEY}"),))
    assert [name for name, file in files.items() if secrets.leaked(file.read_text("utf-8"))] == []
