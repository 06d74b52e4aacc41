"""Creates a conversation to start from. Never overwrites a file, never leaves a partial one."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from chat_contract import DocumentError, UsageError, read_source
from chat_contract.document.repository import leads_outside, top_of
from kit_reports.targets import write_whole
from mock_server.shop.editor_schemas import catalogue_schema, conversation_schema
from mock_server.shop.words import words_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)
_SCHEMAS = ".schemas"
"""Folder of the JSON Schemas next to the fixtures; the first line of each file names its schema for editors."""
_CATALOGUE = """\
# yaml-language-server: $schema=.schemas/catalogue.json
# The shop's items. The price is a decimal number in quotes, because the API sends it as a string.
items:
  - item_id: EX001
    title: Example desk
    status: active
    description: Replace this example.
    price: "199.00"
"""
_CONVERSATION = """\
# yaml-language-server: $schema=../.schemas/conversation.json
about: Describe what this conversation shows.
turns:
  # The first turn starts the conversation. Here, the message must contain all of these words.
  - shopper:
      words: {words}
    reply: Write the shop's reply.
    items: {items}
  # Later turns continue it. Here, the message must contain one of these phrases.
  - shopper:
      phrases: [anything else, something else]
    reply: Write the shop's next reply.
"""


def scaffold(folder: Path, name: str) -> list[Path]:
    """Create a conversation, and a catalogue if there is none. Return the files that were created.

    Raises :class:`chat_contract.KitError` if the name is invalid, the file exists or the folder is not writable.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f'Invalid name "{name}" for a conversation. Use letters, digits, - and _, for example birthday-gift.'
        )
    file, catalogue = folder / "conversations" / f"{name}.yaml", folder / "catalogue.yaml"
    if file.exists() or file.is_symlink():
        raise UsageError(f"{file} already exists. Choose another name.")
    schemas = folder / _SCHEMAS
    _check_links(folder, (catalogue, file, schemas / "catalogue.json", schemas / "conversation.json"))
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
        _write_schemas(schemas)
    except OSError as error:
        raise UsageError(f"Cannot write to {folder}: {error.strerror}. Name a writable folder.") from None
    return list(texts)


def _check_links(folder: Path, written: Iterable[Path]) -> None:
    """Raise :class:`UsageError` for a link by which the author of the folder chooses what is overwritten elsewhere."""
    top = top_of(folder / "catalogue.yaml")
    for path in written:
        if leads_outside(path, top):
            raise UsageError(f"{path} is a link that leads outside its folder or repository. Remove the link.")


def _write_schemas(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    for name, schema in (("catalogue", catalogue_schema()), ("conversation", conversation_schema())):
        write_whole(folder / f"{name}.json", json.dumps(schema, indent=2) + "\n")


def _first_item(catalogue: Path) -> list[str]:
    try:
        value: Any = read_source(catalogue).value
        return [str(value["items"][0]["item_id"])]
    except (DocumentError, LookupError, TypeError):
        # Errors in the catalogue are reported by check. A conversation needs no items.
        return []


def _flow(words: list[str]) -> str:
    text: str = yaml.safe_dump(words, default_flow_style=True, allow_unicode=True, width=1000)
    return text.strip()


def _write_new(path: Path, text: str) -> None:
    """Create a file atomically. Raise :class:`OSError` if it exists."""
    handle, draft = tempfile.mkstemp(prefix=".", suffix=".draft", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(draft).chmod(0o644)
        # Unlike a rename, a link fails if the file exists.
        os.link(draft, path)
    finally:
        Path(draft).unlink()
