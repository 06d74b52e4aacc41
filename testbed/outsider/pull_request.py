"""A pull request whose files are checked out: a configuration file, links, and references."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from testbed.outsider.attack import Attack, chat_contract, checkout, seen_of

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
    yield Attack(_WHO, "reference to another folder", "refused", _refer)


def _configure(text: str, command: tuple[str, ...], folder: Path) -> str:
    repository = checkout(folder)
    _write_reference(repository)
    (repository / ".chat-contract.toml").write_text(text, "utf-8")
    seen = seen_of(*chat_contract(repository, *command, KEY="of-the-developer"))
    written = (repository / ".git/hooks").exists() or (folder / "home/report.json").exists()
    return "written" if written else seen


def _link(name: str, target: str, command: tuple[str, ...], folder: Path) -> str:
    repository = checkout(folder)
    (repository / name).symlink_to(f"../home/{target}")
    return seen_of(*chat_contract(repository, *command))


def _refer(folder: Path) -> str:
    repository = checkout(folder)
    _write_reference(repository)
    return seen_of(*chat_contract(repository, "diff", "chat.yaml", "reference.yaml"))


def _write_reference(repository: Path) -> None:
    text = (repository / "chat.yaml").read_text("utf-8")
    leak = "        leak: {$ref: ../home/schema.json}\n        user_id:\n"
    (repository / "reference.yaml").write_text(text.replace("        user_id:\n", leak, 1), "utf-8")
