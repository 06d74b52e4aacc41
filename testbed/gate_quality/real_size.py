"""Documents of the size and shape of large real ones, and a release of each with many edits.

Real documents may not be shipped. These contain what makes real ones costly: circular references, wide objects,
paginated lists, unions with discriminators, long enums, and texts that are most of the bytes.
"""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WORDS = (
    "account",
    "branch",
    "charge",
    "device",
    "event",
    "folder",
    "group",
    "hook",
    "invoice",
    "job",
    "key",
    "label",
    "member",
    "note",
    "order",
    "plan",
    "quota",
    "report",
    "session",
    "team",
    "user",
    "vault",
    "widget",
    "zone",
)
_GROUP = 12
"""How many resources refer to each other in circles."""

_TEXT = "The value that the service keeps for this entry, as the client sent it or as the service computed it. "


def document(resources: int, *, words: int = 3, seed: int = 1) -> dict[str, Any]:
    """Return a document with this number of resources: each has five operations and five schemas.

    ``words`` is the length of each description in sentences.
    """
    chance = random.Random(seed)
    names = [f"{WORDS[number % len(WORDS)].capitalize()}{number // len(WORDS) or ''}" for number in range(resources)]
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for name in names:
        schemas |= _schemas(name, names, chance, words)
        paths |= _paths(name, words)
    schemas["Problem"] = _object({"title": _string(words), "status": {"type": "integer"}}, ["title"])
    schemas["Page"] = _object({"next": {"type": ["string", "null"]}, "total": {"type": "integer", "minimum": 0}}, [])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Real size", "version": "1.0.0"},
        "servers": [{"url": "https://api.example.com/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "responses": {"Problem": {"description": "Problem.", "content": _json(_ref("Problem"))}},
        },
    }


def _schemas(name: str, names: list[str], chance: random.Random, words: int) -> dict[str, Any]:
    start = names.index(name) // _GROUP * _GROUP
    group = names[start : start + _GROUP]
    near = [group[(names.index(name) - start + step) % len(group)] for step in (1, 2)]
    fields: dict[str, Any] = {f"{WORDS[number]}_{number % 3}": _field(number, chance, words) for number in range(14)}
    links = {f"{one.lower()}_of": _ref(one) for one in chance.sample(group, min(3, len(group)))}
    lists = {f"{one.lower()}_list": {"type": "array", "items": _ref(one), "maxItems": 100} for one in near}
    events = {
        "type": "object", "required": ["kind"],
        "oneOf": [_ref(f"{name}Created"), _ref(f"{name}Removed")],
        "discriminator": {"propertyName": "kind", "mapping": {
            "created": f"#/components/schemas/{name}Created", "removed": f"#/components/schemas/{name}Removed"}},
    }  # fmt: skip
    return {
        name: _object({"id": {"type": "integer", "format": "int64"}, **fields, **links, **lists,
                       "last_event": {"anyOf": [_ref(f"{name}Event"), {"type": "null"}]}}, ["id", *list(fields)[:5]]),
        f"New{name}": {**_object(copy.deepcopy(fields), list(fields)[:3]), "additionalProperties": False},
        f"{name}Event": events,
        f"{name}Created": _event(name, "created", words),
        f"{name}Removed": _event(name, "removed", words),
    }  # fmt: skip


def _event(name: str, kind: str, words: int) -> dict[str, Any]:
    return _object({"kind": {"const": kind}, "subject": _ref(name), "reason": _string(words)}, ["kind"])


def _field(number: int, chance: random.Random, words: int) -> dict[str, Any]:
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "string", "maxLength": 20 + number, "pattern": "^[a-z0-9_-]*$"},
        {"type": "integer", "minimum": 0, "maximum": 1000 + number},
        {"type": "string", "format": "date-time"},
        {"type": "string", "enum": [f"{word}_{number}" for word in WORDS[: 4 + number]]},
        {"type": ["string", "null"]},
        {"type": "object", "additionalProperties": {"type": "string"}, "maxProperties": 50},
        {"type": "boolean", "default": False},
    )
    return {**copy.deepcopy(kinds[chance.randrange(len(kinds))]), "description": _TEXT * words}


def _string(words: int) -> dict[str, Any]:
    return {"type": "string", "description": _TEXT * words}


def _object(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _paths(name: str, words: int) -> dict[str, Any]:
    one = {"200": {"description": _TEXT, "content": _json(_ref(name))}, "default": _problem()}
    listed = {"allOf": [_ref("Page"), _object({"items": {"type": "array", "items": _ref(name)}}, ["items"])]}
    limit = {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 100}}
    identity = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    lower = name.lower()

    def operation(verb: str, responses: dict[str, Any], **rest: Any) -> dict[str, Any]:
        return {"operationId": f"{verb}{name}", "tags": [lower], "description": _TEXT * words * 2,
                "responses": copy.deepcopy(responses), **rest}  # fmt: skip

    body = {"required": True, "content": _json(_ref(f"New{name}"))}
    pages = {"200": {"description": _TEXT, "content": _json(listed)}, "default": _problem()}
    return {
        f"/{lower}s": {"get": operation("list", pages, parameters=[limit]),
                       "post": operation("create", one, requestBody=body)},
        f"/{lower}s/{{id}}": {
            "parameters": [identity],
            "get": operation("get", one),
            "put": operation("replace", one, requestBody=copy.deepcopy(body)),
            "delete": operation("remove", {"204": {"description": "Removed."}, "default": _problem()}),
        },
    }  # fmt: skip


def _problem() -> dict[str, str]:
    return {"$ref": "#/components/responses/Problem"}


# Releases -------------------------------------------------------------------------------------------------------------


def release(base: dict[str, Any], edits: int, *, seed: int = 2) -> dict[str, Any]:
    """Return the document with this number of edits, of the kinds that releases consist of."""
    chance = random.Random(seed)
    revision = copy.deepcopy(base)
    schemas = revision["components"]["schemas"]
    names = [name for name, one in schemas.items() if len(one.get("properties", ())) > 9]
    chosen = chance.sample(names, min(edits, len(names)))
    for number, name in enumerate(chosen):
        _KINDS[number % len(_KINDS)](schemas[name], name)
    return revision


def _new_property(schema: dict[str, Any], name: str) -> None:
    schema["properties"][f"extra_{name.lower()}"] = {"type": "string"}


def _required(schema: dict[str, Any], _: str) -> None:
    schema["required"].append(next(one for one in schema["properties"] if one not in schema["required"]))


def _removed(schema: dict[str, Any], _: str) -> None:
    name = next(one for one in reversed(schema["properties"]) if one not in schema["required"])
    del schema["properties"][name]


def _tightened(schema: dict[str, Any], _: str) -> None:
    for one in _of(schema, "maxLength", "maximum"):
        one["maxLength" if "maxLength" in one else "maximum"] = 7
        return


def _grown(schema: dict[str, Any], _: str) -> None:
    for one in _of(schema, "enum"):
        one["enum"] = [*one["enum"], "brand_new"]
        return


def _shrunk(schema: dict[str, Any], _: str) -> None:
    for one in _of(schema, "enum"):
        one["enum"] = one["enum"][1:]
        return


def _other_type(schema: dict[str, Any], _: str) -> None:
    name = list(schema["properties"])[3]
    schema["properties"][name] = {"type": "array", "items": {"type": "string"}}


def _described(schema: dict[str, Any], _: str) -> None:
    for one in schema["properties"].values():
        one.pop("description", None)


def _of(schema: dict[str, Any], *keywords: str) -> Iterator[dict[str, Any]]:
    return (one for one in schema["properties"].values() if any(key in one for key in keywords))


_KINDS = (_new_property, _required, _removed, _tightened, _grown, _shrunk, _other_type, _described)


# Measuring ------------------------------------------------------------------------------------------------------------

REAL_SIZES = ((45, 24), (560, 80))
"""Numbers of resources and edits: documents of about 1 MB and 13 MB."""


@dataclass(frozen=True)
class Cost:
    """What one comparison takes, and the numbers of its findings."""

    seconds: float
    megabytes: float
    findings: str


def write_release(folder: Path, resources: int, edits: int) -> tuple[Path, Path]:
    """Write a document and its release."""
    base = document(resources)
    files = (folder / "base.json", folder / "revision.json")
    for file, value in zip(files, (base, release(base, edits)), strict=True):
        file.write_text(json.dumps(value, indent=2), "utf-8")
    return files


def measured(base: Path, revision: Path, preset: str) -> Cost:
    """Compare two documents in a process of their own."""
    command = [sys.executable, "-m", "kit_cli", "diff", str(base), str(revision), "--severity", preset]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    output = process.stdout.read().decode()
    process.stdout.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    counts = output.splitlines()[1].partition(";")[0]
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, counts)
