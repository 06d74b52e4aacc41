"""Hostile and odd documents against ``diff``: ``python -m testbed.hostile.documents`` compares pairs of them.

A comparison must end in time with a verdict and its report, or with exit code 2 and a message; never with a traceback.
"""

from __future__ import annotations

import argparse
import copy
import json
import multiprocessing
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECONDS_OF_PROOF = 2
MOST_SECONDS, MOST_MEGABYTES = 30, 700
MOST_SECONDS_OF_CLOCK = 900
STEP = 50
_MEMORY = 2 * 2**30
_VERDICTS = {"breaking": 1, "warning": 0, "compatible": 0, "inconclusive": 2}

Made = str | bytes


@dataclass(frozen=True)
class Hostile:
    """One pair of documents."""

    name: str
    base: Made
    revision: Made


def document(schema: Any, **more: Any) -> dict[str, Any]:
    """Return a document whose operation takes and returns a schema."""
    content = {"application/json": {"schema": schema}}
    operation = {"requestBody": {"content": content}, "responses": {"200": {"description": "OK.", "content": content}}}
    return {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"post": operation}}, **more}


def _object(schema: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"a": schema}}


def _wrapped(schema: Any, depth: int, chance: random.Random) -> Any:
    wraps: tuple[Callable[[Any], Any], ...] = (
        _object,
        lambda one: {"type": "array", "items": one},
        lambda one: {"allOf": [one, {}]},
        lambda one: {"anyOf": [{"type": "null"}, one]},
        lambda one: {"oneOf": [one, {"const": 5}]},
        lambda one: {"not": {"not": one}},
        lambda one: {"additionalProperties": one},
    )
    for _ in range(depth):
        schema = chance.choice(wraps)(schema)
    return schema


_PATTERNS = (
    "^(a+)+$", "^(a|a)*b$", "(x+x+)+y", "^(([a-z])+.)+[A-Z]([a-z])+$", "^(?=(a+)+$)(a+)+b?$", r"^(\w+\s?)*$",
    r"(a*)*\1b", "^[a-z]{1,3}" * 60 + "$", "[a-z]{1,3}" * 190, "^(a?){30}a{30}$", "(((a{1,100}){1,100}){1,100})",
    "[", "(", r"\p{L}+", "(?<n>a)\\k<n>", "^\ud7ff$", "^(?:){1000000}$", "a{99999999999}", "(?i)^A$", "\\", "[^]", "$^",
)  # fmt: skip
_NUMBERS = (0, -1, 1, 1e308, -1e308, 5e-324, 10**300, -(10**300), 0.1, 2**53, 2**63, 2**64 + 1, 1e16, 123456789.125)
_VALUES = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    "",
    "x",
    "\u0000",
    "\u202e",
    [],
    {},
    [[]],
    {"": ""},
    [None],
    {"$ref": 5},
    10**40,
)
_KEYWORDS = (
    "type", "enum", "const", "properties", "required", "items", "prefixItems", "additionalProperties", "allOf", "anyOf",
    "oneOf", "not", "if", "then", "else", "minimum", "maximum", "exclusiveMinimum", "multipleOf", "minLength",
    "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "minProperties",
    "maxProperties", "patternProperties", "propertyNames", "dependentRequired", "dependentSchemas", "discriminator",
    "readOnly", "nullable", "default", "deprecated", "$ref", "$id", "$anchor", "$defs", "unevaluatedProperties", "xml",
)  # fmt: skip


def _patterns(chance: random.Random) -> tuple[Any, Any]:
    one, other = chance.sample(_PATTERNS, 2)
    if chance.random() < 0.3:
        return {"patternProperties": {one: {"type": "string"}}}, {"patternProperties": {other: {"type": "integer"}}}
    return _object({"type": "string", "pattern": one}), _object({"type": "string", "pattern": other})


def _numbers(chance: random.Random) -> tuple[Any, Any]:
    keys = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
            "minItems", "maxItems", "minProperties", "maxProperties", "minContains")  # fmt: skip

    def schema() -> Any:
        return {key: chance.choice(_NUMBERS) for key in chance.sample(keys, 3)}

    return _object(schema()), _object(schema())


def _types(chance: random.Random) -> tuple[Any, Any]:
    def schema(depth: int) -> Any:
        if depth == 0 or chance.random() < 0.2:
            return chance.choice(_VALUES)
        return {key: chance.choice((schema(depth - 1), [schema(depth - 1)], {"a": schema(depth - 1)}))
                for key in chance.sample(_KEYWORDS, chance.randint(1, 4))}  # fmt: skip

    return schema(3), schema(3)


def _enums(chance: random.Random) -> tuple[Any, Any]:
    count = chance.choice((10, 3_000, 30_000))
    values: list[Any] = [chance.choice((f"v{number}", number, number + 0.5, [number])) for number in range(count)]
    other = [one for one in values if chance.random() < 0.9]
    return _object({"enum": values}), _object({"enum": other})


def _deep(chance: random.Random) -> tuple[Any, Any]:
    depth, seed = chance.choice((20, 60, 130, 250)), chance.randrange(1000)
    last = ({"type": "string"}, {"type": "integer"})
    made = [_wrapped(one, depth, random.Random(seed)) for one in last]
    return made[0], made[1]


def _wide(chance: random.Random) -> tuple[Any, Any]:
    count, closed = chance.choice((50, 300)), chance.random() < 0.5

    def schema(changed: int) -> Any:
        kinds = (
            {"type": "string", "maxLength": 9 - changed},
            {"type": "integer", "minimum": changed},
            {"enum": ["a", changed]},
        )
        names = {f"p{number}": kinds[number % 3] for number in range(count)}
        return {"type": "object", "properties": names, "additionalProperties": not closed,
                "required": sorted(names)[: count * changed]}  # fmt: skip

    return schema(0), schema(1)


def _levels(chance: random.Random) -> tuple[Any, Any]:
    """Return documents in which several schemas of each level lead to the next one."""
    depth, width = chance.choice((8, 20, 60)), chance.choice((2, 3))
    union = chance.choice(("anyOf", "allOf", "oneOf"))

    def one(last: str) -> Any:
        schemas: dict[str, Any] = {f"S{depth}": {"type": last}}
        for number in range(depth):
            below = _object({"$ref": f"#/components/schemas/S{number + 1}"})
            branches = [{**below, "required": [f"r{index}"] if union == "oneOf" else ["a"]} for index in range(width)]
            schemas[f"S{number}"] = {union: branches}
        return document({"$ref": "#/components/schemas/S0"}, components={"schemas": schemas})

    return one("string"), one("integer")


def _renamed(chance: random.Random) -> tuple[Any, Any]:
    """Return schemas of which many names, alternatives or values are replaced."""
    count = chance.choice((50, 500))
    names = [[f"{prefix}{number}" for number in range(count)] for prefix in ("old", "new")]
    kind = chance.choice(("properties", "required", "oneOf", "anyOf", "patternProperties"))

    def schema(some: list[str]) -> Any:
        if kind in {"oneOf", "anyOf"}:
            tags = [{**_object({"type": "string"}), "required": ["kind"]} for _ in some]
            return {
                kind: [{**one, "properties": {"kind": {"const": name}}} for one, name in zip(tags, some, strict=True)]
            }
        found = {kind if kind == "patternProperties" else "properties": {one: {"maxLength": 9} for one in some}}
        return {"type": "object", **found, "additionalProperties": False, "required": some * (kind == "required")}

    return schema(names[0]), schema(names[1])


def _circles(chance: random.Random) -> tuple[Any, Any]:
    """Return documents with circles of references, some of which never end."""
    names = [f"S{number}" for number in range(chance.choice((2, 5, 40)))]

    def one(last: Any) -> Any:
        seeded = random.Random(len(names))
        schemas: dict[str, Any] = {}
        for name in names:
            to = {"$ref": f"#/components/schemas/{seeded.choice(names)}"}
            schemas[name] = seeded.choice((to, {"allOf": [to, to]}, {"anyOf": [to, {"type": "null"}]}, _object(to)))
        schemas["S0"] = _object({"anyOf": [last, {"$ref": "#/components/schemas/S1"}]})
        return document({"$ref": "#/components/schemas/S0"}, components={"schemas": schemas})

    return one({"type": "string"}), one({"type": "integer"})


def _anywhere(chance: random.Random) -> tuple[Any, Any]:
    """Return a document and the same one with a strange value at some places."""
    base = document(_object({"type": "string", "enum": ["a", "b"]}), components={"schemas": {"A": {"type": "string"}}},
                    security=[{"key": []}], servers=[{"url": "/"}], tags=[{"name": "t"}])  # fmt: skip
    revision = json.loads(json.dumps(base))
    for _ in range(chance.randint(1, 3)):
        places = list(_places(revision))
        inside, key = chance.choice(places)
        inside[key] = copy.deepcopy(chance.choice(_VALUES))
    return base, revision


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield value, key
        yield from _places(below)


_SCHEMAS = {
    "patterns": _patterns, "numbers": _numbers, "types": _types, "enums": _enums, "deep": _deep, "wide": _wide,
    "renamed": _renamed,
}  # fmt: skip
_DOCUMENTS = {"circles": _circles, "anywhere": _anywhere, "levels": _levels}

_HEAD = "openapi: 3.1.0\ninfo: {title: t, version: '1'}\n"
_BOMB = "x-a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"x-{chr(98 + number)}: &{chr(98 + number)} [{','.join([f'*{chr(97 + number)}'] * 9)}]\n" for number in range(9)
)
RAW: dict[str, Made] = {
    "empty": "", "binary": bytes(range(256)) * 40, "utf-16": (_HEAD + "paths: {}\n").encode("utf-16"),
    "latin-1": (_HEAD + "paths: {/ä: {}}\n").encode("latin-1"), "a bomb of aliases": _HEAD + _BOMB + "paths: {}\n",
    "brackets": "[" * 200_000, "braces": '{"a":' * 100_000, "quotes": '"' * 99_999, "a long line": "a" * 5_000_000,
    "nulls": "\0" * 1000, "tabs": "\t" * 1000, "a tag": "!!python/object:os.system {}\n", "documents": "---\n" * 5000,
    "repeated keys": _HEAD + "paths: {}\npaths: {/a: {}, /a: {}}\n" + "x: {a: 1, a: [1, 2], b: 3}\n" * 50,
    "an alias of itself": "a: &a [*a]\n", "half of JSON": '{"openapi": "3.1.0", "paths": {"/a": ',
    "not finite": '{"openapi": "3.1.0", "paths": {}, "x": NaN}', "long number": '{"openapi": ' + "9" * 50_000 + "}",
    "surrogates": '{"openapi": "3.1.0", "info": {"title": "\\ud800"}, "paths": {"/\\udfff": {}}}',
    "a reference to a device": json.dumps(document({"$ref": "/dev/zero"})),
    "a reference to a folder": json.dumps(document({"$ref": "."})),
    "a reference to itself": json.dumps(document({"$ref": "#"})),
}  # fmt: skip


def generated(count: int, seed: int) -> Iterator[Hostile]:
    """Return pairs of documents; the same ones for the same seed."""
    good = json.dumps(document({"type": "object"}))
    for name, raw in RAW.items():
        yield Hostile(name, good, raw)
    kinds = [*_SCHEMAS, *_DOCUMENTS]
    for number in range(max(0, count - len(RAW))):
        chance = random.Random(seed * 100_003 + number)
        kind = kinds[number % len(kinds)]
        if kind in _SCHEMAS:
            base, revision = (document(one) for one in _SCHEMAS[kind](chance))
        else:
            base, revision = _DOCUMENTS[kind](chance)
        yield Hostile(f"{kind} {number}", json.dumps(base), json.dumps(revision))


# Running --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Run:
    """What one comparison took, and what is wrong with it; nothing if ``complaint`` is empty."""

    hostile: Hostile
    code: int
    seconds: float
    megabytes: float
    complaint: str

    @property
    def problem(self) -> str:
        """The complaint, or what the comparison took if that is too much."""
        if self.complaint or (self.seconds <= MOST_SECONDS and self.megabytes <= MOST_MEGABYTES):
            return self.complaint
        return f"{self.seconds:.1f} seconds of CPU and {self.megabytes:.0f} MB"


def run(hostile: Hostile, folder: Path) -> Run:
    """Compare one pair in a process of its own, with limited memory and time."""
    files = folder / "base.yaml", folder / "revision.yaml"
    for file, made in zip(files, (hostile.base, hostile.revision), strict=True):
        file.write_bytes(made if isinstance(made, bytes) else made.encode("utf-8", "surrogatepass"))
    command = [sys.executable, "-m", "kit_cli", "diff", *map(str, files), "--report", "json",
               "--max-time", str(SECONDS_OF_PROOF)]  # fmt: skip
    output, errors = folder / "output", folder / "errors"
    with output.open("wb") as stdout, errors.open("wb") as stderr:
        process = subprocess.Popen(command, stdout=stdout, stderr=stderr, preexec_fn=_limited)  # noqa: PLW1509 - no threads
        alarm = threading.Timer(MOST_SECONDS_OF_CLOCK, process.kill)
        alarm.start()
        _, status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        alarm.join()
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    said = output.read_text("utf-8", "replace"), errors.read_text("utf-8", "replace")
    return Run(hostile, process.returncode, seconds, megabytes, _complaint(process.returncode, *said))


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (4 * MOST_SECONDS, 4 * MOST_SECONDS))


def _complaint(code: int, output: str, errors: str) -> str:
    if "Traceback" in errors or "Traceback" in output:
        return f"traceback: {errors.strip().splitlines()[-1][:200]}"
    if code not in {0, 1, 2}:
        return f"exit code {code}: {errors.strip()[-200:]}"
    if code == 2 and errors.strip():
        return ""
    try:
        verdict = json.loads(output)["verdict"]
    except (ValueError, KeyError):
        return f"exit code {code} without a report"
    return "" if _VERDICTS.get(verdict) == code else f"exit code {code} for {verdict}"


def _run_in_own_folder(hostile: Hostile) -> Run:
    with tempfile.TemporaryDirectory() as folder:
        return run(hostile, Path(folder))


def run_all(count: int, seed: int, jobs: int) -> Iterator[Run]:
    """Compare pairs in several processes; yield each run as it ends."""
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap_unordered(_run_in_own_folder, generated(count, seed))


def summary(runs: Sequence[Run]) -> str:
    """Return exit codes, cost and the number of problems of some runs."""
    codes = Counter(one.code for one in runs)
    slowest = max(runs, key=lambda one: one.seconds)
    largest = max(runs, key=lambda one: one.megabytes)
    return "\n".join(
        (
            f"pairs        {len(runs)}, exit codes {dict(sorted(codes.items()))}",
            f"CPU          {sum(one.seconds for one in runs):.0f} seconds",
            f"slowest      {slowest.seconds:.1f} seconds of CPU ({slowest.hostile.name})",
            f"largest      {largest.megabytes:.0f} MB ({largest.hostile.name})",
            f"wrong        {sum(bool(one.problem) for one in runs)}",
        )
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m testbed.hostile.documents", description=__doc__)
    parser.add_argument("--count", type=int, default=1_000, help="number of pairs")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2, help="pairs compared at the same time")
    options = parser.parse_args()
    start = time.monotonic()
    runs: list[Run] = []
    for one in run_all(options.count, options.seed, options.jobs):
        runs.append(one)
        if one.problem:
            print(f"{one.hostile.name}: {one.problem}", flush=True)
        if len(runs) % STEP == 0:
            took = time.monotonic() - start
            print(f"{len(runs)} of {options.count} pairs after {took:.0f} seconds", file=sys.stderr, flush=True)
    print(summary(runs))
    print(f"time         {time.monotonic() - start:.0f} seconds")
    return 1 if any(one.problem for one in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
