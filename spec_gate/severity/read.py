"""Reads a policy: the name of a preset, or a file with levels."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from chat_contract.document.source import Source, read_source
from chat_contract.errors import Pointer, UsageError
from spec_gate.differ.changes import ChangeKind
from spec_gate.rules.registry import RULES
from spec_gate.rules.rule import Level
from spec_gate.severity.policy import Entry, EnumsInReplies, Policy, Preset

_Choice = TypeVar("_Choice", Level, ChangeKind, Preset, EnumsInReplies)
_KEYS = ("preset", "enums-in-replies", "levels")
_ENTRY_KEYS = ("level", "rule", "kind", "path", "tag", "internal", "stability")


def read_policy(name: str) -> Policy:
    """Return the preset of this name, or the policy in a file: its name contains a dot or a slash.

    Raises :class:`chat_contract.errors.UsageError` for an unknown preset and
    :class:`chat_contract.errors.DocumentError` for an invalid file.
    """
    if name in set(Preset):
        return Policy(name, Preset(name))
    if "." not in name and "/" not in name:
        raise UsageError(f'Unknown severity "{name}". Expected strict, tolerant, or a file such as ./severity.yaml.')
    source = read_source(Path(name))
    return policy_of(source, ())


def policy_of(source: Source, pointer: Pointer) -> Policy:
    """Return the policy at a place of a file, for example a section of a configuration file."""
    value = source.value
    for part in pointer:
        value = value[part]
    _check_keys(source, pointer, value, _KEYS)
    preset = _choice(source, pointer, value, "preset", Preset) or Preset.STRICT
    enums = _choice(source, pointer, value, "enums-in-replies", EnumsInReplies)
    return Policy(str(source.path), preset, enums, tuple(_entries(source, pointer, value.get("levels", []))))


def _entries(source: Source, pointer: Pointer, listed: Any) -> Iterator[Entry]:
    here = (*pointer, "levels")
    if not isinstance(listed, list):
        raise source.error(
            "expected a list of levels", pointer=here, value=listed, hint="Start each entry with a dash."
        )
    for index, value in enumerate(listed):
        yield _entry(source, (*here, index), value)


def _entry(source: Source, here: Pointer, value: Any) -> Entry:
    _check_keys(source, here, value, _ENTRY_KEYS)
    if "level" not in value:
        raise source.error('required key "level" is missing', pointer=here, value=value, hint="Add level.")
    if len(value) == 1:
        hint = f"Select findings with {', '.join(_ENTRY_KEYS[1:])}."
        raise source.error("the entry selects every finding", pointer=here, value=value, hint=hint)
    for key in ("rule", "path", "tag", "stability"):
        if key in value and (not isinstance(value[key], str) or not value[key]):
            raise source.error(
                "expected a non-empty string", pointer=(*here, key), value=value[key], hint="Put the value in quotes."
            )
    if not isinstance(value.get("internal", True), bool):
        raise source.error(
            "expected true or false", pointer=(*here, "internal"), value=value["internal"], hint="Write true or false."
        )
    rule = value.get("rule", "*")
    if not any(fnmatchcase(one, rule) for one in RULES):
        near = difflib.get_close_matches(rule, RULES, n=2, cutoff=0.5)
        hint = f"Use {' or '.join(near)}." if near else "chat-contract diff --explain all lists the rules."
        raise source.error("unknown rule", pointer=(*here, "rule"), value=rule, hint=hint)
    level = _choice(source, here, value, "level", Level)
    assert level is not None
    return Entry(
        level,
        f"{source.path}:{source.line(here)}",
        rule,
        _choice(source, here, value, "kind", ChangeKind),
        value.get("path", "*"),
        value.get("tag", ""),
        value.get("internal"),
        value.get("stability", "").lower(),
    )


def _choice(
    source: Source, here: Pointer, value: Mapping[str, Any], key: str, choices: type[_Choice]
) -> _Choice | None:
    if key not in value:
        return None
    if value[key] not in set(choices):
        hint = f"Use {_any_of(tuple(choices))}."
        raise source.error(f"invalid {key}", pointer=(*here, key), value=value[key], hint=hint)
    return choices(value[key])


def _check_keys(source: Source, here: Pointer, value: Any, allowed: tuple[str, ...]) -> None:
    if not isinstance(value, dict):
        raise source.error("expected a mapping", pointer=here, value=value, hint=f"Use {_any_of(allowed)}.")
    for key in value:
        if key not in allowed:
            hint = f"Use {_any_of(allowed)}."
            raise source.error(f'unknown key "{key}"', pointer=(*here, key), value=value[key], hint=hint)


def _any_of(names: tuple[str, ...]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
