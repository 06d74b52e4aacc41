"""Documents that are not quite valid are read as their authors meant them, with a note for each oddity."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_contract.errors import DocumentsError
from kit_reports.codec import decode
from spec_gate.findings import Finding
from spec_gate.report.build import build_report
from spec_gate.report.formats import FORMATS
from spec_gate.report.model import DiffReport
from spec_gate.report.render import render
from spec_gate.source.documents import Document
from spec_gate.source.load import read_document
from spec_gate.source.notes import MEANINGS, Oddity
from spec_gate.source.origins import FileOrigin
from spec_gate.verdict import judge
from tests.support.paths import ROOT
from tests.unit.spec_gate.changing import diff, report_of, written

Pair = tuple[str, str]


def with_schema(schema: str, version: str = "3.1.0", more: str = "") -> str:
    """Return a document whose only operation takes and returns the schema."""
    content = f"content: {{application/json: {{schema: {schema}}}}}"
    operation = f'{{requestBody: {{{content}}}, responses: {{"200": {{description: OK., {content}}}}}}}'
    return f'openapi: {version}\ninfo: {{title: t, version: "1"}}\npaths: {{/a: {{post: {operation}}}}}\n{more}\n'


def with_operation(operation: str, version: str = "3.0.3", more: str = "") -> str:
    return f'openapi: {version}\ninfo: {{title: t, version: "1"}}\npaths: {{/a: {{get: {operation}}}}}\n{more}\n'


def of_schemas(odd: str, plain: str, version: str = "3.1.0") -> Pair:
    return with_schema(odd, version), with_schema(plain, version)


def of_operations(odd: str, plain: str, more: str = "") -> Pair:
    return with_operation(odd, more=more), with_operation(plain, more=more)


OK = 'responses: {"200": {description: OK.}}'
NULLABLE = "{type: string, nullable: true}"
QUERY = "parameters: [{name: q, in: query, schema: {type: string}}]"
PET = "components: {schemas: {Pet: {type: object, required: [a], properties: {a: {type: string}}}}}"
REFERENCE = '{$ref: "#/components/schemas/Pet"}'

PATHS = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\npaths: {/a: {'
ITEM = "components: {pathItems: {A: {get: {responses: {}}, put: {responses: {}}}}}"

READ_AS: dict[str, tuple[Oddity, Pair]] = {
    "an operation that the reference of its path item has too": (
        Oddity.BESIDE_REFERENCE,
        (
            f"{PATHS}$ref: '#/components/pathItems/A', get: {{deprecated: true}}}}}}\n{ITEM}\n",
            f"{PATHS}get: {{deprecated: true}}, put: {{responses: {{}}}}}}}}\n{ITEM}\n",
        ),
    ),
    "a doubled entry in required": (
        Oddity.DUPLICATE,
        of_schemas("{required: [a, b, a]}", "{required: [a, b]}"),
    ),
    "a doubled enum value": (Oddity.DUPLICATE, of_schemas("{enum: [a, b, a]}", "{enum: [a, b]}")),
    "a doubled type": (Oddity.DUPLICATE, of_schemas("{type: [string, string]}", "{type: string}")),
    "an empty keyword": (Oddity.EMPTY_KEY, of_schemas("{type: object, properties: null}", "{type: object}")),
    "an empty bound": (Oddity.EMPTY_KEY, of_schemas("{type: string, maxLength: null}", "{type: string}")),
    "an empty enum key": (Oddity.EMPTY_KEY, of_schemas("{type: string, enum: null}", "{type: string}")),
    "an empty reference": (Oddity.EMPTY_KEY, of_schemas("{$ref: null, type: string}", "{type: string}")),
    "a property without a schema": (
        Oddity.EMPTY_ENTRY,
        of_schemas("{required: [a], properties: {a: null}}", "{required: [a], properties: {a: {}}}"),
    ),
    "a blank entry in required": (Oddity.EMPTY_ENTRY, of_schemas("{required: [a, null]}", "{required: [a]}")),
    "an empty oneOf": (Oddity.EMPTY_LIST, of_schemas("{type: string, oneOf: []}", "{type: string}")),
    "an empty anyOf": (Oddity.EMPTY_LIST, of_schemas("{type: string, anyOf: []}", "{type: string}")),
    "an empty allOf": (Oddity.EMPTY_LIST, of_schemas("{type: string, allOf: []}", "{type: string}", "3.0.3")),
    "an empty enum": (Oddity.EMPTY_LIST, of_schemas("{type: string, enum: []}", "{type: string}")),
    "empty items": (Oddity.EMPTY_LIST, of_schemas("{type: array, items: []}", "{type: array}")),
    "a boolean bound in 3.1": (
        Oddity.BOOLEAN_BOUND,
        of_schemas("{minimum: 1, exclusiveMinimum: true}", "{exclusiveMinimum: 1}"),
    ),
    "a false bound in 3.1": (
        Oddity.BOOLEAN_BOUND,
        of_schemas("{maximum: 1, exclusiveMaximum: false}", "{maximum: 1}"),
    ),
    "a numeric bound in 3.0": (
        Oddity.NUMERIC_BOUND,
        of_schemas(
            "{type: integer, exclusiveMinimum: 0}", "{type: integer, minimum: 0, exclusiveMinimum: true}", "3.0.3"
        ),
    ),
    "a list of types in 3.0": (Oddity.TYPE_LIST, of_schemas("{type: [string, 'null']}", NULLABLE, "3.0.3")),
    "a branch of type null in 3.0": (
        Oddity.TYPE_LIST,
        of_schemas("{anyOf: [{type: string}, {type: 'null'}]}", NULLABLE, "3.0.3"),
    ),
    "nullable without a type in 3.0": (
        Oddity.NULLABLE,
        of_schemas("{allOf: [{type: string}], nullable: true}", NULLABLE, "3.0.3"),
    ),
    "null without quotes in a list of types": (
        Oddity.UNQUOTED,
        of_schemas("{type: [string, null]}", "{type: [string, 'null']}"),
    ),
    "type null without quotes": (Oddity.UNQUOTED, of_schemas("{type: null}", "{type: 'null'}")),
    "const in 3.0": (Oddity.NEWER_KEYWORD, of_schemas("{const: a}", "{enum: [a]}", "3.0.3")),
    "a true schema in 3.0": (Oddity.BOOLEAN_SCHEMA, of_schemas("{items: true}", "{items: {}}", "3.0.3")),
    "type file": (
        Oddity.TYPE_FILE,
        of_schemas("{type: file}", "{type: string, format: binary}", "3.0.3"),
    ),
    "type int": (Oddity.TYPE_NAME, of_schemas("{type: int}", "{type: integer}")),
    "type in capitals": (Oddity.TYPE_NAME, of_schemas("{type: String}", "{type: string}")),
    "type datetime": (Oddity.TYPE_NAME, of_schemas("{type: datetime}", "{type: string, format: date-time}")),
    "type any": (Oddity.TYPE_NAME, of_schemas("{type: any, description: x}", "{}")),
    "a length in quotes": (Oddity.QUOTED, of_schemas("{maxLength: '5'}", "{maxLength: 5}")),
    "a bound in quotes": (Oddity.QUOTED, of_schemas("{minimum: '0.5'}", "{minimum: 0.5}")),
    "a boolean in quotes": (
        Oddity.QUOTED,
        of_schemas("{type: string, nullable: 'true'}", NULLABLE, "3.0.3"),
    ),
    "additionalProperties in quotes": (
        Oddity.QUOTED,
        of_schemas("{additionalProperties: 'false'}", "{additionalProperties: false}"),
    ),
    "names that are numbers": (Oddity.UNQUOTED, of_schemas("{required: [1, true]}", "{required: ['1', 'true']}")),
    "numbers in an enum of strings": (
        Oddity.ENUM_TYPE,
        of_schemas("{type: string, enum: [1, true, a]}", "{type: string, enum: ['1', 'true', a]}"),
    ),
    "strings in an enum of numbers": (
        Oddity.ENUM_TYPE,
        of_schemas("{type: integer, enum: ['1', 2]}", "{type: integer, enum: [1, 2]}"),
    ),
    "one value as enum": (Oddity.COLLECTION, of_schemas("{enum: a}", "{enum: [a]}")),
    "one name as required": (Oddity.COLLECTION, of_schemas("{required: a}", "{required: [a]}")),
    "properties as an empty list": (
        Oddity.COLLECTION,
        of_schemas("{properties: [], minProperties: 1}", "{minProperties: 1}"),
    ),
    "a list with its indexes": (Oddity.COLLECTION, of_schemas("{required: {'0': a, '2': b}}", "{required: [a, b]}")),
    "allOf without a list": (Oddity.COLLECTION, of_schemas("{allOf: {type: string}}", "{type: string}")),
    "items as a list of one": (Oddity.COLLECTION, of_schemas("{items: [{type: string}]}", "{items: {type: string}}")),
    "items as a list of two": (
        Oddity.TUPLE,
        of_schemas("{items: [{type: string}, {type: integer}]}", "{prefixItems: [{type: string}, {type: integer}]}"),
    ),
    "required in a property": (
        Oddity.REQUIRED,
        of_schemas(
            "{properties: {a: {type: string, required: true}, b: {required: false}}}",
            "{required: [a], properties: {a: {type: string}, b: {}}}",
        ),
    ),
    "a discriminator as text": (
        Oddity.DISCRIMINATOR,
        of_schemas("{discriminator: a, required: [a]}", "{discriminator: {propertyName: a}, required: [a]}", "3.0.3"),
    ),
    "a pattern with a brace": (
        Oddity.PATTERN_TRANSLATED,
        of_schemas("{pattern: '^{[0-9]}$'}", r"{pattern: '^\{[0-9]\}$'}"),
    ),
    "a pattern with slashes": (Oddity.PATTERN_TRANSLATED, of_schemas("{pattern: /^a+$/}", "{pattern: ^a+$}")),
    "a pattern of ECMA-262 only": (
        Oddity.PATTERN_TRANSLATED,
        of_schemas(r"{pattern: '^[\d-\w]\@$'}", r"{pattern: '^[\d\-\w]@$'}"),
    ),
    "a class with a bracket": (Oddity.PATTERN_TRANSLATED, of_schemas("{pattern: '^[[a]$'}", r"{pattern: '^[\[a]$'}")),
    "a multiple of nothing": (Oddity.IGNORED, of_schemas("{type: number, multipleOf: 0}", "{type: number}")),
    "a negative length": (Oddity.IGNORED, of_schemas("{type: string, minLength: -1}", "{type: string}")),
    "version as a number": (
        Oddity.UNQUOTED,
        tuple(with_schema("{}").replace('version: "1"', text) for text in ("version: 1.0", "version: '1.0'")),
    ),
    "a short version of OpenAPI": (Oddity.OPENAPI_VERSION, (with_schema("{}", '"3.0"'), with_schema("{}", "3.0.0"))),
    "a version of OpenAPI as a number": (Oddity.OPENAPI_VERSION, (with_schema("{}", "3.1"), with_schema("{}"))),
    "a repeated key in JSON": (
        Oddity.REPEATED_KEY,
        ('{"openapi": "3.1.0", "info": {"title": "a", "title": "b"}, "paths": {}}', "openapi: 3.1.0\npaths: {}\n"),
    ),
    "a repeated key in YAML": (
        Oddity.REPEATED_KEY,
        (
            with_schema(
                "{type: integer, minLength: 3, type: string, minLength: 4}", more="components: {a: {b: 1}, a: {}}"
            ),
            with_schema("{type: string, minLength: 4}", more="components: {a: {}}"),
        ),
    ),
    "no paths": (
        Oddity.MISSING,
        ("openapi: 3.0.3\ninfo: {title: t}\n", "openapi: 3.0.3\ninfo: {title: t}\npaths: {}\n"),
    ),
    "empty components": (Oddity.EMPTY_KEY, (with_schema("{}", more="components:"), with_schema("{}"))),
    "empty tags": (Oddity.EMPTY_KEY, of_operations(f"{{tags: null, {OK}}}", f"{{{OK}}}")),
    "empty parameters": (Oddity.EMPTY_KEY, of_operations(f"{{parameters: null, {OK}}}", f"{{{OK}}}")),
    "an empty response": (
        Oddity.EMPTY_ENTRY,
        of_operations('{responses: {"204":}}', '{responses: {"204": {description: x}}}'),
    ),
    "scopes that are empty": (
        Oddity.EMPTY_KEY,
        of_operations(
            f"{{security: [{{key: null}}], {OK}}}",
            f"{{security: [{{key: []}}], {OK}}}",
            "components: {securitySchemes: {key: {type: http, scheme: basic}}}",
        ),
    ),
    "one parameter without a list": (
        Oddity.COLLECTION,
        of_operations(f"{{parameters: {{name: q, in: query, schema: {{type: string}}}}, {OK}}}", f"{{{QUERY}, {OK}}}"),
    ),
    "a list in a list": (
        Oddity.COLLECTION,
        of_operations(
            f"{{parameters: [[{{name: q, in: query, schema: {{type: string}}}}]], {OK}}}", f"{{{QUERY}, {OK}}}"
        ),
    ),
    "a parameter of Swagger 2": (
        Oddity.PARAMETER_SCHEMA,
        of_operations(f"{{parameters: [{{name: q, in: query, type: string}}], {OK}}}", f"{{{QUERY}, {OK}}}"),
    ),
    "examples as a list": (
        Oddity.IGNORED,
        of_operations(
            f"{{parameters: [{{name: q, in: query, schema: {{type: string}}, examples: [a]}}], {OK}}}",
            f"{{{QUERY}, {OK}}}",
        ),
    ),
    "a required parameter in quotes": (
        Oddity.QUOTED,
        of_operations(
            f"{{parameters: [{{name: q, in: query, required: 'true', schema: {{}}}}], {OK}}}",
            f"{{parameters: [{{name: q, in: query, required: true, schema: {{}}}}], {OK}}}",
        ),
    ),
    "a reference in place of content": (
        Oddity.REFERENCE_PLACE,
        (
            with_operation(
                '{responses: {"200": {description: x, content: {$ref: "#/components/x-content"}}}}',
                more="components: {x-content: {application/json: {schema: {type: object}}}}",
            ),
            with_operation(
                '{responses: {"200": {description: x, content: {application/json: {schema: {type: object}}}}}}'
            ),
        ),
    ),
    "a reference to a schema in place of a media type": (
        Oddity.REFERENCE_PLACE,
        of_operations(
            f'{{responses: {{"200": {{description: x, content: {{application/json: {REFERENCE}}}}}}}}}',
            f'{{responses: {{"200": {{description: x, content: {{application/json: {{schema: {REFERENCE}}}}}}}}}}}',
            PET,
        ),
    ),
    "a reference in place of parameters": (
        Oddity.REFERENCE_PLACE,
        of_operations(
            f'{{parameters: {{$ref: "#/x-shared"}}, {OK}}}',
            f"{{{QUERY}, {OK}}}",
            "x-shared: [{name: q, in: query, schema: {type: string}}]",
        ),
    ),
    "a reference in place of properties": (
        Oddity.REFERENCE_PLACE,
        (
            with_schema('{properties: {$ref: "#/x-shared"}}', more="x-shared: {a: {type: string}}"),
            with_schema("{properties: {a: {type: string}}}"),
        ),
    ),
    "a reference without a slash": (
        Oddity.REFERENCE_SPELLING,
        (with_schema('{$ref: "#components/schemas/Pet"}', more=PET), with_schema(REFERENCE, more=PET)),
    ),
    "a reference that is a name": (
        Oddity.REFERENCE_SPELLING,
        (with_schema("{$ref: Pet}", more=PET), with_schema(REFERENCE, more=PET)),
    ),
    "a reference to a definition of Swagger 2": (
        Oddity.REFERENCE_SPELLING,
        (with_schema('{$ref: "#/definitions/Pet"}', more=PET), with_schema(REFERENCE, more=PET)),
    ),
    "an undefined security scheme": (
        Oddity.SCHEME,
        of_operations(f"{{security: [{{key: []}}], {OK}}}", f"{{security: [{{key: []}}], {OK}}}"),
    ),
    "an unknown status": (
        Oddity.STATUS,
        of_operations("{responses: {ok: {description: x}}}", "{responses: {ok: {description: y}}}"),
    ),
    "a path without a slash": (
        Oddity.PATH,
        tuple(with_operation(f"{{summary: {text}, {OK}}}").replace("/a", "a") for text in ("x", "y")),
    ),
    "an invalid schema that no operation uses": (
        Oddity.UNUSED,
        (with_schema("{}", more="components: {schemas: {A: {type: strnig}}}"), with_schema("{}")),
    ),
    "a dangling reference that no operation uses": (
        Oddity.UNUSED,
        (with_schema("{}", more='components: {schemas: {A: {$ref: "#/nowhere"}}}'), with_schema("{}")),
    ),
}  # type: ignore[dict-item]  # pairs made by comprehensions


def read(folder: Path, name: str, text: str, *, strict: bool = False) -> Document:
    return read_document(FileOrigin(written(folder, name, text)), strict=strict)


def changes(folder: Path, base: str, revision: str) -> tuple[Finding, ...]:
    return judge(read(folder, "base.yaml", base), read(folder, "revision.yaml", revision)).findings


@pytest.mark.parametrize("name", READ_AS)
def test_oddity_is_noted_and_read_as_meant(name: str, tmp_path: Path) -> None:
    oddity, (odd, plain) = READ_AS[name]
    assert oddity in {note.oddity for note in read(tmp_path, "odd.yaml", odd).notes}
    assert changes(tmp_path, odd, plain) == ()
    assert changes(tmp_path, plain, odd) == ()


@pytest.mark.parametrize("name", READ_AS)
def test_strict_reading_turns_notes_into_errors(name: str, tmp_path: Path) -> None:
    oddity, (odd, _) = READ_AS[name]
    with pytest.raises(DocumentsError) as caught:
        read(tmp_path, "odd.yaml", odd, strict=True)
    assert any(error.problem.startswith(MEANINGS[oddity]) for error in caught.value.errors)
    assert all(error.line and error.hint and error.path.endswith("odd.yaml") for error in caught.value.errors)


def test_every_oddity_has_an_example() -> None:
    shown = {oddity for oddity, _ in READ_AS.values()} | {Oddity.CIRCULAR, Oddity.PATTERN_OPAQUE}
    assert shown == set(Oddity)


def test_valid_document_has_no_notes(tmp_path: Path) -> None:
    assert not read(tmp_path, "plain.yaml", with_schema("{type: [string, 'null'], enum: [a, null]}"), strict=True).notes


# Readings that need more than one document ----------------------------------------------------------------------------


def test_pattern_that_cannot_be_compiled_is_compared_as_text(tmp_path: Path) -> None:
    base, revision = with_schema("{pattern: '^.{0,262144}$'}"), with_schema("{pattern: '^.{0,262143}$'}")
    assert Oddity.PATTERN_OPAQUE in {note.oddity for note in read(tmp_path, "odd.yaml", base).notes}
    assert changes(tmp_path, base, base) == ()
    assert {one.rule.id for one in changes(tmp_path, base, revision)} == {
        "request-pattern-not-judged",
        "response-pattern-not-judged",
    }


FAMILY = """components:
  schemas:
    Pet: {type: object, required: [kind], properties: {kind: {type: string}},
      oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}]}
    Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {required: [lives], properties: {lives: {type: integer}}}]}
    Dog: {allOf: [{$ref: '#/components/schemas/Pet'}, {properties: {bark: {type: string}}}]}
"""


@pytest.mark.parametrize("name", ["Pet", "Cat", "Dog"])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_circular_inheritance_is_read_from_every_member(name: str, version: str, tmp_path: Path) -> None:
    base = with_schema(f'{{$ref: "#/components/schemas/{name}"}}', version, FAMILY)
    assert Oddity.CIRCULAR in {note.oddity for note in read(tmp_path, "odd.yaml", base).notes}
    assert changes(tmp_path, base, base) == ()
    revision = base.replace("kind: {type: string}", "kind: {type: integer}")
    assert [one for one in changes(tmp_path, base, revision) if one.level == "breaking"]


def test_schema_that_applies_itself_accepts_what_its_other_keywords_accept(tmp_path: Path) -> None:
    more = "components: {schemas: {A: {type: string, allOf: [{$ref: '#/components/schemas/A'}]}}}"
    odd = with_schema('{$ref: "#/components/schemas/A"}', more=more)
    assert changes(tmp_path, odd, with_schema("{type: string}")) == ()


def test_required_in_a_property_that_is_removed_is_breaking(tmp_path: Path) -> None:
    base = with_schema("{type: object, properties: {a: {type: string, required: true}}}")
    found = changes(tmp_path, base, base.replace(", required: true", ""))
    assert [one.level for one in found if one.level == "breaking"]


def test_two_paths_of_an_odd_document_are_both_compared(tmp_path: Path) -> None:
    base = 'openapi: 3.0.3\ninfo: {title: t}\npaths: {a: {get: {}}, /b: {get: {responses: {"200":}}}}\n'
    assert [one.rule.id for one in changes(tmp_path, base, base.replace("a: {get: {}}, ", ""))] == ["operation-removed"]


MERGED = """openapi: 3.0.3
info: {title: t, version: "1"}
x-reply: &reply
  content: {application/json: {schema: {type: string}}}
paths:
  /a:
    get:
      responses:
        "200":
          <<: *reply
          description: OK.
"""


def test_merge_key_is_read_and_a_change_in_its_mapping_is_found(tmp_path: Path) -> None:
    assert changes(tmp_path, MERGED, MERGED) == ()
    [finding] = changes(tmp_path, MERGED, MERGED.replace("type: string", "type: integer"))
    assert finding.level == "breaking"


# What an operation uses has to be readable ----------------------------------------------------------------------------


def test_all_problems_of_both_documents_are_reported(tmp_path: Path) -> None:
    bad = with_schema("{properties: {a: {type: strnig}, b: {$ref: '#/nowhere'}, c: {minLength: x}}}")
    base, revision = written(tmp_path, "base.yaml", bad), written(tmp_path, "revision.yaml", bad)
    ended = diff(base, revision)
    assert ended.exit_code == 2
    for problem in ("unknown type", '"nowhere" does not exist', "minLength is not a whole number"):
        assert ended.stderr.count(problem) == 4, "in the request and the response of each"


# Reports --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [name for name in FORMATS if name != "github"])
def test_every_report_shows_the_notes(form: str, tmp_path: Path) -> None:
    odd = read(tmp_path, "odd.yaml", with_schema("{type: string, oneOf: []}"))
    report = build_report(judge(odd, odd))
    text = render(report, form)
    assert ("empty-list" if form == "json" else MEANINGS[Oddity.EMPTY_LIST]) in text
    if form == "json":
        assert decode(DiffReport, text) == report


def test_note_counts_its_places(tmp_path: Path) -> None:
    odd = written(tmp_path, "odd.yaml", with_schema("{type: string, oneOf: [], anyOf: []}"))
    plain = written(tmp_path, "plain.yaml", with_schema("{type: string}"))
    [note] = report_of(plain, odd).notes
    assert (note.oddity, note.base, note.revision) == (Oddity.EMPTY_LIST, 0, 4)
    assert {(place.location.file, place.location.line) for place in note.places} == {(str(odd), 3)}


def test_strict_reading_ends_with_exit_code_2(tmp_path: Path) -> None:
    odd = written(tmp_path, "odd.yaml", with_schema("{type: string, oneOf: []}"))
    assert diff(odd, odd).exit_code == 0
    ended = diff("--strict-reading", odd, odd)
    assert ended.exit_code == 2
    assert "empty list, read as absent" in ended.stderr


def test_documentation_lists_every_oddity() -> None:
    listed = (ROOT / "docs/reference/documents.md").read_text("utf-8")
    rows = [f"| `{oddity}` | {meaning[0].upper()}{meaning[1:]} |" for oddity, meaning in MEANINGS.items()]
    assert [row for row in rows if row not in listed] == []
