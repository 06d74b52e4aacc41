"""What consumers say they read of replies: one file a consumer, in the format that README.md shows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from chat_contract.errors import Pointer

FILE = Path("consumer.yaml")
"""The file that is read where it lies in the working directory."""

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)\Z|DEFAULT\Z")
_POINTER = re.compile(r"(?:/(?:[^/~]|~[01])*)+\Z")


@dataclass(frozen=True)
class Read:
    """One field of a reply that a consumer reads; ``*`` in ``path`` stands for any index or name."""

    operation: str
    status: str
    path: tuple[str, ...]
    pointer: Pointer


@dataclass(frozen=True)
class Consumer:
    """A consumer with all that it reads, and the examples that it asks for by name."""

    name: str
    source: Source
    reads: tuple[Read, ...]
    examples: tuple[str, ...]


def read_consumers(paths: Sequence[Path]) -> tuple[Consumer, ...]:
    """Read each file; raises :class:`chat_contract.errors.DocumentError` for the first thing that is wrong."""
    consumers: list[Consumer] = []
    for path in paths:
        consumer = _consumer(read_source(path))
        if any(other.name == consumer.name for other in consumers):
            raise consumer.source.error(
                "another file speaks of this consumer",
                pointer=("consumer",),
                value=consumer.name,
                hint="put both into one file, or give it another name",
            )
        consumers.append(consumer)
    return tuple(consumers)


def check_operations(consumers: Sequence[Consumer], known: Collection[str]) -> None:
    """Raise :class:`DocumentError` for the first operation that the base does not describe."""
    for consumer in consumers:
        for read in consumer.reads:
            if read.operation not in known:
                near = difflib.get_close_matches(read.operation, sorted(known), n=2, cutoff=0.4) or sorted(known)[:4]
                raise consumer.source.error(
                    "the base describes no such operation",
                    pointer=(*read.pointer[:2], "operation"),
                    value=read.operation,
                    hint=f"name one of {', '.join(near)}" if near else "take it out",
                )


def _consumer(source: Source) -> Consumer:
    value = source.value
    _check_keys(source, (), value, required=("consumer", "reads"), allowed=("consumer", "reads", "examples"))
    name = _text(source, ("consumer",), value["consumer"])
    reads = [
        read
        for index, entry in enumerate(_list(source, ("reads",), value["reads"]))
        for read in _reads(source, ("reads", index), entry)
    ]
    examples = _list(source, ("examples",), value["examples"]) if "examples" in value else []
    return Consumer(
        name, source, tuple(reads), tuple(_text(source, ("examples", i), one) for i, one in enumerate(examples))
    )


def _reads(source: Source, here: Pointer, entry: Any) -> list[Read]:
    wanted = ("operation", "status", "fields")
    _check_keys(source, here, entry, required=wanted, allowed=wanted)
    operation = _text(source, (*here, "operation"), entry["operation"])
    status = _text(source, (*here, "status"), entry["status"]).upper()
    if not _STATUS.match(status):
        raise source.error(
            "is no status", pointer=(*here, "status"), value=entry["status"], hint="write it as '200', '2XX' or default"
        )
    found: list[Read] = []
    for index, field in enumerate(_list(source, (*here, "fields"), entry["fields"])):
        place = (*here, "fields", index)
        if not _POINTER.match(_text(source, place, field)):
            raise source.error(
                "is no JSON Pointer into a reply",
                pointer=place,
                value=field,
                hint="begin it with a slash, and write * for any index, such as /items/*/price",
            )
        parts = tuple(part.replace("~1", "/").replace("~0", "~") for part in field.split("/")[1:])
        if any((read.path, read.status) == (parts, status) for read in found):
            raise source.error("stands twice", pointer=place, value=field, hint="leave one of the two out")
        found.append(Read(operation, status, parts, place))
    return found


def _check_keys(
    source: Source, here: Pointer, value: Any, *, required: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    if not isinstance(value, dict):
        raise source.error("is no mapping", pointer=here, value=value, hint=f"give it {', '.join(required)}")
    for key in value:
        if key not in allowed:
            raise source.error(
                f"there is no key {key!r} here",
                pointer=(*here, key),
                value=value[key],
                hint=f"use {', '.join(allowed)}",
            )
    for key in required:
        if key not in value:
            raise source.error(f"has no {key}", pointer=here, value=value, hint=f"add {key}:")


def _list(source: Source, here: Pointer, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise source.error("is no list with something in it", pointer=here, value=value, hint="list at least one")
    return value


def _text(source: Source, here: Pointer, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise source.error("is no text", pointer=here, value=value, hint="write some text, in quotes if it is a number")
    return value
