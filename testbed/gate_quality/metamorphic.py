"""Breaks large documents in one random place: ``python -m testbed.gate_quality.metamorphic 0 100``.

The arguments are the first seed and the last, exclusive. Each seed gives a document with large unions, shared bases,
recursion and open lists of values, and one edit of it that breaks clients. The gate must say so, and show a witness.
The same document in other words must give no finding.
"""

from __future__ import annotations

import copy
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spec_gate.report.build import build_report
from spec_gate.report.model import DiffReport, Outcome
from spec_gate.source.load import read_document
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge

_SCALARS: tuple[dict[str, Any], ...] = (
    {"type": "string"},
    {"type": "string", "maxLength": 40},
    {"type": "string", "maxLength": 262_144},
    {"type": "string", "format": "date-time"},
    {"type": "string", "pattern": "^[a-z][a-z0-9_-]{0,62}$"},
    {"type": "integer", "minimum": 0, "maximum": 100},
    {"type": "number", "minimum": 0},
    {"type": "boolean"},
    {"type": "string", "enum": ["low", "medium", "high"]},
    {"type": ["string", "null"]},
)


@dataclass(frozen=True)
class Edit:
    """An edit of a schema: what it does, and the revised document."""

    name: str
    place: str
    document: dict[str, Any]


def document(seed: int, *, branches: int = 20) -> dict[str, Any]:
    """Return a description with a union of many alternatives, used by a request and a response."""
    chance = random.Random(seed)
    schemas: dict[str, Any] = {
        "Common": _object({"id": {"type": "string"}, "at": _SCALARS[3], "by": _reference("Actor")}, ["id"]),
        "Actor": _object(
            {"name": {"type": "string"}, "manager": _reference("Actor"), "tags": _open_list(chance)}, ["name"]
        ),
        "Node": _object({"text": _SCALARS[1], "children": {"type": "array", "items": _reference("Node")}}, ["text"]),
    }
    mapping: dict[str, str] = {}
    for number in range(branches):
        name, tag = f"Event{number}", f"event.{number}"
        own = {f"field_{one}": _value(chance, 2) for one in range(chance.randint(1, 4))}
        required = ["kind", *chance.sample(sorted(own), chance.randint(0, len(own)))]
        part = _object({"kind": {"type": "string", "enum": [tag]}, **own}, required)
        schemas[name] = {"allOf": [_reference("Common"), part]} if chance.random() < 0.6 else part
        mapping[tag] = f"#/components/schemas/{name}"
    union: dict[str, Any] = {"oneOf": [_reference(f"Event{number}") for number in range(branches)]}
    if chance.random() < 0.5:
        union["discriminator"] = {"propertyName": "kind", "mapping": mapping}
    schemas["Event"] = union
    schemas["Page"] = _object(
        {"events": {"type": "array", "items": _reference("Event")}, "next": _SCALARS[9]}, ["events"]
    )
    answer = {"description": "Done.", "content": _content(_reference("Page"))}
    operation = {
        "requestBody": {"required": True, "content": _content(_reference("Page"))},
        "responses": {"200": answer},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Events", "version": "1.0.0"},
        "paths": {"/events": {"post": operation}},
        "components": {"schemas": schemas},
    }


def _content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _open_list(chance: random.Random) -> dict[str, Any]:
    values = {"type": "string", "enum": ["a", "b", "c"]}
    return {"type": "array", "items": chance.choice([values, {"anyOf": [{"type": "string"}, values]}])}


def _value(chance: random.Random, depth: int) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.5 or not depth:
        return copy.deepcopy(chance.choice(_SCALARS))
    if kind < 0.6:
        return _reference(chance.choice(["Node", "Actor"]))
    if kind < 0.75:
        return {"type": "array", "items": _value(chance, depth - 1), "maxItems": chance.choice([5, 3_000])}
    if kind < 0.85:
        return {"anyOf": [_value(chance, depth - 1), {"type": "null"}]}
    names = [f"inner_{number}" for number in range(3)]
    return _object({name: _value(chance, depth - 1) for name in names}, names[: chance.randint(0, 2)])


# Edits that break clients ---------------------------------------------------------------------------------------------


def breaking_edit(base: dict[str, Any], seed: int) -> Edit:
    """Return one random edit that breaks clients, in requests or in responses."""
    chance = random.Random(seed)
    revision = copy.deepcopy(base)
    spots = [spot for spot in _spots(revision["components"]["schemas"], "") if _edits(spot[1])]
    place, schema = chance.choice(spots)
    name = chance.choice(sorted(_edits(schema)))
    _edits(schema)[name]()
    return Edit(name, place, revision)


def _spots(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every schema with its place; alternatives that an open list makes moot are left out."""
    if isinstance(value, dict):
        yield place, value
        for key, child in value.items():
            if key in {"discriminator", "enum"} or (key == "anyOf" and {"type": "string"} in child):
                continue
            yield from _spots(child, f"{place}/{key}")
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _spots(child, f"{place}/{index}")


def _edits(schema: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Return the edits that a schema allows, by name. Each breaks a request or a response."""
    found: dict[str, Callable[[], Any]] = {}
    if isinstance(schema.get("enum"), list):
        found["enum value changed"] = lambda: schema["enum"].__setitem__(0, "another")
    if "maxLength" in schema:
        found["maxLength lowered"] = lambda: schema.update(maxLength=schema["maxLength"] // 2)
        found["maxLength raised"] = lambda: schema.update(maxLength=schema["maxLength"] * 2)
    if "maxItems" in schema:
        found["maxItems lowered"] = lambda: schema.update(maxItems=schema["maxItems"] // 2)
    if "maximum" in schema:
        found["maximum raised"] = lambda: schema.update(maximum=schema["maximum"] + 1)
    if "pattern" in schema:
        found["pattern narrowed"] = lambda: schema.update(pattern="^[a-z][a-z0-9_]{0,62}$")
    if schema.get("type") in ("boolean", "number", "integer"):
        found["type changed"] = lambda: schema.update(type="string")
    if isinstance(schema.get("required"), list):
        optional = sorted(schema["properties"].keys() - set(schema["required"]))
        if optional:
            found["property required"] = lambda: schema["required"].append(optional[0])
        if len(schema["required"]) > 1:
            found["property optional"] = lambda: schema["required"].pop()
    if len(schema.get("oneOf", ())) > 2:
        found["alternative removed"] = lambda: schema["oneOf"].pop(len(schema["oneOf"]) // 2)
    return found


_UNORDERED = frozenset({"oneOf", "anyOf", "required", "enum"})


# The same in other words ----------------------------------------------------------------------------------------------


def in_other_words(base: dict[str, Any], seed: int) -> dict[str, Any]:
    """Return the same document: keys and alternatives in another order, some references inlined, other names."""
    chance = random.Random(seed)
    schemas = base["components"]["schemas"]
    inlined = {name for name in schemas if name not in {"Actor", "Node", "Event"} and chance.random() < 0.3}
    mapped = "discriminator" in schemas["Event"]

    def written(value: Any) -> Any:
        if isinstance(value, list):
            return [written(one) for one in value]
        if not isinstance(value, dict):
            return value
        name = str(value.get("$ref", "")).rpartition("/")[2]
        if name in inlined and not (mapped and name.startswith("Event")):
            return written(schemas[name])
        keys = chance.sample(list(value), len(value))
        return {
            key: chance.sample(one, len(one)) if key in _UNORDERED and isinstance(one, list) else one
            for key, one in ((key, written(value[key])) for key in keys)
        }

    return dict(written(base))


# Judging --------------------------------------------------------------------------------------------------------------


def compared(base: Any, revision: Any, folder: Path) -> DiffReport:
    """Write both documents as JSON and compare them."""
    files = []
    for name, value in (("base", base), ("revision", revision)):
        files.append(folder / f"{name}.json")
        files[-1].write_text(json.dumps(value), "utf-8")
    return build_report(judge(*(read_document(FileOrigin(file)) for file in files)))


def complaint(base: dict[str, Any], edit: Edit, folder: Path) -> str:
    """Return how the gate misjudges a breaking edit; an empty string if it does not."""
    report = compared(base, edit.document, folder)
    where = f"{edit.name} at {edit.place}"
    if report.verdict is not Outcome.BREAKING:
        return f"{where}: {report.verdict}, {report.counts.not_proved} not proved"
    proofs = [str(one.proof) for one in report.findings]
    return f"{where}: {', '.join(proofs)}" if {"none", "decision"} & set(proofs) else ""


def main() -> int:
    """Run the edits of the seeds and print complaints and counts."""
    first, last = int(sys.argv[1]), int(sys.argv[2])
    complaints, start = 0, time.process_time()
    with tempfile.TemporaryDirectory() as name:
        for seed in range(first, last):
            base = document(seed)
            found = [complaint(base, breaking_edit(base, seed), Path(name))]
            others = compared(base, in_other_words(base, seed), Path(name)).findings
            found.append(f"in other words: {[str(one.rule) for one in others][:5]}" if others else "")
            for one in filter(None, found):
                complaints += 1
                print(f"seed {seed}: {one}")
    print(f"{last - first} documents in {time.process_time() - start:.0f} s of CPU, {complaints} complaints")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
