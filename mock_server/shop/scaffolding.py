"""Writes the beginnings of a fixture for somebody to go on with. Never writes over a file, never leaves half of one."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import Any

import yaml

from chat_contract import DocumentError, UsageError, read_source
from mock_server.shop.words import words_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_CATALOGUE = """\
# What the shop sells. The price is a decimal number in quotes: the API sends it as a string.
items:
  - item_id: EX001
    title: Example desk
    status: active
    description: A desk that is here to be replaced.
    price: "199.00"
"""
_CONVERSATION = """\
about: Say here what this talk shows.
turns:
  # The first turn begins the talk: here the message must hold all of these words.
  - shopper:
      words: {words}
    reply: Write here what the shop says.
    items: {items}
  # Later turns answer within it: here one of these phrases is enough.
  - shopper:
      phrases: [anything else, something else]
    reply: And here what it says to that.
"""


def scaffold(folder: Path, name: str) -> list[Path]:
    """Write a conversation of that name, and a catalogue where there is none; returns what was written.

    Raises :class:`chat_contract.KitError` for a name that is no file name, a file that is there already, or a
    folder that cannot be written to.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a conversation; use letters, digits, - and _, such as birthday-gift, "
            "without folder and ending"
        )
    file, catalogue = folder / "conversations" / f"{name}.yaml", folder / "catalogue.yaml"
    if file.exists() or file.is_symlink():
        raise UsageError(f"{file} is there already, and is left as it is; choose another name")
    texts = {}
    if not catalogue.exists():
        texts[catalogue] = _CATALOGUE
        items = ["EX001"]
    else:
        items = _first_item(catalogue)
    texts[file] = _CONVERSATION.format(words=_flow(words_of(name) or [name]), items=_flow(items))
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            _write_new(path, text)
    except OSError as error:
        raise UsageError(f"cannot write into {folder}: {error.strerror}; name a folder that is yours") from None
    return list(texts)


def _first_item(catalogue: Path) -> list[str]:
    try:
        value: Any = read_source(catalogue).value
        return [str(value["items"][0]["item_id"])]
    except (DocumentError, LookupError, TypeError):
        # A broken catalogue is another command's news; a conversation without items is still a conversation.
        return []


def _flow(words: list[str]) -> str:
    text: str = yaml.safe_dump(words, default_flow_style=True, allow_unicode=True, width=1000)
    return text.strip()


def _write_new(path: Path, text: str) -> None:
    """Put the whole file in its place at once, unless there is one."""
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".draft", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        # A link, unlike a rename, fails where somebody else was faster.
        os.link(draft, path)
    finally:
        Path(draft).unlink()
