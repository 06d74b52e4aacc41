"""Commands in awkward surroundings: terminals that lack characters, read-only folders, users without a home."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.small_servers import Small, always
from tests.support.waiting import PATIENCE

SECONDS = 120
REPLY = b'{"conversation_id":"c","message":"m \xe2\x86\x92","items":[]}'
BASE = """\
openapi: 3.1.0
info: {title: t, version: "1"}
paths:
  /chat:
    post:
      requestBody:
        required: true
        content: {application/json: {schema: {type: object, properties: {a: {type: string, pattern: "^[a-z→]+$"}}}}}
      responses: {"200": {description: ok}}
"""
NOBODY = 65534


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Return two documents; the change between them breaks clients."""
    base, revision = tmp_path / "base.yaml", tmp_path / "revision.yaml"
    base.write_text(BASE, "utf-8")
    revision.write_text(BASE.replace("a-z", "0-9"), "utf-8")
    return base, revision


@pytest.fixture
def server() -> Iterator[Small]:
    """Return a server that violates the contract: each reply has the same conversation id."""
    with always(200, {"Content-Type": "application/json"}, REPLY) as small:
        yield small


def environment(**changes: str | None) -> dict[str, str]:
    """Return the environment with some variables set, or removed where the value is None."""
    merged = {**os.environ, "PYTHONPATH": str(ROOT), **changes}
    return {name: value for name, value in merged.items() if value is not None}


def run(
    *arguments: object, cwd: Path, user: int | None = None, **variables: str | None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "kit_cli", *map(str, arguments)],
        cwd=cwd, env=environment(**variables), user=user, capture_output=True, timeout=SECONDS, check=False,
    )  # fmt: skip


# Encodings


TERMINALS = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "C locale without UTF-8 mode": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "C locale": {"LC_ALL": "C"},
}


@pytest.mark.parametrize("terminal", TERMINALS)
def test_diff_reports_on_every_terminal_and_writes_utf8_files(
    terminal: str, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    page = tmp_path / "report.md"
    ended = run("diff", *pair, "--report", "text", "--report", f"markdown={page}", cwd=tmp_path, **TERMINALS[terminal])
    assert ended.returncode == 1, ended.stderr
    assert b"Traceback" not in ended.stderr
    shown = ended.stdout.decode(TERMINALS[terminal].get("PYTHONIOENCODING", "utf-8"))
    assert "^[0-9->]+$" in shown.replace("→", "->")
    written = run(
        "diff", *pair, "--report", f"markdown={tmp_path / 'utf-8.md'}", cwd=tmp_path, PYTHONIOENCODING="utf-8"
    )
    assert written.returncode == 1
    assert page.read_text("utf-8") == (tmp_path / "utf-8.md").read_text("utf-8")


@pytest.mark.parametrize("terminal", TERMINALS)
def test_verify_reports_on_every_terminal(terminal: str, server: Small, tmp_path: Path) -> None:
    ended = run("verify", server.url, "--quick", cwd=tmp_path, **TERMINALS[terminal])
    assert ended.returncode == 1, ended.stderr
    assert b"Traceback" not in ended.stderr
    assert ended.stdout.decode(TERMINALS[terminal].get("PYTHONIOENCODING", "utf-8"))


def test_message_with_an_unusual_file_name_is_shown(tmp_path: Path) -> None:
    ended = run("diff", "日本→.yaml", "b.yaml", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"cannot compare: \\u65e5\\u672c->.yaml: ")


def test_output_that_is_closed_early_exits_without_a_verdict(pair: tuple[Path, Path], tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "kit_cli", "diff", *map(str, pair)],
        cwd=tmp_path, env=environment(), stdout=writer, stderr=subprocess.PIPE, timeout=SECONDS, check=False,
    )  # fmt: skip
    os.close(writer)
    assert ended.returncode == 2
    assert ended.stderr.startswith(b"cannot compare: ")
    assert b"Broken pipe" in ended.stderr
    assert ended.stderr.count(b"\n") == 1


# Folders


def unprivileged() -> int | None:
    """Return a user whom permissions bind, if this process may become it and it can read Python and the kit."""
    if os.geteuid() != 0:
        return None
    probe = [sys.executable, "-P", "-c", "import kit_cli.main"]
    try:
        ended = subprocess.run(probe, user=NOBODY, cwd="/", env=environment(), capture_output=True, check=False)
    except OSError:
        return None
    return NOBODY if ended.returncode == 0 else None


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Path]:
    """Return an empty folder without write permission."""
    folder = tmp_path / "empty"
    folder.mkdir()
    folder.chmod(0o555)
    tmp_path.chmod(0o755)
    yield folder
    folder.chmod(0o755)


def parameters(name: str, pair: tuple[Path, Path], url: str, report: Path) -> tuple[object, ...]:
    return {
        "--version": ("--version",),
        "--help": ("--help",),
        "completion": ("completion", "bash"),
        "diff": ("diff", *pair),
        "fixtures check": ("fixtures", "check"),
        "fixtures list": ("fixtures", "list"),
        "parity": ("parity", url, url, "--max-requests", "20"),
        "report": ("report", report),
        "verify": ("verify", url, "--quick"),
    }[name]


HOMES = {"home": ".", "no home": None}


@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("--version", 0),
        ("--help", 0),
        ("completion", 0),
        ("diff", 1),
        ("fixtures check", 0),
        ("fixtures list", 0),
        ("parity", 0),
        ("report", 0),
        ("verify", 1),
    ],
)
def test_command_leaves_nothing_in_a_read_only_folder(
    name: str, code: int, home: str, pair: tuple[Path, Path], server: Small, empty: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.json"
    if name == "report":
        run("verify", server.url, "--quick", "--report", f"json={report}", cwd=tmp_path)
        report.chmod(0o644)
    variables = {"HOME": str(empty) if HOMES[home] else None, "XDG_CACHE_HOME": None}
    for path in pair:
        path.chmod(0o644)
    ended = run(*parameters(name, pair, server.url, report), cwd=empty, user=unprivileged(), **variables)
    assert ended.returncode == code, ended.stderr
    assert b"Traceback" not in ended.stderr
    # Root may write everywhere; into its home only caches.
    left = {path.name for path in empty.iterdir()}
    assert left <= ({".cache"} if os.geteuid() == 0 and HOMES[home] else set())
    shutil.rmtree(empty / ".cache", ignore_errors=True)


@pytest.mark.parametrize("command", ["mock", "record"])
def test_server_leaves_nothing_in_a_read_only_folder(command: str, server: Small, empty: Path, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded"
    recorded.mkdir()
    recorded.chmod(0o777)
    arguments = ["mock"] if command == "mock" else ["record", server.url, "--out", str(recorded)]
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "kit_cli", *arguments, "--port", "0"],
        cwd=empty, env=environment(HOME=None, XDG_CACHE_HOME=None), user=unprivileged(),
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert re.search(r"http://\S+", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE) == 0
    assert list(empty.iterdir()) == []
