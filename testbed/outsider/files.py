"""Archives and reports that an attacker wrote, given to ``judge`` and ``report``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from testbed.outsider.attack import SECRET, Attack, chat_contract, checkout, seen_of

_ODD = "\x1b]0;P\x07\x1b[31m\u202e</script><img src=x onerror=alert(1)>\r\n::error::P"
_REPLY: dict[str, Any] = {"conversation_id": "c", "message": "m", "items": []}


def _archive(
    body: dict[str, Any],
    url: str = "http://shop.example/v1/chat",
    key_header: str = "Authorization",
    *,
    status: int = 200,
    **more: Any,
) -> dict[str, Any]:
    kind = [{"name": "Content-Type", "value": "application/json"}]
    key = {"name": key_header, "value": f"Bearer {SECRET}"}
    content = {"mimeType": "application/json", "text": json.dumps(body), **more}
    request = {
        "method": "POST",
        "url": url,
        "headers": [*kind, key],
        "postData": {"text": json.dumps({"message": _ODD})},
    }
    retry = {"name": "Retry-After", "value": "5\x01"}
    response = {"status": status, "headers": [*kind, retry], "content": content}
    entry = {"startedDateTime": "2026-01-01T00:00:00Z", "time": 1, "request": request, "response": response}
    return {"log": {"version": "1.2", "creator": {"name": _ODD}, "entries": [entry]}}


def _archives() -> Iterator[tuple[str, str, str]]:
    """Yield a name, the text of an archive, and the expected exit code of ``judge``."""
    yield "control characters and HTML", json.dumps(_archive({**_REPLY, "message": _ODD, _ODD: 1})), "exit 0"
    yield "key in the reply", json.dumps(_archive({**_REPLY, "message": SECRET, "items": 7})), "exit 1"
    address = f"http://me:other-{SECRET}@shop.example/v1/chat?access_token={SECRET}"
    for name in ("Authorization", "X-Plain"):
        body = {**_REPLY, "message": f"{SECRET} other-{SECRET}", "items": 7}
        yield f"token in the URL, and {name}", json.dumps(_archive(body, address, name)), "exit 1"
    yield "link as attached body", json.dumps(_archive({}, text=None, _file="attached.txt")), "exit 2"
    yield "attached body elsewhere", json.dumps(_archive({}, text=None, _file="../home/token.yaml")), "exit 2"
    odd_loc = {"detail": [{"type": "missing", "loc": ["body", {"a": 1}], "msg": "m"}]}
    yield "object in a loc", json.dumps(_archive(odd_loc, status=422)), "exit 1"
    yield "deep nesting", '{"log":' * 50_000, "exit 2"
    yield "no host", json.dumps(_archive(_REPLY, "http://[::1/v1/chat")), "exit 2"
    yield "broken base64", json.dumps(_archive({}, text="H4s", encoding="base64")), "exit 2"


_FOREIGN_COMMANDS: tuple[tuple[str, str], ...] = (
    ("curl", "touch stolen; curl"),
    ("curl", "touch stolen\ncurl"),
    (" -H ", ' -H "X-A: $(touch stolen)" -H '),
    (" -sS ", " -sS -o stolen "),
    (" -sS ", " -sS -K /etc/hostname "),
    (" -sS ", " -sS -H 'X-A: \x03' "),
    (" -sS ", " -sS -H @/etc/hostname "),
    ("http://shop.example", "http://evil.example"),
    ("-X POST", "-X DELETE"),
)


def attacks() -> Iterator[Attack]:
    """Yield the attacks: no report shows a key, another file, a control character or a command of the attacker."""
    for before, after in _FOREIGN_COMMANDS:
        yield Attack("author of a report", f"command with {after}", "exit 2", partial(_convert, before, after))
    for command in (("report",), ("judge",), ("verify", "http://127.0.0.1:1/v1", "--replay")):
        yield Attack("author of a report", f"FIFO for {' '.join(command)}", "exit 2", partial(_wait_for, command))
    yield Attack(
        "pull request", "link to the folder that record --out would write to", "refused", _record_through_a_link
    )
    yield Attack("author of an archive", "command as the name of a header", "not run", _name_a_header)
    yield Attack("author of an archive", "key for the server of the archive", "exit 1", _key_for_another_server)
    yield Attack("author of an archive", "header that no response can have", "exit 0", _record)
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


def _record_through_a_link(folder: Path) -> str:
    repository = checkout(folder)
    (folder / "empty").mkdir()
    (repository / "recorded").symlink_to("../empty")
    (repository / "page.har").write_text(json.dumps(_archive(_REPLY)), "utf-8")
    seen = seen_of(*chat_contract(repository, "record", "--from-har", "page.har", "--out", "recorded"))
    return "written" if list((folder / "empty").iterdir()) else seen


def _wait_for(command: tuple[str, ...], folder: Path) -> str:
    """Pass a FIFO that nobody writes to, in a process of its own."""
    os.mkfifo(folder / "report.json")
    arguments = [sys.executable, "-m", "kit_cli", *command, "report.json"]
    try:
        done = subprocess.run(arguments, cwd=folder, check=False, capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "waits"
    return seen_of(done.returncode, done.stdout + done.stderr)


def _record(folder: Path) -> str:
    """Record an archive, and check whether the mock can serve the recording."""
    (folder / "page.har").write_text(json.dumps(_archive({"detail": "m"}, status=503)), "utf-8")
    code, output = chat_contract(folder, "record", "--from-har", "page.har", "--out", "recorded")
    if code or not list(folder.glob("recorded/conversations/*.yaml")):
        return f"not recorded: {seen_of(code, output)}"
    return seen_of(*chat_contract(folder, "fixtures", "check", "--fixtures", "recorded"))


def _key_for_another_server(folder: Path) -> str:
    """Judge an archive whose requests have a key; say whether a command would send the user's key to its server."""
    (folder / "page.har").write_text(json.dumps(_archive({**_REPLY, "items": 7})), "utf-8")
    files = {kind: folder / f"r.{kind}" for kind in ("sh", "http", "markdown")}
    targets = [part for kind in files for part in ("--report", f"{kind}=r.{kind}")]
    code, output = chat_contract(folder, "judge", "page.har", "--report", "text", *targets)
    written = "".join(file.read_text("utf-8") for file in files.values())
    return "key sent" if "Authorization" in output + written else f"exit {code}"


def _convert(before: str, after: str, folder: Path) -> str:
    """Change the commands of a report, and convert it."""
    (folder / "page.har").write_text(json.dumps(_archive({**_REPLY, "items": 7})), "utf-8")
    chat_contract(folder, "judge", "page.har", "--report", "json=r.json")
    report = json.loads((folder / "r.json").read_text("utf-8"))
    for violation in (one for clause in report["clauses"] for one in clause["violations"]):
        violation["command"] = violation["command"].replace(before, after, 1)
    (folder / "r.json").write_text(json.dumps(report), "utf-8")
    targets = [part for kind in ("sh", "html", "markdown") for part in ("--report", f"{kind}=r.{kind}")]
    code, output = chat_contract(folder, "report", "r.json", *targets)
    return "converted" if list(folder.glob("r.*"))[1:] else seen_of(code, output)


def _name_a_header(folder: Path) -> str:
    """Judge an archive, and run the commands of its report with ``true`` instead of curl."""
    archive = _archive({**_REPLY, "items": 7}, key_header='X-Key"; touch stolen; "')
    (folder / "page.har").write_text(json.dumps(archive), "utf-8")
    chat_contract(folder, "judge", "page.har", "--report", "sh=r.sh")
    script = (folder / "r.sh").read_text("utf-8").replace("curl -sS", "true")
    subprocess.run(["sh", "-c", script], cwd=folder, check=False, capture_output=True)
    return "run" if (folder / "stolen").exists() else "not run"
