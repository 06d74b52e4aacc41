"""Reads the fixtures of the mock: the responses that the mock builds from them, and the names of conversations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, Pointer

PATH = "/chat"
OPERATION = f"POST {PATH}"
STATUS = "200"
"""The operation and status that the mock serves fixtures with."""


@dataclass(frozen=True)
class FixtureResponse:
    """The response body for an item of the catalogue or a turn of a conversation.

    Either ``item`` is set, or ``conversation`` and ``turn`` (counted from 1).
    """

    source: Source
    pointer: Pointer
    body: Any
    item: str | None = None
    conversation: str | None = None
    turn: int | None = None


@dataclass(frozen=True)
class Fixtures:
    """The responses of a folder of fixtures; ``conversations`` maps the name of each conversation to its file."""

    responses: tuple[FixtureResponse, ...]
    conversations: dict[str, Source]


def read_fixtures(folder: Path) -> Fixtures:
    """Read a folder of fixtures; the gate checks the YAML syntax only.

    Raises :class:`DocumentError` for a missing directory or invalid YAML.
    """
    if not folder.is_dir():
        raise DocumentError(
            "the folder of fixtures does not exist",
            path=str(folder),
            hint="Name a folder that contains catalogue.yaml.",
        )
    catalogue = read_source(folder / "catalogue.yaml")
    files = [read_source(path) for path in sorted((folder / "conversations").glob("*.yaml"))]
    items = _items(catalogue)
    responses = [
        FixtureResponse(catalogue, pointer, _response("Here.", [item]), item=item_id)
        for item_id, (item, pointer) in items.items()
    ]
    known = {item_id: item for item_id, (item, _) in items.items()}
    for source in files:
        responses += _turns(source, known)
    # A conversation has the name of its file; the contract's example of that name is the same conversation.
    return Fixtures(tuple(responses), {Path(source.path).stem: source for source in files})


def _response(message: Any, items: list[Any]) -> dict[str, Any]:
    return {"conversation_id": "c1", "message": message, "items": items}


def _items(source: Source) -> dict[str, tuple[Any, Pointer]]:
    listed = source.value.get("items", []) if isinstance(source.value, dict) else []
    return {
        str(item["item_id"]): (item, ("items", index))
        for index, item in enumerate(listed if isinstance(listed, list) else [])
        if isinstance(item, dict) and "item_id" in item
    }


def _turns(source: Source, items: dict[str, Any]) -> Iterator[FixtureResponse]:
    turns = source.value.get("turns", []) if isinstance(source.value, dict) else []
    for index, turn in enumerate(turns if isinstance(turns, list) else []):
        if isinstance(turn, dict):
            names = turn.get("items", [])
            chosen = [items[name] for name in names if name in items] if isinstance(names, list) else []
            body = _response(turn.get("reply"), chosen)
            name = Path(source.path).stem
            yield FixtureResponse(source, ("turns", index), body, conversation=name, turn=index + 1)
