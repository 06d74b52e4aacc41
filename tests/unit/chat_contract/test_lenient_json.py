"""Malformed JSON is lenient where a common parser reads it, by default or with an option."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract.body import read_body
from chat_contract.lenient_json import is_lenient_json
from tests.unit.chat_contract.properties import examples, json_values

LENIENT = (
    *(
        '{"a": 1}x',
        '{"a": 1}}',
        '{"a": 1}{"a": 2}',
        '{"a": 1} // b',
        '{"a": 1} /* b',
        "[] []",
        "null null",
        "1 2",
        '"a" b',
    ),
    *('{"a": 1,}', "[1,]", "[1, , 2]", '/* b */ {"a": 1}', '// b\n{"a": 1}', '# b\n{"a": 1}', '{"a": /* b */ 1}'),
    *(
        "{'a': 1}",
        "{\"a\": 'b'}",
        "'a'",
        "{a: 1}",
        "{a: b}",
        '{"a": hello there}',
        '{"a" = 1}',
        '{"a" => 1}',
        '{"a": 1; "b": 2}',
    ),
    *(
        r'{"a": "\x41"}',
        r'{"a": "\u12"}',
        '{"a": "b\nc"}',
        '{"a": "\0"}',
        '{"a": 1}\0',
        '\x0b{"a": 1}',
        '\u00a0{"a": 1}',
    ),
    *('{"a": 04}', '{"a": +4}', '{"a": .5}', '{"a": 5.}', '{"a": 0x1F}', "007", "[01]"),
)
MALFORMED = (
    *(
        "",
        " ",
        "\n\t",
        "// b",
        "/* {} */",
        "{",
        "[",
        '"a',
        "'a",
        '{"a"',
        '{"a":',
        '{"a": 1',
        '{"a": 1,',
        '{"a": "b',
        "[1",
        "[[1]",
    ),
    *(
        "hello",
        "message=hello",
        "nullable",
        "truely",
        "Hello, {}",
        "<a/>",
        "-",
        "+",
        "}",
        "]",
        ",",
        ":",
        "a{}",
        "undefined",
    ),
    *(
        '{"a": 1 "b": 2}',
        '{"a" 1}',
        '{"a": }',
        '{"a": 1]',
        "[1}",
        '{"a"}',
        "{,}",
        "{1 2}",
        '{"a": "b" c}',
        '{"a": {"b": 1}',
    ),
)


@pytest.mark.parametrize("text", LENIENT)
def test_extension_of_json_is_lenient(text: str) -> None:
    assert is_lenient_json(text)
    body = read_body(text.encode())
    assert body.malformed
    assert body.lenient


@pytest.mark.parametrize("text", MALFORMED)
def test_text_that_no_parser_reads_is_not_lenient(text: str) -> None:
    assert not is_lenient_json(text)
    body = read_body(text.encode())
    assert body.malformed
    assert not body.lenient


@given(json_values(), st.data())
@examples(300)
def test_object_that_is_cut_off_is_not_lenient(value: object, data: st.DataObject) -> None:
    text = json.dumps({"a": value})
    assert not is_lenient_json(text[: data.draw(st.integers(0, len(text) - 1))])


@given(json_values())
@examples(300)
def test_json_with_something_after_it_is_lenient(value: object) -> None:
    assert is_lenient_json(json.dumps({"a": value}) + " and more")


@given(st.text(st.sampled_from("{}[]\"':,=;/*#\\ab01 \n"), max_size=12))
@examples(500)
def test_any_text_gets_a_decision(text: str) -> None:
    assert is_lenient_json(text) in {True, False}


def test_deeply_nested_text_gets_a_decision() -> None:
    assert not is_lenient_json("[" * 100_000)
    assert is_lenient_json("[" * 100_000 + "]" * 100_000 + "x")
