"""Writes a change as an OpenAPI Overlay: done to the base, it gives the revision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from chat_contract.errors import Pointer, UsageError
from spec_gate.source.documents import Document

_VERSION = "1.1.0"


def as_overlay(base: Document, revision: Document) -> dict[str, Any]:
    """Return the overlay; raises :class:`UsageError` where other files differ too, which no overlay reaches."""
    _check_files(base, revision)
    if not isinstance(base.root, dict) or not isinstance(revision.root, dict):
        raise UsageError("--overlay-out: only a mapping can be overlaid")
    actions = list(_actions(base.root, revision.root, ()))
    name, version = revision.name, str(revision.root.get("info", {}).get("version", ""))
    return {
        "overlay": _VERSION,
        "info": {"title": f"From {base.name} to {name}", "version": version or "1.0.0"},
        "actions": actions or [{"target": "$", "description": "Nothing differs.", "update": {}}],
    }


def overlay_text(base: Document, revision: Document) -> str:
    """Return the overlay as a file: JSON, which is YAML too, one action a line."""
    document = as_overlay(base, revision)
    head = json.dumps({key: document[key] for key in ("overlay", "info")}, indent=2, ensure_ascii=False)
    actions = ",\n".join(f"    {json.dumps(action, ensure_ascii=False)}" for action in document["actions"])
    text = f'{head[:-2]},\n  "actions": [\n{actions}\n  ]\n}}\n'
    return text.encode("utf-8", "backslashreplace").decode()


def _check_files(base: Document, revision: Document) -> None:
    """Refuse where a file beside the document differs: an overlay changes one document."""
    ours, theirs = (
        {name: source.value for name, source in one.sources.items() if name != one.name} for one in (base, revision)
    )
    for name, value in theirs.items():
        if not any(same(value, known) for known in ours.values()):
            raise UsageError(
                f"--overlay-out: the revision refers to {name}, which is new or differs, and which an overlay of one "
                "document cannot change; bundle BASE and REVISION into one file each first"
            )


def _actions(base: Any, revision: Any, here: Pointer) -> Iterator[dict[str, Any]]:
    """Return what turns one mapping into another: what goes, then what is put in its place, then what is inside."""
    for key in base:
        if key not in revision or _replaced(base[key], revision[key]):
            yield {"target": query((*here, key)), "remove": True}
    added = {
        key: value
        for key, value in revision.items()
        if key not in base or _replaced(base[key], value) or _plain_change(base[key], value)
    }
    if added:
        yield {"target": query(here), "update": added}
    for key in base:
        if key in revision and isinstance(base[key], dict) and isinstance(revision[key], dict):
            yield from _actions(base[key], revision[key], (*here, key))


def _replaced(one: Any, other: Any) -> bool:
    """Say that a value must go before another can stand there: a list, which would grow, or one of another kind."""
    if isinstance(one, dict) and isinstance(other, dict):
        return False
    return (isinstance(one, dict | list) or isinstance(other, dict | list)) and not same(one, other)


def _plain_change(one: Any, other: Any) -> bool:
    return not isinstance(one, dict | list) and not isinstance(other, dict | list) and not same(one, other)


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does, where true is not 1."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def query(pointer: Pointer) -> str:
    """Write a place as a JSONPath query (RFC 9535)."""
    return "$" + "".join(f"[{json.dumps(str(part))}]" if isinstance(part, str) else f"[{part}]" for part in pointer)
