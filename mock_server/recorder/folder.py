"""Keeps talks in a folder of fixtures: adds to it, takes nothing away, and never touches what a hand has written.

A file is written whole or not at all. A conversation's file is written again, with one turn more, only as long as it
is what the recorder itself left there.
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
from mock_server.recorder.grouping import Item, Talk, cue_for
from mock_server.shop.fixture_files import read_fixtures, read_items

CATALOGUE = "catalogue.yaml"
CONVERSATIONS = "conversations"

_EMPTY = f"recorded: true\n{ITEMS}: []\n"
_WIDTH = 120

TurnText = Mapping[str, Any]


class _Dumper(yaml.SafeDumper):
    """Puts every text in quotes, so that none is read as a number, a date or a word of YAML's."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


def _mapping(dumper: yaml.SafeDumper, mapping: Mapping[str, Any]) -> yaml.MappingNode:
    """Leave the quotes away from keys that read as themselves without them."""
    node = dumper.represent_mapping("tag:yaml.org,2002:map", dict(mapping))
    for key, _ in node.value:
        if key.value.isidentifier() and key.value.lower() not in {"null", "true", "false"}:
            key.style = None
    return node


_Dumper.add_representer(str, _quoted)
_Dumper.add_representer(dict, _mapping)


@dataclass(frozen=True)
class Kept:
    """What was written for a turn. ``file`` is None where the folder held the talk already; ``notes`` say what else."""

    file: Path | None
    new_items: int = 0
    notes: tuple[str, ...] = ()


class Folder:
    """A folder of fixtures that grows."""

    def __init__(
        self,
        path: Path,
        response_schema: Mapping[str, Any],
        items: Mapping[str, Item],
        talks: Sequence[Sequence[TurnText]],
    ) -> None:
        self.path = path
        self._response_schema = response_schema
        self._items = dict(items)
        self._known = {prefix for turns in talks for prefix in _prefixes(turns)}
        self._written: dict[int, tuple[Path, str]] = {}

    def keep(self, talk: Talk) -> Kept:
        """Write what the last turn of the talk adds.

        Raises :class:`chat_contract.KitError` where that cannot be; what was there before is there still.
        """
        new, notes = self._new_items(talk.turns[-1].items)
        turns = [turn_text(turn.message, turn.reply, turn.item_ids) for turn in talk.turns]
        text = _conversation_text(turns)
        _check_reads_back(text, {"turns": turns})
        if new:
            self._append(new)
        if talk.number not in self._written and _as_key(turns) in self._known:
            return Kept(None, len(new), notes)
        file, moved = self._file_for(talk)
        _write(file, text)
        self._written[talk.number] = file, text
        self._known.update(_prefixes(turns))
        return Kept(file, len(new), (*notes, *moved))

    def _new_items(self, items: Sequence[Item]) -> tuple[list[Item], tuple[str, ...]]:
        new = [item for item in items if item[ITEM] not in self._items]
        changed = [item[ITEM] for item in items if item[ITEM] in self._items and item != self._items[item[ITEM]]]
        return new, tuple(f"{name} came otherwise than {CATALOGUE} has it, which stays" for name in changed)

    def _append(self, items: Sequence[Item]) -> None:
        file = self.path / CATALOGUE
        before = file.read_text(encoding="utf-8")
        added = yaml.dump([dict(item) for item in items], Dumper=_Dumper, allow_unicode=True, sort_keys=False)
        lines = [" " * _indent(before, file) + line for line in added.splitlines()]
        start = before.removesuffix(" []\n") if before == _EMPTY else before.removesuffix("\n")
        text = "\n".join([start, *lines, ""])
        whole = parse_source(before, file).value
        _check_reads_back(text, whole | {ITEMS: [*whole[ITEMS], *items]})
        read_items(parse_source(text, file), self._response_schema)
        _write(file, text)
        self._items |= {item[ITEM]: item for item in items}

    def _file_for(self, talk: Talk) -> tuple[Path, tuple[str, ...]]:
        """Return the talk's own file, or a new one where it has none or somebody else wrote it since."""
        file, text = self._written.get(talk.number, (None, ""))
        if file is not None and _text_of(file) == text:
            return file, ()
        free = next(path for path in self._names(talk.name) if not os.path.lexists(path))
        return free, () if file is None else (
            f"{file.name} was changed by somebody else; the talk goes on in {free.name}",
        )

    def _names(self, name: str) -> Iterator[Path]:
        number = 1
        while True:
            yield self.path / CONVERSATIONS / f"{name if number == 1 else f'{name}-{number}'}.yaml"
            number += 1


def open_folder(path: Path, response_schema: Mapping[str, Any]) -> Folder:
    """Open a folder of fixtures to add to, or make one.

    Raises :class:`chat_contract.KitError` where it is something else, is broken, or cannot be written.
    """
    try:
        _make(path)
    except OSError as error:
        raise UsageError(
            f"--out {path}: cannot be written ({error.strerror}); name a folder that may be written"
        ) from None
    catalogue = path / CATALOGUE
    _indent(_text_of(catalogue) or "", catalogue)
    fixtures = read_fixtures(path, response_schema)
    talks = [read_source(file).value["turns"] for file in sorted((path / CONVERSATIONS).glob("*.yaml"))]
    return Folder(path, response_schema, {item[ITEM]: item for item in fixtures.items}, talks)


def _make(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out {path}: is no folder; name one that holds fixtures, or a new one")
    if path.is_dir() and any(path.iterdir()) and not (path / CATALOGUE).exists():
        raise UsageError(f"--out {path}: holds something else than fixtures; name a new folder, or one of fixtures")
    path.mkdir(parents=True, exist_ok=True)
    (path / CONVERSATIONS).mkdir(exist_ok=True)
    for part in (path / CATALOGUE, path / CONVERSATIONS):
        if part.is_symlink():
            raise UsageError(f"--out {path}: {part.name} is a link to another place; name a folder without links")
    if not (path / CATALOGUE).exists():
        _write(path / CATALOGUE, _EMPTY)
    if not os.access(path, os.W_OK) or not os.access(path / CONVERSATIONS, os.W_OK):
        raise UsageError(f"--out {path}: may not be written; name a folder that may")


def turn_text(message: str, reply: str, item_ids: Sequence[str]) -> TurnText:
    """Return a turn as a file of fixtures has it."""
    return {"shopper": cue_for(message), "reply": reply, ITEMS: list(item_ids)}


def _conversation_text(turns: Sequence[TurnText]) -> str:
    return yaml.dump({"turns": turns}, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


def _check_reads_back(text: str, value: Any) -> None:
    """Make sure that what is going to be written is what will be read."""
    if parse_source(text, Path("recording")).value != value:
        raise KitError("this turn cannot be written as YAML without changing it, so it is not kept")


def _indent(text: str, file: Path) -> int:
    """Return how far the items of a catalogue are indented; raises where items cannot be added at its end."""
    if text == _EMPTY:
        return 2
    for line in text.splitlines():
        if line.lstrip().startswith("- "):
            return len(line) - len(line.lstrip())
    raise UsageError(f"{file}: items cannot be added to it; write each item as a block that begins with a hyphen")


def _write(file: Path, text: str) -> None:
    try:
        write_whole(file, text)
    except OSError as error:
        raise KitError(f"{file}: cannot be written ({error.strerror}); the turn is not kept") from None


def _text_of(file: Path) -> str | None:
    try:
        return None if file.is_symlink() else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _as_key(turns: Sequence[TurnText]) -> str:
    return repr([_plain(turn) for turn in turns])


def _plain(turn: TurnText) -> tuple[Any, ...]:
    return sorted(turn["shopper"].items()), turn["reply"], list(turn.get(ITEMS, ()))


def _prefixes(turns: Sequence[TurnText]) -> Iterator[str]:
    for end in range(1, len(turns) + 1):
        yield _as_key(turns[:end])
