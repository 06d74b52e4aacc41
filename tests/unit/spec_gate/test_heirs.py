"""Discriminators whose values select schemas in other files, by a mapping or by inheritance."""

from __future__ import annotations

from pathlib import Path

import pytest

from spec_gate.source.heirs import MOST_HEIRS
from tests.unit.spec_gate.changing import body, report_of, written

MAIN = """\
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /a:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: 'pets/pet.yaml'}}}}
      responses: {'200': {description: ok}}
  /b:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: 'shapes.yaml#/Shape'}}}}
      responses: {'200': {description: ok}}
"""
FILES = {
    "main.yaml": MAIN,
    "pets/pet.yaml": "{type: object, required: [kind], properties: {kind: {type: string}}, "
    "discriminator: {propertyName: kind, mapping: {cat: 'cat.yaml', dog: './dog.yaml'}}}",
    "pets/cat.yaml": "{allOf: [{$ref: pet.yaml}, {properties: {claws: {type: integer}}}]}",
    "pets/dog.yaml": "{allOf: [{$ref: pet.yaml}, {required: [bark], properties: {bark: {type: string}}}]}",
    "shapes.yaml": "{Shape: {oneOf: [{$ref: '#/Round'}, {$ref: '#/Square'}], discriminator: {propertyName: shape, "
    "mapping: {r: '#/Round', s: '#/Square'}}}, Round: {properties: {shape: {type: string}, r: {type: integer}}}, "
    "Square: {properties: {shape: {type: string}, side: {type: integer}}}}",
}


def document(folder: Path, *replacements: tuple[str, str]) -> Path:
    """Write the files of a document with some of their text replaced."""
    for name, written_text in FILES.items():
        file, text = folder / name, written_text
        file.parent.mkdir(parents=True, exist_ok=True)
        for old, new in replacements:
            text = text.replace(old, new)
        file.write_text(text, "utf-8")
    return folder / "main.yaml"


@pytest.mark.parametrize(
    ("replacement", "title", "shown"),
    [
        (("bark: {type: string}", "bark: {type: integer}"), "Type of `bark` changed from `string` to `integer`",
         {"kind": "dog", "bark": ""}),
        ((", dog: './dog.yaml'", ""), "Alternative `kind: dog` of the request body removed",
         {"kind": "dog", "bark": ""}),
        (("side: {type: integer}", "side: {type: string}"), "Type of `side` changed from `integer` to `string`",
         {"shape": "s", "side": 0}),
        (("s: '#/Square'", "t: '#/Square'"), "Discriminator value `s` removed", {"shape": "s"}),
    ],
)  # fmt: skip
def test_change_of_a_selected_schema_in_another_file_has_a_witness(
    tmp_path: Path, replacement: tuple[str, str], title: str, shown: dict[str, object]
) -> None:
    report = report_of(document(tmp_path / "base"), document(tmp_path / "revision", replacement))
    [finding] = [one for one in report.findings if one.level == "breaking"]
    assert finding.title == title
    assert finding.witness is not None
    assert finding.witness.body is not None
    assert finding.witness.body.value == shown


def test_same_files_in_another_folder_have_no_findings(tmp_path: Path) -> None:
    assert report_of(document(tmp_path / "base"), document(tmp_path / "revision")).findings == ()


def test_change_among_too_many_heirs_is_not_judged(tmp_path: Path) -> None:
    def many(kind: str) -> str:
        parent = "{required: [kind], properties: {kind: {type: string}}, discriminator: {propertyName: kind}}"
        reference = "{$ref: '#/components/schemas/P'}"
        heirs = "".join(
            f"    H{number}: {{allOf: [{reference}, {{properties: {{p: {{type: {kind}}}}}}}]}}\n"
            for number in range(MOST_HEIRS + 1)
        )
        return f"{body(reference)}components:\n  schemas:\n    P: {parent}\n{heirs}"

    base, revision = (written(tmp_path, f"{one}.yaml", many(one)) for one in ("string", "integer"))
    [finding] = report_of(base, revision).findings
    assert finding.rule == "request-keyword-not-judged"
