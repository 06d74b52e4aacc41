"""Archives of others, given to ``judge`` and ``record``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from testbed.outsider.attack import SECRET, Attack, chat_contract, seen_of

_ODD = "\x1b]0;P\x07\x1b[31m\u202e</script><img src=x onerror=alert(1)>\r\n::error::P"
_REPLY: dict[str, Any] = {"conversation_id": "c", "message": "m", "items": []}


def _archive(body: dict[str, Any], url: str = "http://shop.example/v1/chat", **more: Any) -> dict[str, Any]:
    kind = [{"name": "Content-Type", "value": "application/json"}]
    key = {"name": "Authorization", "value": f"Bearer {SECRET}"}
    content = {"mimeType": "application/json", "text": json.dumps(body), **more}
    request = {
        "method": "POST",
        "url": url,
        "headers": [*kind, key],
        "postData": {"text": json.dumps({"message": _ODD})},
    }
    response = {"status": 200, "headers": kind, "content": content}
    entry = {"startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "request": request, "response": response}
    return {"log": {"version": "1.2", "creator": {"name": _ODD}, "entries": [entry]}}


def _archives() -> Iterator[tuple[str, str, str]]:
    """Yield a name, the text of an archive, and the expected exit code of ``judge``."""
    yield "control characters and HTML", json.dumps(_archive({**_REPLY, "message": _ODD, _ODD: 1})), "exit 0"
    yield "key in the reply", json.dumps(_archive({**_REPLY, "message": SECRET, "items": 7})), "exit 1"
    yield "link as attached body", json.dumps(_archive({}, text=None, _file="attached.txt")), "exit 2"
    yield "attached body elsewhere", json.dumps(_archive({}, text=None, _file="../home/token.yaml")), "exit 2"
    yield "deep nesting", '{"log":' * 50_000, "exit 2"
    yield "no host", json.dumps(_archive(_REPLY, "http://[::1/v1/chat")), "exit 2"
    yield "broken base64", json.dumps(_archive({}, text="H4s", encoding="base64")), "exit 2"


def attacks() -> Iterator[Attack]:
    """Yield the attacks: no report shows a key, another file or a control character."""
    for name, text, expected in _archives():
        yield Attack("author of an archive", name, expected, partial(_judge, text))


def _judge(text: str, folder: Path) -> str:
    (folder / "home").mkdir()
    (folder / "home/token.yaml").write_text(SECRET, "utf-8")
    work = folder / "work"
    work.mkdir()
    (work / "attached.txt").symlink_to("../home/token.yaml")
    (work / "page.har").write_text(text, "utf-8")
    reports = [part for kind in ("json", "html", "markdown") for part in ("--report", f"{kind}=r.{kind}")]
    code, output = chat_contract(work, "judge", "page.har", "--report", "text", *reports)
    written = {file.name: file.read_text("utf-8") for file in sorted(work.glob("r.*"))}
    return "HTML" if "<img" in written.get("r.html", "") else seen_of(code, output + "".join(written.values()))
