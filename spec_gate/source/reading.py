"""Reads an OpenAPI document as its authors meant it.

Starting at the operations, the reader follows every reference. It corrects oddities in the document in memory and
notes each of them, so that the rest of the gate meets valid documents only. What it cannot read is a problem; all
problems are collected. What no operation uses has no problems, only notes.
"""

from __future__ import annotations

import copy
import json
import re
from collections import deque
from typing import Any

from chat_contract.errors import DocumentError, DocumentsError
from spec_gate.source.corrections import Corrections
from spec_gate.source.documents import Document
from spec_gate.source.kinds import COMPONENTS, EXTENSIBLE, FIELDS, FOLLOWED, FORESEEN, NEEDED, REQUIRED, UNJUDGED, Shape
from spec_gate.source.notes import Oddity
from spec_gate.source.place import Place
from spec_gate.source.schema_reading import SchemaReader

_STATUS = re.compile(r"[1-5]([0-9][0-9]|[Xx][Xx])\Z|default\Z|x-")
_WORDS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False, "": False}
_MATTERING = frozenset({"name", "in", "url", "type", "required"})
"""Scalar fields without which the object around them cannot be judged."""
_MAX_PROBLEMS = 50


def read_as_meant(document: Document) -> None:
    """Correct the oddities of a document in memory and note them in ``document.notes``.

    Raises :class:`chat_contract.errors.DocumentsError` for everything that cannot be read and that an operation uses.
    """
    reader = _Reader(document)
    reader.read()
    if reader.fix.problems:
        raise DocumentsError(tuple(reader.fix.problems[:_MAX_PROBLEMS]))
    document.settle()


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.fix = Corrections(document)
        self.seen: set[tuple[str, Place]] = set()
        self.waiting: deque[tuple[str, Any, Place]] = deque()
        self.schemas = SchemaReader(self.fix, self.visit)

    def read(self) -> None:
        root, place = self.document.root, Place(self.document.name, ())
        self._components(root, place)
        self.visit("document", {"": root}, "", place)
        self._drain()
        self.fix.in_use = False
        for name, kind in COMPONENTS.items():
            for entry in list(root.get("components", {}).get(name, ())):
                if not entry.startswith("x-"):
                    here = root["components"][name]
                    self.visit(kind, here, entry, place / "components" / name / entry)
        self._drain()
        self.schemas.find_heirs()
        self.schemas.find_circles()

    def _drain(self) -> None:
        while self.waiting:
            kind, value, place = self.waiting.popleft()
            if kind == "schema":
                self.schemas.read(value, place)
            else:
                self._fields(kind, value, place)

    # Objects ----------------------------------------------------------------------------------------------------------

    def visit(self, kind: str, holder: Any, key: Any, place: Place) -> None:
        """Correct the value of a kind at a place; what is inside it waits for its turn."""
        value = holder[key]
        if value is None or (value == [] and kind != "any"):
            self.fix.note(Oddity.EMPTY_ENTRY if value is None else Oddity.COLLECTION, place, value)
            value = holder[key] = {}
        if kind == "schema":
            value = self.schemas.as_schema(holder, key, place)
        if kind == "requirement" and isinstance(value, str):
            self.fix.note(Oddity.COLLECTION, place, value)
            value = holder[key] = {value: []}
        if not isinstance(value, dict):
            if kind in UNJUDGED:
                self.fix.ignore(holder, key, place)
            elif not isinstance(value, bool) or kind != "schema":
                self.fix.problem(place, f"expected a mapping for the {kind}", f"Write the fields of the {kind}.")
            return
        if (kind, place) in self.seen:
            return
        self.seen.add((kind, place))
        referable = kind not in {"requirement", "document", "schema"}
        if "$ref" in value and referable and self._reference(kind, holder, key, place):
            return
        if kind == "requirement":
            self._requirement(value, place)
        elif kind == "callback":
            self._entries("path item", value, place)
        else:
            self.waiting.append((kind, value, place))

    def _reference(self, kind: str, holder: Any, key: Any, place: Place) -> bool:
        """Visit the target of a reference; return whether the fields beside it do not count."""
        value = holder[key]
        if value["$ref"] is None:
            self.fix.note(Oddity.EMPTY_KEY, place / "$ref")
            self.fix.remove(value, "$ref", place / "$ref")
            return False
        if kind not in FORESEEN and not (kind == "media type" and self.document.version == "3.2"):
            self.fix.note(Oddity.REFERENCE_PLACE, place / "$ref", value["$ref"])
        found = self.target(value, place)
        if found is None:
            return kind != "path item"
        target, where = found
        if kind not in FOLLOWED:
            holder[key] = copy.deepcopy(target)
            self.seen.discard((kind, place))
            self.visit(kind, holder, key, place)
            return True
        if kind == "media type" and _looks_like_schema(target):
            holder[key] = {"schema": value}
            self.visit("schema", holder[key], "schema", place / "schema")
            return True
        if not isinstance(target, dict):
            hint = f"Make the reference point to {_a(kind)}."
            self.fix.problem(place / "$ref", f"the target is not {_a(kind)}", hint)
            return True
        self.visit(kind, *self.fix.holder_of(where), where)
        if kind != "path item":
            return True
        for field in value.keys() & target.keys() - {"$ref"}:
            self.fix.note(Oddity.BESIDE_REFERENCE, place / field)
        return False

    def target(self, value: dict[str, Any], place: Place) -> tuple[Any, Place] | None:
        """Return what a reference leads to in the end; None, with a problem, if it leads nowhere."""
        try:
            return self.document.follow(value, place)
        except DocumentError as error:
            self.fix.failed(error, place / "$ref")
            return None

    # Fields -----------------------------------------------------------------------------------------------------------

    def _fields(self, kind: str, value: dict[str, Any], place: Place) -> None:
        if kind in {"parameter", "header"}:
            self._parameter(kind, value, place)
        for name, wanted in FIELDS[kind].items():
            if name in value:
                self._field(wanted, value, name, place / name)
        for name, default in REQUIRED.get(kind, {}).items():
            if name not in value:
                self.fix.note(Oddity.MISSING, place, name)
                value[name] = copy.copy(default)
        for name in NEEDED.get(kind, ()):
            if name not in value:
                self.fix.problem(place, f'the {kind} lacks the required field "{name}"', f"Add {name}.")
        if kind == "operation":
            responses = value.get("responses")
            self._statuses(responses if isinstance(responses, dict) else {}, place / "responses")
        if kind == "document":
            self._document(value, place)

    def _document(self, root: dict[str, Any], place: Place) -> None:
        wanted = ("paths",) if self.document.version == "3.0" else ("paths", "components", "webhooks")
        if not any(name in root for name in wanted):
            self.fix.note(Oddity.MISSING, place, "paths")
        paths = root.get("paths", {})
        for path in paths if isinstance(paths, dict) else ():
            if not path.startswith(("/", "x-")):
                self.fix.note(Oddity.PATH, place / "paths" / path, path)

    def _field(self, wanted: Shape, holder: dict[str, Any], key: str, place: Place) -> None:
        if holder[key] is None:
            self.fix.note(Oddity.EMPTY_KEY, place)
            self.fix.remove(holder, key, place)
        elif isinstance(wanted, list):
            self._list(wanted[0], holder, key, place)
        elif isinstance(wanted, set):
            (kind,) = wanted
            if self.fix.is_mapping(kind, holder, key, place):
                self._entries(kind, holder[key], place)
        elif wanted in {"text", "string", "boolean"}:
            self._scalar(wanted, holder, key, place)
        else:
            self.visit(wanted, holder, key, place)

    def _entries(self, kind: str, value: dict[str, Any], place: Place) -> None:
        for name in list(value):
            if kind == "any" or (name.startswith("x-") and kind in EXTENSIBLE):
                continue
            if kind == "string":
                self._scalar(kind, value, name, place / name)
            else:
                self.visit(kind, value, name, place / name)

    def _list(self, kind: str, holder: dict[str, Any], key: str, place: Place) -> None:
        holder[key] = items = list(self.fix.items(holder[key], place))
        for index in reversed(range(len(items))):
            if kind == "string":
                self._scalar(kind, items, index, place / index)
            else:
                self.visit(kind, items, index, place / index)

    # Scalars ----------------------------------------------------------------------------------------------------------

    def _scalar(self, kind: str, holder: Any, key: Any, place: Place) -> None:
        value = holder[key]
        if isinstance(value, bool) if kind == "boolean" else isinstance(value, str):
            return
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
            self.fix.replace(holder, key, place, Oddity.COLLECTION, value[0])
        elif isinstance(value, dict | list) or value is None:
            if key not in _MATTERING:
                self.fix.ignore(holder, key, place)
            else:
                expected = "true or false" if kind == "boolean" else "a string"
                self.fix.problem(place, f"expected {expected}", f"Write {expected}.")
        elif kind != "boolean":
            self.fix.note(Oddity.UNQUOTED, place, value)
            holder[key] = json.dumps(value)
        elif str(value).lower() in _WORDS or value in {0, 1}:
            self.fix.note(Oddity.QUOTED, place, value)
            holder[key] = _WORDS.get(str(value).lower(), value == 1)
        elif isinstance(key, str) and key != "required":
            self.fix.ignore(holder, key, place)
        else:
            self.fix.problem(place, "expected true or false", "Write true or false.")

    # Particular objects -----------------------------------------------------------------------------------------------

    def _components(self, root: dict[str, Any], place: Place) -> None:
        """Correct the mappings of components first: references lead through them."""
        if "components" not in root:
            return
        if root["components"] is None or root["components"] == []:
            self.fix.note(Oddity.EMPTY_KEY, place / "components")
            self.fix.remove(root, "components", place / "components")
            return
        here = place / "components"
        if isinstance(root["components"], dict) and isinstance(root["components"].get("$ref"), str):
            self.fix.expand("any", root, "components", here)
        components = root["components"]
        if not isinstance(components, dict):
            self.fix.problem(here, "expected a mapping", "Write a mapping of names to values.")
            root["components"] = {}
            return
        for name in [name for name in components if name in COMPONENTS]:
            if components[name] is None:
                self.fix.note(Oddity.EMPTY_KEY, here / name)
                self.fix.remove(components, name, here / name)
            elif not self.fix.is_mapping(COMPONENTS[name], components, name, here / name):
                components[name] = {}
        for name in list(components.get("securitySchemes", ())):
            self.visit("security scheme", components["securitySchemes"], name, here / "securitySchemes" / name)

    def _requirement(self, value: dict[str, Any], place: Place) -> None:
        known = self.document.root.get("components", {}).get("securitySchemes", {})
        for name in list(value):
            here = place / name
            if name not in known:
                self.fix.note(Oddity.SCHEME, here, name)
            if value[name] is None or value[name] == {}:
                self.fix.note(Oddity.EMPTY_KEY, here)
                value[name] = []
            self._list("string", value, name, here)

    def _parameter(self, kind: str, value: dict[str, Any], place: Place) -> None:
        """Correct a parameter or header that is described as in Swagger 2, or that has several media types."""
        if "schema" not in value and "content" not in value and "type" in value:
            self.fix.note(Oddity.PARAMETER_SCHEMA, place)
            kept = {*FIELDS[kind], "name", "in", "example"}
            value["schema"] = {key: child for key, child in value.items() if key not in kept}
            for key in value["schema"]:
                self.fix.remove(value, key, place / key)
        content = value.get("content")
        if isinstance(content, dict) and len(content) != 1 and "$ref" not in content:
            self.fix.note(Oddity.COLLECTION, place / "content", list(content))
            if not content:
                self.fix.remove(value, "content", place / "content")

    def _statuses(self, responses: dict[str, Any], place: Place) -> None:
        for status in list(responses):
            if not status:
                self.fix.ignore(responses, status, place / status)
            elif not _STATUS.match(status):
                self.fix.note(Oddity.STATUS, place / status, status)


def _looks_like_schema(value: Any) -> bool:
    return isinstance(value, dict) and not {"schema", "example", "examples", "encoding"} & value.keys() and bool(value)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
