"""llms.txt: the pages of the documentation, with the first sentence of each, for language models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from tests.support.paths import ROOT

_HEAD = """\
# Chat contract kit

> The contract of one HTTP operation, POST /chat, with a mock, a verifier for servers, and a gate for OpenAPI changes.

With `--help`, each command of `chat-contract` lists its options.
skills/chat-contract/SKILL.md is a skill for coding agents.

"""
_LINK = re.compile(r"\[([^]]*)\]\([^)]*\)")
_MORE = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md")


def llms_text() -> str:
    """Return the text of llms.txt."""
    navigation = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))["nav"]
    return _HEAD + "\n".join([*_lines("Start", navigation), *_lines("Repository", list(_MORE), folder="")]) + "\n"


def _lines(title: str, entries: list[Any], folder: str = "docs/") -> Iterator[str]:
    pages = [entry for entry in entries if isinstance(entry, str)]
    if pages:
        yield from (f"## {title}", "", *(_line(f"{folder}{page}") for page in pages), "")
    for entry in entries:
        if isinstance(entry, dict):
            [(name, inner)] = entry.items()
            yield from _lines(name, inner, folder)


def _line(page: str) -> str:
    lines = (ROOT / page).read_text("utf-8").splitlines()
    title = lines[0].removeprefix("# ")
    first = next(line for line in lines[1:] if re.match(r"[A-Za-z`*](?!``)", line))
    return f"- [{title}]({page}): {_LINK.sub(_text, first)}"


def _text(link: re.Match[str]) -> str:
    return link[1]
