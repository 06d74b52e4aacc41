"""An attack: who attacks, with what, and what is expected."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from chat_contract.resources import openapi_dir
from kit_cli.main import cli

_REFUSALS = (
    *("a file that the kit found itself", "a file that it found itself", "leads outside", "without NUL"),
    *("$dynamicRef is not supported", "a dialect other than", "is ambiguous"),
)
SECRET = "s3cr3t-0f-s0mebody-else"


@dataclass(frozen=True)
class Attack:
    """An attack. ``run`` returns what was seen; ``folder`` is an empty folder."""

    attacker: str
    name: str
    expected: str
    run: Callable[[Path], str]


def chat_contract(folder: Path, *arguments: str, **variables: str) -> tuple[int, str]:
    """Run a command in a folder; return its exit code and all of its output."""
    with contextlib.chdir(folder):
        result = CliRunner().invoke(cli, arguments, env=variables, prog_name="chat-contract")
    return result.exit_code, result.output


def seen_of(code: int, output: str) -> str:
    """Return what the attacker gets: ``shown`` for the secret, ``refused``, ``internal error``, or the exit code."""
    if SECRET in output:
        return "shown"
    if any(character < " " and character not in "\n\t" for character in output) or "\u202e" in output:
        return "control characters"
    if code == 2 and any(reason in output for reason in _REFUSALS):
        return "refused"
    return "internal error" if "internal error" in output or code not in range(3) else f"exit {code}"


def checkout(folder: Path) -> Path:
    """Make a repository with the contract, beside a folder of somebody else with a secret."""
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "token.yaml").write_text(SECRET, "utf-8")
    (home / "hosts.yaml").write_text(f"host:\n  token: {SECRET}\n", "utf-8")
    (home / "schema.json").write_text(f'{{"enum": ["{SECRET}"]}}', "utf-8")
    repository = folder / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "chat.yaml").write_text((openapi_dir() / "chat.yaml").read_text("utf-8"), "utf-8")
    (repository / "elsewhere").symlink_to("../home")
    return repository
