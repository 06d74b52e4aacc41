"""Saves recorded conversations in a folder of fixtures.

Files are written atomically, and nothing is removed. A conversation's file is updated with later turns only while it
has the content that the recorder wrote, so manual edits are safe. What cannot be written stays in memory and is written
with the next conversation.
"""

from __future__ import annotations

import errno
import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path, PurePath
from typing import Any

import yaml
from cachetools import LRUCache

from chat_contract import KitError, UsageError
from chat_contract.document.limits import MAX_BYTES
from chat_contract.document.repository import leads_outside, top_of
from chat_contract.document.source import Source, parse_source, read_source
from chat_contract.roles import ITEM, ITEMS
from mock_server.recorder.grouping import Item, RecordedConversation, RecordedTurn, cue_for
from mock_server.recorder.place import Place
from mock_server.recorder.written import Written, digest_of
from mock_server.shop.fixture_files import read_fixtures, read_items
from mock_server.shop.fixture_paths import CATALOGUE, CONVERSATIONS, conversation_files

_CATALOGUE = PurePath(CATALOGUE)
_EMPTY = f"recorded: true\n{ITEMS}: []\n"
_WIDTH = 120
_LARGE = 128 * 1024
"""Characters of a conversation, or of new items, from which on PyYAML's own emitter would take seconds."""
_MAX_KNOWN = 50_000
"""Conversations, and beginnings of them, that are not saved again."""
_MAX_NAMES = 10_000
MAX_WAITING_BYTES = 64 * 1024 * 1024
"""Size of the conversations that wait until the folder can be written to."""
_NOT_REPRESENTABLE = "YAML cannot represent this turn without changing it"

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


class _FastDumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc] # the base is not typed
    """Writes the same values sixty times as fast, but indents lists less."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - likewise
        return True


for _each in (_Dumper, _FastDumper):
    _each.add_representer(str, _quoted)
    _each.add_representer(dict, _mapping)


def _yaml(value: Any) -> str:
    """Return a value as YAML."""
    dumper = _Dumper if len(repr(value)) < _LARGE else _FastDumper
    return yaml.dump(value, Dumper=dumper, allow_unicode=True, sort_keys=False, width=_WIDTH)


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
    earlier: int = 0
    """The number of conversations that could not be written before and now are."""


class WriteError(KitError):
    """The folder cannot be written to at present."""


class Folder:
    """A folder of fixtures to add to."""

    def __init__(
        self,
        place: Place,
        response_schema: Mapping[str, Any],
        items: Mapping[str, Item],
        conversations: Sequence[Sequence[TurnYaml]],
    ) -> None:
        """``items`` and ``conversations`` are the folder's content."""
        self._place = place
        self._response_schema = response_schema
        self._items = dict(items)
        self._known: OrderedDict[bytes, None] = OrderedDict()
        for turns in conversations:
            self._note_known(turns)
        self._numbers: LRUCache[str, int] = LRUCache(_MAX_NAMES)
        """How many files have a name, so that the search for a free name is short."""
        self._written = Written()
        self._waiting: dict[int, RecordedConversation] = {}
        self._removed: list[tuple[PurePath, str]] = []
        self._catalogue = ""
        """The text of the catalogue as it was last read and found to be valid."""
        self._head: Mapping[str, Any] = {}
        """What that text has besides the items."""

    @property
    def path(self) -> Path:
        """The folder."""
        return self._place.path

    @property
    def waiting(self) -> int:
        """The number of conversations that could not be written yet."""
        return len(self._waiting)

    def save(self, conversation: RecordedConversation) -> Saved:
        """Save the conversation, whose last turn is new, and those that could not be written before.

        Raises :class:`WriteError` if that is not possible now, and :class:`chat_contract.KitError` if the conversation
        cannot be a fixture. Existing files then keep their content.
        """
        self._wait(conversation)
        earlier = self.save_waiting(before=conversation.number)
        return replace(self._saved(conversation), earlier=earlier)

    def save_waiting(self, *, before: int | None = None) -> int:
        """Save what could not be written before, except the conversation ``before``, and return how many these are.

        Raises :class:`WriteError` if that is not possible now.
        """
        with _write_errors(self.path):
            self._restore()
        waiting = [conversation for number, conversation in self._waiting.items() if number != before]
        saved = 0
        for conversation in waiting:
            try:
                self._saved(conversation)
            except WriteError:
                raise
            except KitError:
                # It cannot be a fixture, as its report says.
                continue
            saved += 1
        return saved

    def _wait(self, conversation: RecordedConversation) -> None:
        """Keep a conversation until it is written. Raise :class:`chat_contract.KitError` if too much waits."""
        others = (each.size for number, each in self._waiting.items() if number != conversation.number)
        if self._waiting and sum(others) + conversation.size > MAX_WAITING_BYTES:
            raise KitError(f"more than {MAX_WAITING_BYTES} bytes wait until the folder can be written to")
        self._waiting[conversation.number] = conversation

    def _note_known(self, turns: Sequence[TurnYaml]) -> None:
        """Remember a conversation and its beginnings, so that they are not saved again."""
        for key in _keys(turns):
            self._known[key] = None
            self._known.move_to_end(key)
        while len(self._known) > _MAX_KNOWN:
            self._known.popitem(last=False)

    def close(self) -> None:
        """Let other recorders use the folder."""
        self._place.close()

    def _restore(self) -> None:
        """Write everything again if the folder was removed."""
        if self._place.renew():
            self._removed = list(self._written.texts())
        while self._removed:
            self._place.write(*self._removed[-1])
            self._removed.pop()
        if not self._place.exists(_CATALOGUE):
            self._place.write(_CATALOGUE, _EMPTY)
            self._append(list(self._items.values()))

    def _saved(self, conversation: RecordedConversation) -> Saved:
        """Save one conversation. It waits for the next time if the folder cannot be written to."""
        try:
            with _write_errors(self.path):
                saved = self._save(conversation)
        except WriteError:
            raise
        except KitError:
            del self._waiting[conversation.number]
            raise
        del self._waiting[conversation.number]
        return saved

    def _save(self, conversation: RecordedConversation) -> Saved:
        items = {item[ITEM]: item for turn in conversation.turns for item in turn.items}
        new = [item for key, item in items.items() if key not in self._items]
        latest = conversation.turns[-1].items
        changed = tuple(item[ITEM] for item in latest if self._items.get(item[ITEM], item) != item)
        turns = [turn_yaml(turn) for turn in conversation.turns]
        text = _yaml({"turns": turns})
        _check_size(text)
        _check_round_trip(text, {"turns": turns})
        self._append(new)
        if conversation.number not in self._written and _keys(turns)[-1] in self._known:
            return Saved(None, len(new), changed)
        name, before = self._file_for(conversation)
        self._place.write(name, text)
        self._written.note(conversation.number, name, text)
        self._note_known(turns)
        file_changed = None if before is None else FileChanged(self.path / before, self.path / name)
        return Saved(self.path / name, len(new), changed, file_changed)

    def _append(self, items: Sequence[Item]) -> None:
        """Append items to the catalogue, leaving the rest of its text as it is."""
        if not items:
            return
        file = self.path / CATALOGUE
        before = self._place.text_of(_CATALOGUE)
        if before is None:
            raise OSError(errno.ELOOP, f"{CATALOGUE} is not a text file")
        added = _yaml([dict(item) for item in items])
        lines = [" " * _indent(before, file) + line for line in added.splitlines()]
        start = before.removesuffix(" []\n") if before == _EMPTY else before.removesuffix("\n")
        text = "\n".join([start, *lines, ""])
        _check_size(text)
        if before == self._catalogue:
            # Only what is new has to be checked: the rest of a large catalogue takes seconds to parse.
            value = parse_source("\n".join([f"{ITEMS}:", *lines, ""]), file).value[ITEMS]
            if value != [dict(item) for item in items]:
                raise KitError(_NOT_REPRESENTABLE)
            read_items(Source(file, {**self._head, ITEMS: value}), self._response_schema)
        else:
            try:
                whole = parse_source(before, file).value
            except KitError as error:
                raise WriteError(f"cannot append items: {error}") from None
            _check_round_trip(text, whole | {ITEMS: [*whole[ITEMS], *items]})
            read_items(parse_source(text, file), self._response_schema)
            self._head = {name: value for name, value in whole.items() if name != ITEMS}
        self._place.write(_CATALOGUE, text)
        self._catalogue = text
        self._items |= {item[ITEM]: item for item in items}

    def _file_for(self, conversation: RecordedConversation) -> tuple[PurePath, PurePath | None]:
        """Return the conversation's file, or a new one and the previous one, which someone else changed."""
        number = conversation.number
        name = self._written.name_of(number)
        if name is not None and not self._is_link(name):
            text = self._place.text_of(name)
            if text is None or self._written.is_text_of(number, text):
                return name, None
        return self._free_name(conversation.name), name

    def _free_name(self, name: str) -> PurePath:
        for number in count(self._numbers.get(name, 0) + 1):
            free = PurePath(CONVERSATIONS, f"{name if number == 1 else f'{name}-{number}'}.yaml")
            if not self._place.exists(free):
                break
        self._numbers[name] = number
        return free

    def _is_link(self, name: PurePath) -> bool:
        return self._place.exists(name) and self._place.text_of(name) is None


@contextmanager
def _write_errors(path: Path) -> Iterator[None]:
    """Turn errors of the disk into :class:`WriteError`."""
    try:
        yield
    except OSError as error:
        raise WriteError(f"cannot write to {path} ({error.strerror or error})") from None
    except UsageError as error:
        raise WriteError(str(error)) from None


def open_folder(path: Path, response_schema: Mapping[str, Any]) -> Folder:
    """Open a folder of fixtures, or create one.

    Raises :class:`chat_contract.KitError` if the folder is not writable, has errors or contains something else, or if
    another recorder has opened it.
    """
    try:
        place = _opened(path)
    except OSError as error:
        raise UsageError(f"--out {path}: cannot write ({error.strerror}). Name a writable folder.") from None
    try:
        catalogue = path / CATALOGUE
        _indent(place.text_of(_CATALOGUE) or "", catalogue)
        fixtures = read_fixtures(path, response_schema)
        conversations = [read_source(file).value["turns"] for file in conversation_files(path)]
    except KitError:
        place.close()
        raise
    return Folder(place, response_schema, {item[ITEM]: item for item in fixtures.items}, conversations)


def _opened(path: Path) -> Place:
    if path.exists() and not path.is_dir():
        raise UsageError(f"--out {path}: not a folder. Name a folder of fixtures, or a new folder.")
    if path.is_dir() and any(path.iterdir()) and not (path / CATALOGUE).exists():
        raise UsageError(f"--out {path}: the folder contains other files. Name a folder of fixtures, or a new folder.")
    if leads_outside(path, top_of(path)):
        raise UsageError(f"--out {path}: a link that leads outside its folder or repository. Name its target.")
    for part in (path / CATALOGUE, path / CONVERSATIONS):
        if part.is_symlink():
            raise UsageError(f"--out {path}: {part.name} is a symbolic link. Name a folder without links.")
    place = Place(path.resolve())
    try:
        (path / CONVERSATIONS).mkdir(exist_ok=True)
        if not place.exists(_CATALOGUE):
            place.write(_CATALOGUE, _EMPTY)
        if os.access(path, os.W_OK) and os.access(path / CONVERSATIONS, os.W_OK):
            return place
    except OSError:
        place.close()
        raise
    place.close()
    raise UsageError(f"--out {path}: the folder is not writable. Name a writable folder.")


def turn_yaml(turn: RecordedTurn) -> TurnYaml:
    """Return a turn as a fixture file has it."""
    cue, failure = cue_for(turn.message), turn.failure
    if failure is None:
        return {"shopper": cue, "reply": turn.reply, ITEMS: list(turn.item_ids)}
    headers = {} if failure.retry_after is None else {"headers": {"Retry-After": failure.retry_after}}
    body = {} if failure.body is None else {"body": failure.body}
    return {"shopper": cue, "status": failure.status, **headers, **body}


def _check_round_trip(text: str, value: Any) -> None:
    """Check that the text to write has the intended value."""
    if parse_source(text, Path("recording")).value != value:
        raise KitError(_NOT_REPRESENTABLE)


def _check_size(text: str) -> None:
    """Check that the mock can read the text to write."""
    if len(text.encode()) > MAX_BYTES:
        raise KitError(f"the file would be larger than {MAX_BYTES // 1024 // 1024} MiB, the maximum of a fixture file")


def _indent(text: str, file: Path) -> int:
    """Return the indentation of the catalogue's items. Raise :class:`UsageError` if items cannot be appended."""
    if text == _EMPTY:
        return 2
    for line in text.splitlines():
        if line.lstrip().startswith("- "):
            return len(line) - len(line.lstrip())
    raise UsageError(f"{file}: cannot append items. Write each item as a block that starts with a hyphen.")


def _comparable(turn: TurnYaml) -> tuple[Any, ...]:
    outcome = [turn.get(key) for key in ("status", "headers", "body", "delay", "fault")]
    return sorted(turn["shopper"].items()), turn.get("reply"), list(turn.get(ITEMS, ())), outcome


def _keys(turns: Sequence[TurnYaml]) -> list[bytes]:
    """Return a digest of each beginning of a conversation, the last one of all of it."""
    keys, key = [], b""
    for turn in turns:
        key = digest_of(f"{key!r}{_comparable(turn)!r}")
        keys.append(key)
    return keys
