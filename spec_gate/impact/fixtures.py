"""What a folder of fixtures says: the replies that the mock makes of it, and the names of its conversations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, Pointer

REPLY_OF = ("POST /chat", "200")
"""Which reply the mock makes of a fixture."""


@dataclass(frozen=True)
class AnnotationChange:
    """One turn of a conversation, or one item of the catalogue, as a whole reply; ``places`` leads back to the file."""

    name: str
    source: Source
    pointer: Pointer
    body: Any


@dataclass(frozen=True)
class Fixtures:
    """A folder of fixtures as the gate reads it: strictly as YAML, loosely as to what is in it."""

    said: tuple[AnnotationChange, ...]
    names: dict[str, Source]


def read_fixtures(folder: Path) -> Fixtures:
    """Read a folder; raises :class:`DocumentError` where it is none, or holds what is no YAML."""
    if not folder.is_dir():
        raise DocumentError(
            "is no folder of fixtures", path=str(folder), hint="name a folder that holds catalogue.yaml"
        )
    catalogue = read_source(folder / "catalogue.yaml")
    conversations = [read_source(path) for path in sorted((folder / "conversations").glob("*.yaml"))]
    items = _items(catalogue)
    said = [
        AnnotationChange(f"item {item_id}", catalogue, pointer, _reply("Here.", [item]))
        for item_id, (item, pointer) in items.items()
    ]
    said += [one for source in conversations for one in _turns(source, {key: item for key, (item, _) in items.items()})]
    # The file of a conversation names it: an example of that name is the same talk in the contract.
    names = {Path(source.path).stem: source for source in conversations}
    return Fixtures(tuple(said), names)


def _reply(message: Any, items: list[Any]) -> dict[str, Any]:
    return {"conversation_id": "c1", "message": message, "items": items}


def _items(source: Source) -> dict[str, tuple[Any, Pointer]]:
    listed = source.value.get("items", []) if isinstance(source.value, dict) else []
    return {
        str(item["item_id"]): (item, ("items", index))
        for index, item in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and "item_id" in item
    }


def _turns(source: Source, items: dict[str, Any]) -> Iterator[AnnotationChange]:
    turns = source.value.get("turns", []) if isinstance(source.value, dict) else []
    for index, turn in enumerate(turns if isinstance(turns, list) else []):
        if isinstance(turn, dict):
            named = turn.get("items", [])
            chosen = [items[one] for one in named if one in items] if isinstance(named, list) else []
            name = f"conversation {Path(source.path).stem}, turn {index + 1}"
            yield AnnotationChange(name, source, ("turns", index), _reply(turn.get("reply"), chosen))
