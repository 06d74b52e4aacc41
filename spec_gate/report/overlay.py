"""Writes the difference of two documents as an OpenAPI Overlay: applied to the base, it gives the revision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chat_contract.errors import Pointer, UsageError
from spec_gate.source.documents import Document

_VERSION = "1.1.0"
_NOTHING = {"target": "$", "description": "No difference.", "update": {}}


@dataclass(frozen=True)
class Removal:
    """Removes a value."""

    target: Pointer


@dataclass(frozen=True)
class Update:
    """Adds or replaces fields of a mapping."""

    target: Pointer
    fields: dict[str, Any]


Action = Removal | Update


def overlay_text(base: Document, revision: Document) -> str:
    """Return the overlay as JSON, which is YAML too, with one action on each line.

    Raises :class:`UsageError` if other files of the documents differ: an overlay changes one file only.
    """
    _check_files(base, revision)
    actions = [_written(action) for action in _actions(base.root, revision.root, ())]
    version = str(revision.root.get("info", {}).get("version", ""))
    document = {
        "overlay": _VERSION,
        "info": {"title": f"From {base.name} to {revision.name}", "version": version or "1.0.0"},
    }
    head = json.dumps(document, indent=2, ensure_ascii=False)
    lines = ",\n".join(f"    {json.dumps(action, ensure_ascii=False)}" for action in actions or [_NOTHING])
    text = f'{head[:-2]},\n  "actions": [\n{lines}\n  ]\n}}\n'
    return text.encode("utf-8", "backslashreplace").decode()


def _written(action: Action) -> dict[str, Any]:
    """Return an action as the Overlay Specification writes it."""
    target = query(action.target)
    if isinstance(action, Removal):
        return {"target": target, "remove": True}
    return {"target": target, "update": action.fields}


def _check_files(base: Document, revision: Document) -> None:
    """Raise :class:`UsageError` if a referenced file is new or differs."""
    base_files, revision_files = (
        {name: source.value for name, source in one.sources.items() if name != one.name} for one in (base, revision)
    )
    for name, value in revision_files.items():
        if not any(same(value, known) for known in base_files.values()):
            raise UsageError(
                f"--overlay-out: {name}, which the revision refers to, is new or differs from the base. An overlay "
                "changes one file only; bundle BASE and REVISION into one file each."
            )


def _actions(base: dict[str, Any], revision: dict[str, Any], here: Pointer) -> Iterator[Action]:
    """Return the actions that turn one mapping into another: removals, then updates, then those of inner mappings."""
    for key, value in base.items():
        if key not in revision or _replaced(value, revision[key]):
            yield Removal((*here, key))
    added = {
        key: value
        for key, value in revision.items()
        if key not in base or _replaced(base[key], value) or _plain_change(base[key], value)
    }
    if added:
        yield Update(here, added)
    for key, value in base.items():
        if key in revision and isinstance(value, dict) and isinstance(revision[key], dict):
            yield from _actions(value, revision[key], (*here, key))


def _replaced(one: Any, other: Any) -> bool:
    """Return whether a value must be removed before its update: a list would grow, another type would be merged."""
    if isinstance(one, dict) and isinstance(other, dict):
        return False
    return (isinstance(one, dict | list) or isinstance(other, dict | list)) and not same(one, other)


def _plain_change(one: Any, other: Any) -> bool:
    return not isinstance(one, dict | list) and not isinstance(other, dict | list) and not same(one, other)


def same(one: Any, other: Any) -> bool:
    """Compare JSON values; true does not equal 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def query(pointer: Pointer) -> str:
    """Return a pointer as a JSONPath query (RFC 9535)."""
    return "$" + "".join(f"[{json.dumps(str(part))}]" if isinstance(part, str) else f"[{part}]" for part in pointer)
