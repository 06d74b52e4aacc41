"""Reads a folder of fixtures: the catalogue and the conversations.

The only reader of ``fixtures/``. What it returns can be served as it stands: every item and every reply keeps the
contract, every id is known. What cannot be served stops it with file, line, pointer, value and mend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from jsonschema import Draft202012Validator, ValidationError

from chat_contract.document.source import Source, read_source
from chat_contract.errors import DocumentError, DocumentsError
from mock_server.shop.scenarios import Conversation, Cue, PatternError, Turn, compile_pattern
from mock_server.shop.words import words_of

Pointer = tuple[str | int, ...]
_Read = TypeVar("_Read")

_MEND = "x-mend"
_TEXT = {"type": "string", "pattern": r"\S", _MEND: "write some text, in quotes if it looks like a number"}
_ITEM = {
    "type": "object",
    "required": ["item_id", "title", "status", "description", "price"],
    "properties": {
        "item_id": _TEXT,
        "title": _TEXT,
        "status": _TEXT,
        "description": _TEXT,
        "price": {
            "type": "string",
            "pattern": r"^-?[0-9]+(\.[0-9]+)?\Z",
            _MEND: 'write a decimal number in quotes, such as price: "999.99"',
        },
    },
    _MEND: "give every item item_id, title, status, description and price",
}
_ITEMS = {"type": "array", "minItems": 1, "items": _ITEM, _MEND: "list at least one item"}
_CATALOGUE = {
    "type": "object",
    "required": ["items"],
    "additionalProperties": False,
    "properties": {"items": _ITEMS, "recorded": {"const": False, _MEND: "write recorded: true, or leave it out"}},
    _MEND: "keep to one key, items, with the list of items",
}
# What the real service sent is taken as it came, as far as the contract allows it.
_RECORDED = _CATALOGUE | {
    "properties": {
        "items": {
            "type": "array",
            "items": {"type": "object", "required": ["item_id"], "properties": {"item_id": _TEXT}},
        },
        "recorded": {"const": True},
    }
}
_CUE = {
    "type": "object",
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
    "properties": {
        "words": {"type": "array", "minItems": 1, "items": _TEXT, _MEND: "list the words that must all be said"},
        "phrases": {"type": "array", "minItems": 1, "items": _TEXT, _MEND: "list the phrases any of which will do"},
        "pattern": _TEXT,
    },
    _MEND: "say what the shopper must say by exactly one of words, phrases and pattern",
}
_CONVERSATION = {
    "type": "object",
    "required": ["turns"],
    "additionalProperties": False,
    "properties": {
        "about": _TEXT,
        "turns": {
            "type": "array",
            "minItems": 1,
            _MEND: "list at least one turn",
            "items": {
                "type": "object",
                "required": ["shopper", "reply"],
                "additionalProperties": False,
                "properties": {
                    "shopper": _CUE,
                    "reply": _TEXT,
                    "items": {
                        "type": "array",
                        "uniqueItems": True,
                        "items": _TEXT,
                        _MEND: "list ids of items in the catalogue, each once",
                    },
                },
                _MEND: "give every turn shopper and reply, and items if there are any; nothing else",
            },
        },
    },
    _MEND: "keep to the keys about and turns",
}


@dataclass(frozen=True)
class Fixtures:
    """What the mock serves from. Plain data, so that it can be handed to another process."""

    items: tuple[dict[str, Any], ...]
    conversations: tuple[Conversation, ...]


def read_fixtures(folder: Path, response_schema: Mapping[str, Any]) -> Fixtures:
    """Read ``catalogue.yaml`` and ``conversations/*.yaml``; ``response_schema`` is the one of a 200.

    Raises :class:`DocumentError` for what cannot be served, from the top of a file its first; :class:`DocumentsError`
    if more files than one hold something of the kind.
    """
    if not folder.is_dir():
        raise DocumentError(
            "is no folder of fixtures", path=str(folder), hint="name a folder that holds catalogue.yaml"
        )
    response = _validator(response_schema)
    errors: list[DocumentError] = []
    items = _noting(errors, lambda: _catalogue(read_source(folder / "catalogue.yaml"), response))
    by_id = None if items is None else {item["item_id"]: item for item in items}
    conversations = [
        _noting(errors, partial(_conversation, path, by_id, response)) for path in _conversation_files(folder)
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else DocumentsError(tuple(errors))
    return Fixtures(tuple(items or ()), tuple(filter(None, conversations)))


def read_items(source: Source, response_schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the items of a catalogue; raises :class:`DocumentError` for the first thing that cannot be served."""
    return _catalogue(source, _validator(response_schema))


def _validator(response_schema: Mapping[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(response_schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def _noting(errors: list[DocumentError], read: Callable[[], _Read]) -> _Read | None:
    """Go on where a file cannot be read, so that all that is wrong is told at once."""
    try:
        return read()
    except DocumentError as error:
        errors.append(error)
        return None


def _conversation_files(folder: Path) -> list[Path]:
    return sorted((folder / "conversations").glob("*.y*ml"))


def _catalogue(source: Source, response: Draft202012Validator) -> list[dict[str, Any]]:
    recorded = isinstance(source.value, dict) and source.value.get("recorded") is True
    _check_shape(source, _RECORDED if recorded else _CATALOGUE)
    items: list[dict[str, Any]] = source.value["items"]
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        pointer: Pointer = ("items", index, "item_id")
        if item["item_id"] in first:
            line = source.line(("items", first[item["item_id"]], "item_id"))
            raise source.error(
                f"this item_id stands twice, first on line {line}",
                pointer=pointer,
                value=item["item_id"],
                hint="give each item an id of its own",
            )
        first[item["item_id"]] = index
    _check_reply(source, response, items=items, message="x", places={}, whole=())
    return items


def _conversation(
    path: Path, catalogue: Mapping[str, dict[str, Any]] | None, response: Draft202012Validator
) -> Conversation:
    """Read a conversation; where the catalogue itself is broken, nothing is said about ids of items."""
    if path.suffix != ".yaml":
        raise DocumentError("would not be read", path=str(path), hint=f"rename it to {path.stem}.yaml")
    if path.exists() and not path.is_file():
        # A pipe would keep whoever reads it waiting for ever.
        raise DocumentError("is no file", path=str(path), hint="put a file in its place, or give it another ending")
    source = read_source(path)
    _check_shape(source, _CONVERSATION)
    turns = []
    for index, turn in enumerate(source.value["turns"]):
        here: Pointer = ("turns", index)
        item_ids: list[str] = turn.get("items", [])
        for place, item_id in enumerate(item_ids):
            if catalogue is not None and item_id not in catalogue:
                raise source.error(
                    "no item of the catalogue has this id",
                    pointer=(*here, "items", place),
                    value=item_id,
                    hint="use an item_id from catalogue.yaml, or add the item there",
                )
        cue = _cue(source, (*here, "shopper"), turn["shopper"])
        places: dict[str, Pointer] = {"message": (*here, "reply"), "items": (*here, "items")}
        items = [catalogue[item_id] for item_id in item_ids] if catalogue is not None else []
        _check_reply(source, response, items=items, message=turn["reply"], places=places, whole=here)
        turns.append(Turn(cue, turn["reply"], tuple(item_ids)))
    return Conversation(Path(source.path).stem, tuple(turns), source.value.get("about", ""))


def _cue(source: Source, here: Pointer, cue: Mapping[str, Any]) -> Cue:
    for kind in ("words", "phrases"):
        for index, words in enumerate(cue.get(kind, [])):
            if not words_of(words):
                raise source.error(
                    "holds no letter and no digit, so nobody can say it",
                    pointer=(*here, kind, index),
                    value=words,
                    hint="write a word; use pattern for signs",
                )
    if "pattern" in cue:
        try:
            compile_pattern(cue["pattern"])
        except PatternError as error:
            raise source.error(
                f"this pattern cannot be used: {error}",
                pointer=(*here, "pattern"),
                value=cue["pattern"],
                hint="correct it, and do without look-around and back-references; they are what makes patterns hang",
            ) from None
    return Cue(tuple(cue.get("words", ())), tuple(cue.get("phrases", ())), cue.get("pattern", ""))


def _check_shape(source: Source, schema: Mapping[str, Any]) -> None:
    _refuse_first(source, ((error, tuple(error.absolute_path)) for error in _errors(schema, source.value)))


def _errors(schema: Mapping[str, Any], value: Any) -> Iterable[ValidationError]:
    return Draft202012Validator(schema).iter_errors(value)


def _check_reply(
    source: Source,
    response: Draft202012Validator,
    *,
    items: list[dict[str, Any]],
    message: str,
    places: Mapping[str, Pointer],
    whole: Pointer,
) -> None:
    """Refuse what would not be a ChatResponse; ``places`` says where in the file each part of the body stands."""
    body = {"conversation_id": "x", "message": message, "items": items}

    def placed() -> Iterator[tuple[ValidationError, Pointer]]:
        for error in response.iter_errors(body):
            path = tuple(error.absolute_path)
            head = str(path[0]) if path else ""
            yield error, (*places[head], *path[1:]) if head in places else path or whole

    _refuse_first(source, placed(), hint="the contract does not allow this in a reply: change it as the schema asks")


def _refuse_first(
    source: Source, errors: Iterable[tuple[ValidationError, Pointer]], *, hint: str = "correct the value"
) -> None:
    found = sorted(errors, key=lambda entry: (source.line(entry[1]), repr(entry[1])))
    for error, pointer in found:
        raise source.error(
            error.message if len(error.message) < 200 else f"does not keep the keyword {error.validator}",
            pointer=pointer,
            value=error.instance,
            hint=error.schema.get(_MEND, hint) if isinstance(error.schema, Mapping) else hint,
        )
