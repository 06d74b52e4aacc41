"""Invalid documents end ``diff`` with exit code 2 and one message: file, line, pointer and hint."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE
from tests.unit.spec_gate import changing

HEAD = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'
BOMB = "a: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"b{number}: &a{number} [{','.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 10)
)


def body(schema: str, components: str = "", head: str = HEAD) -> str:
    content = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    operation = f'{{requestBody: {content}, responses: {{"200": {{description: ok}}}}}}'
    return f"{head}paths: {{/a: {{post: {operation}}}}}\n{components}"


GOOD = body("{type: string}")
LOOP = '{$ref: "#/components/schemas/A"}'
BAD = {
    "invalid YAML": HEAD + "paths: {a: [}\n",
    "empty": "",
    "a list": "- a\n",
    "a string": "hello\n",
    "Swagger 2": 'swagger: "2.0"\npaths: {}\n',
    "another version": "openapi: 4.0.0\npaths: {}\n",
    "alias bomb": HEAD + BOMB + "paths: {}\n",
    "a reference to itself": body(LOOP, f"components: {{schemas: {{A: {LOOP}}}}}\n"),
    "a reference without a target": body('{$ref: "#/components/schemas/Nope"}'),
    "a reference to a missing file": body('{$ref: "nope.yaml#/A"}'),
    "a reference that is a number": body("{$ref: 5}"),
    "an unknown type": body("{type: strin}"),
    "a string as length": body('{maxLength: "five"}'),
    "properties as list": body("{properties: [a]}"),
    "allOf as number": body("{allOf: 5}"),
    "a schema as string": body("string"),
    "paths as list": HEAD + "paths: [a]\n",
    "a parameter without a name": HEAD + "paths: {/a: {get: {parameters: [{in: query}]}}}\n",
    "a parameter that refers to another object": HEAD + 'paths: {/a: {get: {parameters: [{$ref: "#/info"}]}}}\n',
    "depth": HEAD + "paths: " + "{a: " * 5000 + "1" + "}" * 5000,
    "brackets": "[" * 100_000,
    "a chain of schemas": body('{$ref: "#/components/schemas/A0"}', "components: {schemas: {A300: {}, " + ", ".join(
        f'A{n}: {{allOf: [{{$ref: "#/components/schemas/A{n + 1}"}}]}}' for n in range(300)) + "}}\n"),
    "schemas that multiply": body('{$ref: "#/components/schemas/A39"}', "components: {schemas: {A0: {}, " + ", ".join(
        f'A{n}: {{allOf: [{{$ref: "#/components/schemas/A{n - 1}"}}, {{$ref: "#/components/schemas/A{n - 1}"}}]}}'
        for n in range(1, 40)) + "}}\n"),
}  # fmt: skip
LIMITED = (
    "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30)); from kit_cli.main import run; run()"
)


HEAVY = {"alias bomb", "depth", "brackets", "a chain of schemas", "schemas that multiply"}


def diff_with_little_memory(*arguments: object) -> tuple[int, str, str]:
    """Run the command in a process with a gibibyte of memory; return its exit code and both streams."""
    command = [sys.executable, "-c", LIMITED, "diff", *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    return ended.returncode, ended.stdout, ended.stderr


def diff(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process."""
    ended = changing.diff(*arguments)
    return ended.exit_code, ended.stdout, ended.stderr


def message(ended: tuple[int, str, str]) -> str:
    code, output, error = ended
    assert (code, output) == (2, "")
    assert "Traceback" not in error
    assert error.count("cannot compare: ") == 1
    return error


@pytest.mark.parametrize("name", BAD)
def test_invalid_document_is_named_with_its_line_and_a_hint(name: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(GOOD, "utf-8")
    bad.write_text(BAD[name], "utf-8")
    compare = diff_with_little_memory if name in HEAVY else diff
    error = message(compare(good, bad))
    assert re.search(r"bad\.yaml:[0-9]+", error)
    assert "hint:" in error


def test_valid_document_is_compared(tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(GOOD, "utf-8")
    assert diff(good, good)[0] == 0
    assert diff_with_little_memory(good, good)[0] == 0


@pytest.mark.parametrize("junk", [b"\0" * 1000, bytes(range(256)) * 50, "openapi: 3.1.0".encode("utf-16")])
def test_binary_data_is_an_error(junk: bytes, tmp_path: Path) -> None:
    bad = tmp_path / "junk"
    bad.write_bytes(junk)
    message(diff(bad, bad))


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        ("nowhere.yaml", "cannot read the file"),
        (".", "cannot read the file"),
        ("/dev/zero", "it is a device"),
        ("git:no-such-revision:a.yaml", "does not exist in this repository"),
        ("git:HEAD", "git:REF:PATH"),
        ("git:--help:a", "git:REF:PATH"),
        ("http://127.0.0.1:1/a.yaml", "cannot fetch the document"),
        ("http://127.0.0.1:x/a.yaml", "cannot fetch the document"),
        ("http://127.0.0.1:1/a b.yaml", "cannot fetch the document"),
        ("http://127.0.0.1:1/a.yaml?private_token=s3cr3t&ref=main", "a.yaml?private_token=…&ref=main: cannot fetch"),
    ],
)
def test_unreadable_document_names_the_reason(base: str, reason: str, tmp_path: Path) -> None:
    good = tmp_path / "good.yaml"
    good.write_text(GOOD, "utf-8")
    compare = diff_with_little_memory if base == "/dev/zero" else diff
    assert reason in message(compare(base, good))
