"""Measures time against size: documents with many schemas that refer to each other, one of them changed."""

from __future__ import annotations

import copy
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

SIZES = (250, 500, 1000, 2000)


def document(schemas: int) -> dict[str, Any]:
    """Return a description with this number of schemas, each with eight properties and a reference to the next."""
    texts = {f"field_{number}": {"type": "string", "maxLength": 20 + number} for number in range(8)}
    names = [f"Schema{number}" for number in range(schemas)]
    components = {
        name: {
            "type": "object",
            "required": ["field_0"],
            "properties": {
                **copy.deepcopy(texts),
                "next": {"$ref": f"#/components/schemas/{names[(index + 1) % schemas]}"},
            },
        }
        for index, name in enumerate(names)
    }
    paths = {f"/{name}": {"post": _operation(name)} for name in names[::2]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(name: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}
    return {"requestBody": {"content": content}, "responses": {"200": {"description": "OK.", "content": content}}}


def write_pair(folder: Path, schemas: int, *, changed: int = 1) -> tuple[Path, Path]:
    """Write a large document and its revision, in which ``changed`` schemas are tightened."""
    base = document(schemas)
    revision = copy.deepcopy(base)
    for number in range(changed):
        name = f"Schema{number * (schemas // changed)}"
        revision["components"]["schemas"][name]["properties"]["field_1"]["maxLength"] = 5
    files = (folder / "base.yaml", folder / "revision.yaml")
    for file, value in zip(files, (base, revision), strict=True):
        file.write_text(yaml.dump(value, Dumper=_Plain, sort_keys=False), "utf-8")
    return files


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def seconds(schemas: int, *, changed: int = 1) -> float:
    """Return the wall-clock seconds of one ``chat-contract diff``."""
    with tempfile.TemporaryDirectory() as folder:
        base, revision = write_pair(Path(folder), schemas, changed=changed)
        start = time.perf_counter()
        command = [sys.executable, "-m", "kit_cli", "diff", str(base), str(revision)]
        subprocess.run(command, check=False, capture_output=True)
        return time.perf_counter() - start
