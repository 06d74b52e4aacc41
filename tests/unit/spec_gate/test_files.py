"""Documents of several files: which references are followed, and that errors show nothing of other files."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import Result

from chat_contract import DocumentError
from spec_gate.source.fetch import open_url
from spec_gate.source.origins import GitOrigin
from tests.unit.spec_gate.changing import diff, report_of, written

SECRET = "hunter2-of-the-file"
HEAD = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'


def referring(target: str) -> str:
    content = f"content: {{application/json: {{schema: {{$ref: '{target}'}}}}}}"
    return f'{HEAD}paths: {{/a: {{post: {{requestBody: {{{content}}}, responses: {{"200": {{description: x}}}}}}}}}}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for the document, below the folder of the test."""
    inner = tmp_path / "api"
    inner.mkdir()
    return inner


def refused(document: Path) -> str:
    ended = diff(document, document)
    assert ended.exit_code == 2, ended.output
    assert SECRET not in ended.stderr
    assert "hint:" in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("content", [SECRET, f"[{SECRET}", f"type: {SECRET}", "- a"])
def test_error_about_another_file_shows_nothing_of_it(content: str, folder: Path) -> None:
    written(folder, "other.yaml", content)
    error = refused(written(folder, "api.yaml", referring("other.yaml")))
    assert "other.yaml" in error


@pytest.mark.parametrize(("content", "line"), [(f"enum: {SECRET}\n", 1), (f"{SECRET}: {SECRET}\n{SECRET}: 2\n", 2)])
def test_note_about_another_file_shows_nothing_of_it(content: str, line: int, folder: Path) -> None:
    written(folder, "other.yaml", content)
    document = written(folder, "api.yaml", referring("other.yaml"))
    ended = diff(document, document)
    assert ended.exit_code == 0
    assert f"other.yaml:{line}" in ended.stdout
    assert SECRET not in ended.stdout


def test_unresolved_reference_into_another_file_lists_no_names(folder: Path) -> None:
    written(folder, "other.yaml", f"{SECRET}: 1\n")
    assert '"a" does not exist' in refused(written(folder, "api.yaml", referring("other.yaml#/a")))


@pytest.mark.parametrize("target", ["../other.yaml", "sub/../../other.yaml", "%2e%2e/other.yaml", "/etc/passwd"])
def test_reference_out_of_the_folder_is_refused(target: str, folder: Path) -> None:
    written(folder.parent, "other.yaml", "type: string\n")
    error = refused(written(folder, "api.yaml", referring(target)))
    assert "leads outside the folder or repository" in error
    assert "root:" not in error


def test_symbolic_link_out_of_the_folder_is_refused(folder: Path) -> None:
    written(folder.parent, "other.yaml", "type: string\n")
    (folder / "link.yaml").symlink_to("../other.yaml")
    assert "leads outside" in refused(written(folder, "api.yaml", referring("link.yaml")))


def test_outside_reference_is_followed_on_demand(folder: Path) -> None:
    written(folder.parent, "other.yaml", "type: string\n")
    document = written(folder, "api.yaml", referring("../other.yaml"))
    assert diff("--allow-ref-outside", document, document).exit_code == 0


def test_reference_may_lead_anywhere_in_the_repository(folder: Path) -> None:
    (folder.parent / ".git").mkdir()
    written(folder.parent, "other.yaml", "type: string\n")
    document = written(folder, "api.yaml", referring("../other.yaml"))
    assert diff(document, document).exit_code == 0


def test_repository_of_another_user_in_a_shared_folder_does_not_count(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    git = folder.parent / ".git"
    git.mkdir()
    written(folder.parent, "other.yaml", "type: string\n")
    document = written(folder, "api.yaml", referring("../other.yaml"))
    if os.geteuid() == 0:
        os.chown(git, 4321, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: 4321)
    assert diff(document, document).exit_code == 0
    folder.parent.chmod(0o1777)
    assert "leads outside the folder" in refused(document)
    monkeypatch.setattr(os, "geteuid", git.stat().st_uid.__int__)
    assert diff(document, document).exit_code == 0


def test_reference_into_the_files_of_git_is_refused(folder: Path) -> None:
    (folder / ".git").mkdir()
    written(folder, ".git/state.yaml", "type: string\n")
    assert "leads outside the folder" in refused(written(folder, "api.yaml", referring(".git/state.yaml")))


@pytest.mark.parametrize("kind", ["fifo", "device"])
def test_fifo_and_device_are_not_opened(kind: str, folder: Path) -> None:
    special = folder / "special.yaml"
    if kind == "fifo":
        os.mkfifo(special)
    else:
        special = Path("/dev/zero")
    document = written(folder, "api.yaml", referring(special.name))
    assert f"it is a {'FIFO' if kind == 'fifo' else kind}" in refused(special)
    if kind == "fifo":
        assert "it is a FIFO" in refused(document)


def test_document_may_have_a_thousand_files(folder: Path) -> None:
    names = [f"s{number}.yaml" for number in range(1_000)]
    for number, name in enumerate(names):
        after = f"{{$ref: {names[number + 1]}}}" if number + 1 < len(names) else "{type: string}"
        written(folder, name, f"type: object\nproperties: {{x: {after}}}\n")
    document = written(folder, "api.yaml", referring(names[0]))
    assert diff(document, document).exit_code == 0


LAYOUT = {
    "api.yaml": HEAD + "paths: {$ref: paths/all.yaml}\ncomponents: {schemas: {$ref: schemas/all.yaml}}\n",
    "paths/all.yaml": '/a: {$ref: a.yaml}\n/b:\n  get: {$ref: "b.yaml#/get"}\n',
    "paths/a.yaml": 'post: {requestBody: {$ref: "../bodies.yaml#/A"}, responses: {$ref: ../answers.yaml}}\n',
    "paths/b.yaml": 'get: {parameters: {$ref: ../shared.yaml}, responses: {"204": {description: x}}}\n',
    "bodies.yaml": 'A: {content: {application/json: {schema: {$ref: "api.yaml#/components/schemas/A"}}}}\n',
    "answers.yaml": '"200": {description: x, content: {application/json: {schema: {$ref: schemas/a.yaml}}}}\n',
    "shared.yaml": "- {name: q, in: query, schema: {type: string}}\n",
    "schemas/all.yaml": "A: {$ref: a.yaml}\n",
    "schemas/a.yaml": "{type: object, properties: {x: {type: string}}}\n",
}
EDITS = {
    "schemas/a.yaml": ("type: string", "type: integer", {"request-type-changed", "response-type-changed"}),
    "shared.yaml": ("type: string", "type: integer", None),
    "paths/b.yaml": ("204", "205", None),
    "answers.yaml": ("200", "201", None),
}


def lay_out(folder: Path, edited: str = "") -> Path:
    for name, text in LAYOUT.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        old, new, _ = EDITS.get(edited, ("", "", None))
        file.write_text(text.replace(old, new) if name == edited else text, "utf-8")
    return folder / "api.yaml"


@pytest.mark.parametrize("edited", ["", *EDITS])
def test_document_that_is_spread_over_files_is_compared(edited: str, tmp_path: Path) -> None:
    base, revision = lay_out(tmp_path / "base"), lay_out(tmp_path / "revision", edited)
    report = report_of(base, revision)
    assert report.operations == 2
    assert bool(report.findings) == bool(edited)
    if edited:
        assert any(one.revision and one.revision.file.endswith(edited) for one in report.findings)


# Servers --------------------------------------------------------------------------------------------------------------


class _Server(HTTPServer):
    target = ""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Server)
        if self.path == "/moved.yaml" and self.server.target:
            self.send_response(302)
            self.send_header("Location", self.server.target)
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{HEAD}paths: {{}}\n".encode())

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def servers() -> Iterator[tuple[_Server, _Server]]:
    """Return two servers on this machine."""
    both = _Server(("127.0.0.1", 0), _Handler), _Server(("127.0.0.1", 0), _Handler)
    threads = [threading.Thread(target=server.serve_forever) for server in both]
    for thread in threads:
        thread.start()
    yield both
    for server, thread in zip(both, threads, strict=True):
        server.shutdown()
        server.server_close()
        thread.join()


def fetch(server: _Server, path: str = "moved.yaml") -> Result:
    address = f"http://127.0.0.1:{server.server_port}/{path}"
    return diff(address, address)


def test_credentials_in_the_url_of_a_document_are_refused_and_not_looked_up() -> None:
    ended = diff("http://user:secret@127.0.0.1:9/api.yaml", "http://user@127.0.0.1:9/api.yaml")
    assert ended.exit_code == 2
    assert ended.stderr.count("the URL contains credentials, which diff does not send") == 2
    assert "secret" not in ended.stderr


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
def test_document_that_never_ends_fails_after_its_time_limit(begin: bytes) -> None:
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(begin)
            while not stop.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            with pytest.raises(TimeoutError), open_url(f"http://127.0.0.1:{listener.getsockname()[1]}/", 0.3) as found:
                found.read()
        finally:
            stop.set()
            thread.join()


def test_redirect_to_another_port_is_refused(servers: tuple[_Server, _Server]) -> None:
    first, second = servers
    first.target = f"http://127.0.0.1:{second.server_port}/api.yaml"
    ended = fetch(first)
    assert ended.exit_code == 2
    assert f"redirects to another host or port: {first.target}" in ended.stderr


def test_redirect_on_the_same_server_is_followed(servers: tuple[_Server, _Server]) -> None:
    first, _ = servers
    first.target = "/api.yaml"
    assert fetch(first).exit_code == 0


# Git ------------------------------------------------------------------------------------------------------------------


Git = Callable[..., str]


@pytest.fixture
def git(folder: Path) -> Git:
    """Make a repository with a document; return a function that calls git in it."""

    def call(*arguments: str) -> str:
        identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    (folder / "chat.yaml").write_text("openapi: 3.1.0", "utf-8")
    call("init", "-q", "-b", "main")
    call("add", "-A")
    call("commit", "-q", "-m", "first")
    return call


def test_tag_with_the_name_of_a_branch_does_not_replace_it(
    folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    git("update-ref", "refs/remotes/origin/main", "HEAD")
    assert GitOrigin("origin/main", "chat.yaml").read() == b"openapi: 3.1.0"
    git("commit", "-q", "--allow-empty", "-m", "second")
    git("tag", "origin/main")
    with pytest.raises(DocumentError, match="revision origin/main is ambiguous"):
        GitOrigin("origin/main", "chat.yaml").read()
    assert GitOrigin("refs/remotes/origin/main", "chat.yaml").read() == b"openapi: 3.1.0"


def test_program_in_the_working_directory_is_not_git(folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("git", "git.exe"):
        (folder / name).write_text("#!/bin/sh\ntouch ran\n", "utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", os.environ["PATH"]]))
    assert GitOrigin("HEAD", "chat.yaml").read() == b"openapi: 3.1.0"
    assert not (folder / "ran").exists()


def test_folder_that_is_a_bare_repository_runs_no_command(
    folder: Path, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = folder / "ran"
    git("clone", "-q", "--bare", ".", "bare")
    blob = git("rev-parse", "HEAD:chat.yaml")
    (folder / "bare" / "objects" / blob[:2] / blob[2:]).unlink()
    for name, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": str(folder),
        "remote.evil.uploadpack": f"touch '{ran}'; git-upload-pack",
    }.items():
        git("--git-dir", "bare", "config", name, value)
    monkeypatch.chdir(folder / "bare")
    with pytest.raises(DocumentError, match="not in a git repository"):
        GitOrigin("HEAD", "chat.yaml").read()
    assert not ran.exists()
