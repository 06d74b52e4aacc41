"""Applies OpenAPI Overlay documents (1.0 and 1.1) to any document."""

from __future__ import annotations

import copy
import re
from typing import Any

from chat_contract.document.limits import MAX_DEPTH, MAX_NODES, TooManyVisitsError, Visits
from chat_contract.document.source import Source
from chat_contract.errors import Pointer, shorten

_VERSION = re.compile(r"1\.[01]\.[0-9]+\Z")
_ACTION_KEYS = frozenset({"target", "description", "update", "remove", "copy"})


def apply_overlay(document: Any, overlay: Source, *, optional: bool = False) -> Any:
    """Return a copy of the document with the overlay's actions applied in order.

    With ``optional``, an action whose target matches nothing is left out.

    Raises :class:`chat_contract.errors.DocumentError` for the first invalid action: its format is wrong, its target is
    not an RFC 9535 query or matches nothing, or its update has another type than the present value.
    """
    changed, left, visits = copy.deepcopy(document), MAX_NODES, Visits(MAX_NODES)
    for index, action in enumerate(_actions(overlay)):
        left -= _apply(changed, action, overlay, ("actions", index), visits, left=left, optional=optional)
    return changed


def _actions(overlay: Source) -> list[Any]:
    value = overlay.value
    if not isinstance(value, dict):
        raise overlay.error(
            "expected an overlay", pointer=(), value=value, hint="Start with overlay: 1.1.0, info and actions."
        )
    version = value.get("overlay")
    if not isinstance(version, str) or not _VERSION.match(version):
        raise overlay.error(
            "unsupported overlay version, expected 1.0 or 1.1",
            pointer=("overlay",),
            value=version,
            hint="Write overlay: 1.1.0.",
        )
    actions = value.get("actions")
    if not isinstance(actions, list) or not actions:
        raise overlay.error(
            '"actions" must be a non-empty list', pointer=("actions",), value=actions, hint="Add at least one action."
        )
    return actions


def _apply(
    document: Any, action: Any, overlay: Source, pointer: Pointer, visits: Visits, *, left: int, optional: bool
) -> int:
    """Apply an action, which may add ``left`` values, and return how many it has added."""
    if not isinstance(action, dict) or not isinstance(action.get("target"), str):
        raise overlay.error(
            'the action has no "target"', pointer=pointer, value=action, hint='Add "target" with a JSONPath query.'
        )
    if unknown := sorted(set(action) - _ACTION_KEYS - {key for key in action if key.startswith("x-")}):
        raise overlay.error(
            f'unknown key "{unknown[0]}" in an action',
            pointer=(*pointer, unknown[0]),
            value=action[unknown[0]],
            hint=f"Use {', '.join(sorted(_ACTION_KEYS))}.",
        )
    targets = _find(document, action["target"], overlay, (*pointer, "target"), visits, optional=optional)
    if action.get("remove") is True:
        # From the end, so that the remaining indices stay valid.
        for location in sorted(set(targets), key=_removal_order, reverse=True):
            if not location:
                raise overlay.error(
                    "the whole document cannot be removed",
                    pointer=pointer,
                    value=action["target"],
                    hint="Target a place inside the document.",
                )
            del _at(document, location[:-1])[location[-1]]
        return 0
    if "copy" in action:
        sources = _find(document, action["copy"], overlay, (*pointer, "copy"), visits)
        if len(sources) != 1:
            raise overlay.error(
                f"copy must match exactly one place, found {len(sources)}",
                pointer=(*pointer, "copy"),
                value=action["copy"],
                hint="Make the query more specific.",
            )
        # The source may contain the targets, and grow with them.
        verb, addition = "copy", copy.deepcopy(_at(document, sources[0]))
    elif "update" in action:
        verb, addition = "update", action["update"]
    else:
        raise overlay.error(
            "the action has no effect", pointer=pointer, value=action, hint='Add "update", "copy" or "remove: true".'
        )
    locations = list(dict.fromkeys(targets))
    values, levels = _extent(addition)
    if values * len(locations) > left:
        problem, hint = (
            f"the overlay adds more than {MAX_NODES:,} values",
            "Target fewer places, or copy a smaller value.",
        )
        raise overlay.error(problem, pointer=(*pointer, verb), value=action["target"], hint=hint)
    if levels + max(map(len, locations), default=0) > MAX_DEPTH:
        problem, hint = f"more than {MAX_DEPTH} levels in the changed document", "Target a place that is less deep."
        raise overlay.error(problem, pointer=(*pointer, verb), value=action["target"], hint=hint)
    for location in locations:
        _merge_at(document, location, copy.deepcopy(addition), overlay, (*pointer, verb))
    return values * len(locations)


def _extent(value: Any) -> tuple[int, int]:
    """Return how many values and levels a value has."""
    values, levels, level = 0, 0, [value]
    while level:
        values, levels = values + len(level), levels + 1
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return values, levels


def _find(
    document: Any, query: Any, overlay: Source, pointer: Pointer, visits: Visits, *, optional: bool = False
) -> list[Pointer]:
    """Return the locations that a query matches, at least one unless ``optional``."""
    found = _named(document, query)
    if found is None:
        found = _queried(document, query, overlay, pointer, visits)
    if not found and not optional:
        raise overlay.error(
            "the query matches nothing in the document",
            pointer=pointer,
            value=query,
            hint="Correct the query, or remove the action.",
        )
    return found


_STEP = r"(?:\.[A-Za-z_]\w*|\['[\w/-]+'(?:,'[\w/-]+')*\])"
_NAMES_ONLY = re.compile(rf"\$(?:{_STEP})+", re.ASCII)
_NAMES = re.compile(_STEP, re.ASCII)


def _named(document: Any, query: Any) -> list[Pointer] | None:
    """Return the locations that a query of nothing but names matches; None for every other query.

    Most queries are of this kind. They do without the library, which takes longer to import than the contract to load.
    """
    if not isinstance(query, str) or not _NAMES_ONLY.fullmatch(query):
        return None
    locations: list[Pointer] = [()]
    for step in _NAMES.findall(query):
        names = dict.fromkeys(re.findall(r"[\w/-]+", step, re.ASCII))
        locations = [
            (*location, name)
            for location in locations
            for name in names
            if isinstance(inside := _at(document, location), dict) and name in inside
        ]
    return locations


def _queried(document: Any, query: Any, overlay: Source, pointer: Pointer, visits: Visits) -> list[Pointer]:
    from chat_contract.document.queries import InvalidQueryError, find  # noqa: PLC0415 - see _named

    try:
        return find(query, document, visits)
    except TooManyVisitsError:
        problem = f"the overlay's queries visit more than {MAX_NODES:,} values"
        hint = "Write queries with fewer wildcards."
    except InvalidQueryError as error:
        problem = f"invalid JSONPath query (RFC 9535): {error}"
        hint = "Write a query such as $.paths['/chat'].post."
    raise overlay.error(problem, pointer=pointer, value=query, hint=hint)


def _removal_order(location: tuple[str | int, ...]) -> tuple[tuple[int, str], ...]:
    return tuple((part, "") if isinstance(part, int) else (0, part) for part in location)


def _at(document: Any, location: tuple[str | int, ...]) -> Any:
    for part in location:
        document = document[part]
    return document


def _merge_at(document: Any, location: tuple[str | int, ...], addition: Any, overlay: Source, pointer: Pointer) -> None:
    target = _at(document, location)
    if isinstance(target, list):
        target.extend(addition if isinstance(addition, list) else [addition])
        return
    merged = _merged(target, addition, overlay, pointer)
    if location:
        _at(document, location[:-1])[location[-1]] = merged


def _merged(present: Any, addition: Any, overlay: Source, pointer: Pointer) -> Any:
    """Return the updated value; objects and lists are updated in place."""
    if isinstance(present, dict) and isinstance(addition, dict):
        for key, value in addition.items():
            present[key] = _merged(present[key], value, overlay, (*pointer, key)) if key in present else value
        return present
    if isinstance(present, list) and isinstance(addition, list):
        return present + addition
    if isinstance(present, dict | list) or isinstance(addition, dict | list):
        raise overlay.error(
            f"cannot merge into a value of another type: {shorten(present, 60)}",
            pointer=pointer,
            value=addition,
            hint="Remove the existing value in an earlier action.",
        )
    return addition
