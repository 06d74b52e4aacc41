"""Saves recorded conversations in a folder of fixtures.

Files are written atomically, and nothing is removed. A conversation's file is updated with later turns only while it
has the content that the recorder wrote, so manual edits are safe.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chat_contract import KitError, UsageError
from chat_contract.document.source import parse_source, read_source
from chat_contract.roles import ITEM, ITEMS
from kit_reports.targets import write_whole
from mock_server.recorder.grouping import Item, RecordedConversation, RecordedTurn, cue_for
from mock_server.shop.fixture_files import read_fixtures, read_items
from mock_server.shop.fixture_paths import CATALOGUE, CONVERSATIONS, conversation_files

_EMPTY = f"recorded: true\n{ITEMS}: []\n"
_WIDTH = 120

TurnYaml = Mapping[str, Any]
"""A turn as a fixture file has it."""


class _Dumper(yaml.SafeDumper):
    """Quotes every text, so that YAML reads none of them as a number, a date or a keyword."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - likewise
        super().increase_indent(flow, indentless=False)


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _mapping(dumper: yaml.SafeDumper, mapping: Mapping[str, Any]) -> yaml.MappingNode:
    """Leave keys unquoted if YAML reads them as text anyway."""
    node = dumper.represent_mapping("tag:yaml.org,2002:map", dict(mapping))
    for key, _ in node.value:
        if key.value.isidentifier() and key.value.lower() not in {"null", "true", "false"}:
            key.style = None
    return node


_Dumper.add_representer(str, _quoted)
_Dumper.add_representer(dict, _mapping)


@dataclass(frozen=True)
class FileChanged:
    """Someone else changed the conversation's file, so the conversation continues in another one."""

    file: Path
    continued_in: Path


@dataclass(frozen=True)
class Saved:
    """What was written for a turn."""

    file: Path | None
    """The conversation's file; None if the folder already contained the conversation."""
    new_items: int = 0
    changed_items: tuple[str, ...] = ()
    """Ids of items that differ from the catalogue, which keeps its version."""
    file_changed: FileChanged | None = None


class Folder:
    """A folder of fixtures to add to."""

    def __init__(
        self,
        path: Path,
        response_schema: Mapping[str, Any],
        items: Mapping[str, Item],
        conversations: Sequence[Sequence[TurnYaml]],
    ) -> None:
        """``items`` and ``conversations`` are the folder's content."""
        self.path = path
        self._response_schema = response_schema
        self._items = dict(items)
        self._known = {prefix for turns in conversations for prefix in _prefixes(turns)}
        self._written: dict[int, tuple[Path, str]] = {}

    def save(self, conversation: RecordedConversation) -> Saved:
        """Save the conversation, whose last turn is new.

        Raises :class:`chat_contract.KitError` if that is not possible; existing files then keep their content.
        """
        items = conversation.turns[-1].items
        new = [item for item in items if item[ITEM] not in self._items]
        changed = tuple(item[ITEM] for item in items if self._items.get(item[ITEM], item) != item)
        turns = [turn_yaml(turn) for turn in conversation.turns]
        text = _conversation_yaml(turns)
        _check_round_trip(text, {"turns": turns})
        if new:
            self._append(new)
        if conversation.number not in self._written and _as_key(turns) in self._known:
            return Saved(None, len(new), changed)
        file, file_changed = self._file_for(conversation)
        _write(file, text)
        self._written[conversation.number] = file, text
        self._known.update(_prefixes(turns))
        return Saved(file, len(new), changed, file_changed)

    def _append(self, items: Sequence[Item]) -> None:
        """Append items to the catalogue, leaving the rest of its text as it is."""
        file = self.path / CATALOGUE
        before = file.read_text(encoding="utf-8")
        added = yaml.dump([dict(item) for item in items], Dumper=_Dumper, allow_unicode=True, sort_keys=False)
        lines = [" " * _indent(before, file) + line for line in added.splitlines()]
        start = before.removesuffix(" []\n") if before == _EMPTY else before.removesuffix("\n")
        text = "\n".join([start, *lines, ""])
        whole = parse_source(before, file).value
        _check_round_trip(text, whole | {ITEMS: [*whole[ITEMS], *items]})
        read_items(parse_source(text, file), self._response_schema)
        _write(file, text)
        self._items |= {item[ITEM]: item for item in items}

    def _file_for(self, conversation: RecordedConversation) -> tuple[Path, FileChanged | None]:
        """Return the conversation's file, or a new one if it has none or someone else changed it."""
        file, text = self._written.get(conversation.number, (None, ""))
        if file is not None and _text_of(file) == text:
            return file, None
        free = next(path for path in self._names(conversation.name) if not os.path.lexists(path))
        return free, None if file is None else FileChanged(file, free)

    def _names(self, name: str) -> Iterator[Path]:
        number = 1
        while True:
            yield self.path / CONVERSATIONS / f"{name if number == 1 else f'{name}-{number}'}.yaml"
            number += 1


def open_folder(path: Path, response_schema: Mapping[str, Any]) -> Folder:
    """Open a folder of fixtures, or create one.

    Raises :class:`chat_contract.KitError` if the folder is not writable, has errors or contains something else.
    """
    try:
        _create(path)
    except OSError as error:
        raise UsageError(f"--out {path}: cannot write ({error.strerror}). Name a writable folder.") from None
    catalogue = path / CATALOGUE
    _indent(_text_of(catalogue) or "", catalogue)
    fixtures = read_fixtures(path, response_schema)
    conversations = [read_source(file).value["turns"] for file in conversation_files(path)]
    return Folder(path, response_schema, {item[ITEM]: item for item in fixtures.items}, conversations)


def _create(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out {path}: not a folder. Name a folder of fixtures, or a new folder.")
    if path.is_dir() and any(path.iterdir()) and not (path / CATALOGUE).exists():
        raise UsageError(f"--out {path}: the folder contains other files. Name a folder of fixtures, or a new folder.")
    path.mkdir(parents=True, exist_ok=True)
    (path / CONVERSATIONS).mkdir(exist_ok=True)
    for part in (path / CATALOGUE, path / CONVERSATIONS):
        if part.is_symlink():
            raise UsageError(f"--out {path}: {part.name} is a symbolic link. Name a folder without links.")
    if not (path / CATALOGUE).exists():
        _write(path / CATALOGUE, _EMPTY)
    if not os.access(path, os.W_OK) or not os.access(path / CONVERSATIONS, os.W_OK):
        raise UsageError(f"--out {path}: the folder is not writable. Name a writable folder.")


def turn_yaml(turn: RecordedTurn) -> TurnYaml:
    """Return a turn as a fixture file has it."""
    cue, failure = cue_for(turn.message), turn.failure
    if failure is None:
        return {"shopper": cue, "reply": turn.reply, ITEMS: list(turn.item_ids)}
    headers = {} if failure.retry_after is None else {"headers": {"Retry-After": failure.retry_after}}
    body = {} if failure.body is None else {"body": failure.body}
    return {"shopper": cue, "status": failure.status, **headers, **body}


def _conversation_yaml(turns: Sequence[TurnYaml]) -> str:
    return yaml.dump({"turns": turns}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _check_round_trip(text: str, value: Any) -> None:
    """Check that the text to write has the intended value."""
    if parse_source(text, Path("recording")).value != value:
        raise KitError("YAML cannot represent this turn without changing it")


def _indent(text: str, file: Path) -> int:
    """Return the indentation of the catalogue's items. Raise :class:`UsageError` if items cannot be appended."""
    if text == _EMPTY:
        return 2
    for line in text.splitlines():
        if line.lstrip().startswith("- "):
            return len(line) - len(line.lstrip())
    raise UsageError(f"{file}: cannot append items. Write each item as a block that starts with a hyphen.")


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        raise KitError(f"cannot write {file} ({error.strerror})") from None


def _text_of(file: Path) -> str | None:
    try:
        return None if file.is_symlink() else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _as_key(turns: Sequence[TurnYaml]) -> str:
    return repr([_comparable(turn) for turn in turns])


def _comparable(turn: TurnYaml) -> tuple[Any, ...]:
    outcome = [turn.get(key) for key in ("status", "headers", "body", "delay", "fault")]
    return sorted(turn["shopper"].items()), turn.get("reply"), list(turn.get(ITEMS, ())), outcome


def _prefixes(turns: Sequence[TurnYaml]) -> Iterator[str]:
    for end in range(1, len(turns) + 1):
        yield _as_key(turns[:end])
