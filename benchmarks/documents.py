"""Writes figures into the documentation, and byte code for the measured programs."""

from __future__ import annotations

import compileall
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent
_LAST_LINE = "<!-- end of the figures -->"
_MEASURED = (
    "chat_contract",
    "chat_load",
    "chat_verifier",
    "kit_cli",
    "kit_http",
    "kit_options",
    "kit_reports",
    "mock_server",
)


def replace_figures(document: str, command: str, lines: Iterable[str]) -> None:
    """Replace the lines of a page, named relative to ``docs/``, that the figures of a command take."""
    path, first = ROOT / "docs" / document, f"<!-- figures of {command} -->"
    section = "\n".join([first, *lines, _LAST_LINE])
    text, found = re.subn(f"{first}.*?{_LAST_LINE}", lambda _: section, path.read_text("utf-8"), flags=re.DOTALL)
    if found != 1:
        raise RuntimeError(f"{path}: expected the lines {first} and {_LAST_LINE} once")
    path.write_text(text, "utf-8")


def compile_packages() -> None:
    """Compile the packages to byte code, as an installer does; otherwise each start would compile them again."""
    for package in _MEASURED:
        compileall.compile_dir(ROOT / package, quiet=1)
