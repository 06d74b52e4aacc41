"""Reads consumer files: which response fields and examples a consumer uses. docs/how-to/diff.md has the format."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chat_contract.document.source import Source, read_source
from chat_contract.errors import Pointer

FILE = Path("consumer.yaml")
"""Consumer file that ``diff`` reads from the working directory, if it exists."""

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)\Z|DEFAULT\Z")
_POINTER = re.compile(r"(?:/(?:[^/~]|~[01])*)+\Z")


@dataclass(frozen=True)
class Read:
    """A response field that a consumer reads.

    ``path`` holds the parts of the JSON Pointer into the response; ``*`` matches any index or name. ``pointer`` is the
    place of the entry in the consumer file.
    """

    operation: str
    status: str
    path: tuple[str, ...]
    pointer: Pointer


@dataclass(frozen=True)
class Consumer:
    """A consumer, the fields it reads and the names of the examples it requests."""

    name: str
    source: Source
    reads: tuple[Read, ...]
    examples: tuple[str, ...]


def read_consumers(paths: Sequence[Path]) -> tuple[Consumer, ...]:
    """Read consumer files; raises :class:`chat_contract.errors.DocumentError` for the first invalid one."""
    consumers: list[Consumer] = []
    for path in paths:
        consumer = _consumer(read_source(path))
        if any(other.name == consumer.name for other in consumers):
            raise consumer.source.error(
                "another file describes this consumer",
                pointer=("consumer",),
                value=consumer.name,
                hint="Merge the two files, or rename one of the consumers.",
            )
        consumers.append(consumer)
    return tuple(consumers)


def check_operations(consumers: Sequence[Consumer], known: Collection[str]) -> None:
    """Raise :class:`chat_contract.errors.DocumentError` for the first operation that is not in the base document."""
    for consumer in consumers:
        for read in consumer.reads:
            if read.operation not in known:
                import difflib  # noqa: PLC0415 - only an error needs it

                near = difflib.get_close_matches(read.operation, sorted(known), n=2, cutoff=0.4) or sorted(known)[:4]
                raise consumer.source.error(
                    "the base document has no such operation",
                    pointer=(*read.pointer[:2], "operation"),
                    value=read.operation,
                    hint=f"Use one of: {', '.join(near)}." if near else "Remove the entry.",
                )


def _consumer(source: Source) -> Consumer:
    value = source.value
    _check_keys(source, (), value, required=("consumer", "reads"), allowed=("consumer", "reads", "examples"))
    name = _string(source, ("consumer",), value["consumer"])
    reads: list[Read] = []
    for index, entry in enumerate(_list(source, ("reads",), value["reads"])):
        reads += _reads(source, ("reads", index), entry)
    examples = _list(source, ("examples",), value["examples"]) if "examples" in value else []
    names = tuple(_string(source, ("examples", index), one) for index, one in enumerate(examples))
    return Consumer(name, source, tuple(reads), names)


def _reads(source: Source, here: Pointer, entry: Any) -> Iterator[Read]:
    keys = ("operation", "status", "fields")
    _check_keys(source, here, entry, required=keys, allowed=keys)
    operation = _string(source, (*here, "operation"), entry["operation"])
    status = _status(source, (*here, "status"), entry["status"])
    seen: set[tuple[str, ...]] = set()
    for index, field in enumerate(_list(source, (*here, "fields"), entry["fields"])):
        place = (*here, "fields", index)
        path = _path(source, place, field)
        if path in seen:
            raise source.error("duplicate field", pointer=place, value=field, hint="Remove one of the two.")
        seen.add(path)
        yield Read(operation, status, path, place)


def _status(source: Source, here: Pointer, value: Any) -> str:
    status = _string(source, here, value).upper()
    if not _STATUS.match(status):
        raise source.error("invalid status", pointer=here, value=value, hint="Write '200', '2XX' or default.")
    return status


def _path(source: Source, here: Pointer, value: Any) -> tuple[str, ...]:
    if not _POINTER.match(_string(source, here, value)):
        raise source.error(
            "invalid JSON Pointer",
            pointer=here,
            value=value,
            hint="Start it with a slash and write * for any index, for example /items/*/price.",
        )
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in value.split("/")[1:])


def _check_keys(
    source: Source, here: Pointer, value: Any, *, required: tuple[str, ...], allowed: tuple[str, ...]
) -> None:
    if not isinstance(value, dict):
        raise source.error("expected a mapping", pointer=here, value=value, hint=f"Write {', '.join(required)}.")
    for key in value:
        if key not in allowed:
            raise source.error(
                f'unknown key "{key}"', pointer=(*here, key), value=value[key], hint=f"Use {', '.join(allowed)}."
            )
    for key in required:
        if key not in value:
            raise source.error(f'required key "{key}" is missing', pointer=here, value=value, hint=f"Add {key}.")


def _list(source: Source, here: Pointer, value: Any) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise source.error("expected a list of at least one entry", pointer=here, value=value, hint="Add an entry.")
    return value


def _string(source: Source, here: Pointer, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        hint = "Write some text." if isinstance(value, str) or value is None else "Put the value in quotes."
        raise source.error("expected a non-empty string", pointer=here, value=value, hint=hint)
    return value
