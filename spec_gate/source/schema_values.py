"""Corrects the keywords of a schema that hold no schemas: types, bounds, texts, names and listed values."""

from __future__ import annotations

import re
from typing import Any

from spec_gate.patterns.readable import readable
from spec_gate.source.corrections import Corrections
from spec_gate.source.notes import Oddity
from spec_gate.source.place import Place
from spec_gate.source.schema_keywords import BOOLEANS, COUNTS, NUMBERS, TEXTS, TYPE_NAMES, TYPES, Handler

_NUMBER = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?\s*\Z")
WORDS = {"true": True, "false": False}


class SchemaValues:
    """The handlers of these keywords. Each corrects the value of a keyword in its schema."""

    def __init__(self, fix: Corrections) -> None:
        self.fix = fix
        self.modern = fix.document.version != "3.0"
        self.handlers: dict[str, Handler] = {
            **dict.fromkeys(NUMBERS, self._number),
            **dict.fromkeys(COUNTS, self._count),
            **dict.fromkeys(BOOLEANS, self._boolean),
            **dict.fromkeys(TEXTS, self._text),
            "type": self._type,
            "required": self._required,
            "enum": self._enum,
            "dependentRequired": self._dependent,
            "discriminator": self._discriminator,
        }

    # Simple keywords --------------------------------------------------------------------------------------------------

    def _number(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if key.startswith("exclusive") and isinstance(written, bool | str) and not _is_number(written):
            self._exclusive(value, key, place)
            return
        if isinstance(written, str) and _NUMBER.match(written):
            self.fix.replace(value, key, place, Oddity.QUOTED, _number_of(written))
        elif isinstance(written, bool) or not isinstance(written, int | float):
            self.fix.problem(place, f"invalid JSON Schema: {key} is not a number", "Write a number.")
            return
        if key == "multipleOf" and value[key] <= 0:
            self.fix.drop(value, key, place, Oddity.IGNORED, value[key])
        elif key.startswith("exclusive") and not self.modern:
            self.fix.note(Oddity.NUMERIC_BOUND, place, value[key])

    def _exclusive(self, value: dict[str, Any], key: str, place: Place) -> None:
        """Read a boolean bound: in OpenAPI 3.1 as in 3.0."""
        truth = value[key] if isinstance(value[key], bool) else WORDS.get(value[key].lower())
        if truth is None:
            self.fix.problem(place, f"invalid JSON Schema: {key} is not a number", "Write a number.")
            return
        if not isinstance(value[key], bool):
            self.fix.replace(value, key, place, Oddity.QUOTED, truth)
        if not self.modern:
            return
        bound = key.removeprefix("exclusive").lower()
        self.fix.drop(value, key, place, Oddity.BOOLEAN_BOUND, truth)
        if isinstance(value.get(bound), str) and _NUMBER.match(value[bound]):
            self.fix.replace(value, bound, place.parent / bound, Oddity.QUOTED, _number_of(value[bound]))
        if truth and _is_number(value.get(bound)):
            value[key] = value[bound]
            self.fix.remove(value, bound, place.parent / bound)

    def _count(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, str) and _NUMBER.match(written):
            written = _number_of(written)
            self.fix.replace(value, key, place, Oddity.QUOTED, written)
        if isinstance(written, bool) or not isinstance(written, int | float) or written != int(written):
            self.fix.problem(place, f"invalid JSON Schema: {key} is not a whole number", "Write a whole number.")
        elif written < 0:
            self.fix.drop(value, key, place, Oddity.IGNORED, written)
        else:
            value[key] = int(written)

    def _boolean(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, bool):
            return
        truth = WORDS.get(str(written).lower())
        if truth is None:
            self.fix.drop(value, key, place, Oddity.IGNORED, written)
        else:
            self.fix.replace(value, key, place, Oddity.QUOTED, truth)

    def _text(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, dict | list):
            self.fix.drop(value, key, place, Oddity.IGNORED)
        elif not isinstance(written, str):
            self.fix.replace(value, key, place, Oddity.UNQUOTED, str(written))
        if key == "pattern" and key in value:
            self.pattern(value[key], place)

    def pattern(self, pattern: str, place: Place) -> None:
        form = readable(pattern)
        if form is None:
            self.fix.note(Oddity.PATTERN_OPAQUE, place, pattern)
        elif form != pattern:
            self.fix.note(Oddity.PATTERN_TRANSLATED, place, pattern)

    # Types and values -------------------------------------------------------------------------------------------------

    def _type(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, list):
            self._types(value, written, place)
        elif written is None:
            self.fix.replace(value, key, place, Oddity.UNQUOTED, "null")
        elif not isinstance(written, str):
            self._unknown_type(place)
        elif written in TYPES:
            if written == "null" and not self.modern:
                self.fix.note(Oddity.TYPE_LIST, place, written)
        elif not written:
            self.fix.drop(value, key, place, Oddity.EMPTY_KEY)
        else:
            self._named_type(value, written, place)

    def _named_type(self, value: dict[str, Any], written: str, place: Place) -> None:
        meant = self._meant(written, place)
        if meant is None:
            return
        name, form = meant
        self.fix.note(Oddity.TYPE_FILE if written == "file" else Oddity.TYPE_NAME, place, written)
        if name is None:
            self.fix.remove(value, "type", place)
        else:
            value["type"] = name
        if form is not None:
            value.setdefault("format", form)

    def _types(self, value: dict[str, Any], written: list[Any], place: Place) -> None:
        if not self.modern:
            self.fix.note(Oddity.TYPE_LIST, place, written)
        types: list[str] = []
        for index, one in enumerate(written):
            name = "null" if one is None else one
            if not isinstance(name, str):
                self._unknown_type(place / index)
                return
            if name not in TYPES:
                meant = self._meant(name, place / index)
                if meant is None:
                    return
                self.fix.note(Oddity.TYPE_NAME, place / index, name)
                if meant[0] is None:
                    self.fix.drop(value, "type", place, Oddity.TYPE_NAME, name)
                    return
                name = meant[0]
            if one is None:
                self.fix.note(Oddity.UNQUOTED, place / index, "null")
            if name in types:
                self.fix.note(Oddity.DUPLICATE, place / index, name)
            else:
                types.append(name)
        if types:
            value["type"] = types
        else:
            self.fix.drop(value, "type", place, Oddity.EMPTY_LIST)

    def _meant(self, written: str, place: Place) -> tuple[str | None, str | None] | None:
        """Return the type and the format that a name stands for; None, with a problem, for an unknown one."""
        name = written.strip().lower()
        if name in TYPES:
            return name, None
        if name in TYPE_NAMES:
            return TYPE_NAMES[name]
        self._unknown_type(place)
        return None

    def _unknown_type(self, place: Place) -> None:
        self.fix.problem(place, "invalid JSON Schema: unknown type", f"Use one of {', '.join(sorted(TYPES))}.")

    def _required(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, bool) or written == {}:
            self.fix.drop(value, key, place, Oddity.REQUIRED if written != {} else Oddity.COLLECTION, written)
            return
        if isinstance(written, str):
            self.fix.replace(value, key, place, Oddity.COLLECTION, [written])
        value[key] = self._names(value[key], place)

    def _names(self, written: Any, place: Place) -> list[str]:
        """Return a list of names, each once."""
        if isinstance(written, dict) and all(name.isdecimal() for name in written):
            self.fix.note(Oddity.COLLECTION, place)
            written = list(written.values())
        if not isinstance(written, list):
            self.fix.problem(place, "invalid JSON Schema: expected a list of names", "Write a list of names.")
            return []
        names: list[str] = []
        for index, name in enumerate(written):
            if name is None or isinstance(name, dict | list):
                self.fix.note(Oddity.EMPTY_ENTRY if name is None else Oddity.IGNORED, place / index)
                continue
            if not isinstance(name, str):
                self.fix.note(Oddity.UNQUOTED, place / index, name)
            text = name if isinstance(name, str) else str(name).lower() if isinstance(name, bool) else str(name)
            if text in names:
                self.fix.note(Oddity.DUPLICATE, place / index, text)
            else:
                names.append(text)
        return names

    def _dependent(self, value: dict[str, Any], key: str, place: Place) -> None:
        if not isinstance(value[key], dict):
            self.fix.problem(place, "invalid JSON Schema: expected a mapping", "Write a mapping of names to lists.")
            return
        for name in value[key]:
            value[key][name] = self._names(value[key][name], place / name)

    def _enum(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if written is None:
            self.fix.drop(value, key, place, Oddity.EMPTY_KEY)
        elif isinstance(written, dict):
            listed = list(written.values()) if all(name.isdecimal() for name in written) else list(written)
            self.fix.replace(value, key, place, Oddity.COLLECTION, listed)
        elif not isinstance(written, list):
            self.fix.replace(value, key, place, Oddity.COLLECTION, [written])
        if key in value and not value[key]:
            self.fix.drop(value, key, place, Oddity.EMPTY_LIST)

    def enum_of_type(self, value: dict[str, Any], place: Place) -> None:
        """Read listed values that the type excludes, because of missing or needless quotes, as values of the type."""
        types = value.get("type")
        listed = types if isinstance(types, list) else [types]
        only = {one for one in listed if isinstance(one, str)}
        if isinstance(value.get("enum"), list):
            value["enum"] = [self._meant_value(one, only, place / "enum") for one in value["enum"]]
            self._unique(value, place / "enum")

    def _meant_value(self, one: Any, types: set[str], place: Place) -> Any:
        meant = one
        if types - {"null"} == {"string"} and isinstance(one, bool | int | float):
            meant = str(one).lower() if isinstance(one, bool) else str(one)
        elif types and types - {"null"} <= {"integer", "number"} and isinstance(one, str) and _NUMBER.match(one):
            meant = _number_of(one)
        elif types - {"null"} == {"boolean"} and isinstance(one, str) and one.lower() in WORDS:
            meant = WORDS[one.lower()]
        if meant is not one:
            self.fix.note(Oddity.ENUM_TYPE, place, one)
        return meant

    def _unique(self, value: dict[str, Any], place: Place) -> None:
        seen: set[tuple[type, str]] = set()
        unique = []
        for one in value["enum"]:
            key = (type(one), repr(one))
            if key in seen:
                self.fix.note(Oddity.DUPLICATE, place, one)
            else:
                seen.add(key)
                unique.append(one)
        value["enum"] = unique

    def _discriminator(self, value: dict[str, Any], key: str, place: Place) -> None:
        written = value[key]
        if isinstance(written, str):
            self.fix.replace(value, key, place, Oddity.DISCRIMINATOR, {"propertyName": written})
            return
        if not isinstance(written, dict) or not isinstance(written.get("propertyName"), str):
            self.fix.drop(value, key, place, Oddity.IGNORED)
            return
        mapping = written.get("mapping", {})
        if not isinstance(mapping, dict):
            self.fix.note(Oddity.EMPTY_KEY if not mapping else Oddity.IGNORED, place / "mapping")
            self.fix.remove(written, "mapping", place / "mapping")
            return
        for name in [name for name, goal in mapping.items() if not isinstance(goal, str)]:
            goal = mapping[name]
            if isinstance(goal, dict) and isinstance(goal.get("$ref"), str):
                self.fix.note(Oddity.REFERENCE_PLACE, place / "mapping" / name)
                mapping[name] = goal["$ref"]
            else:
                self.fix.note(Oddity.IGNORED, place / "mapping" / name)
                self.fix.remove(mapping, name, place / "mapping" / name)


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)) or (
        isinstance(value, str) and _NUMBER.match(value) is not None
    )


def _number_of(text: str) -> int | float:
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"-?[0-9]+", stripped) else float(stripped)
