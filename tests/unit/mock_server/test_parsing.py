"""The fast JSON parser agrees with the contract's parser."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract import read_body
from mock_server.validation.parsing import read_json
from testbed.fastapi_parity.bodies import Bodies

ODD = [
    *(
        "1e400",
        "-1e400",
        "[1e400]",
        '{"a":1e309}',
        "1" + "0" * 250 + "e99",
        "1" * 299 + ".0" + "e9",
        "1" * 300 + "E9",
        "9" * 300 + "e9",
        "9" * 299 + "e+10",
        "1" * 199 + "e9",
        "1" * 199 + "." + "1" * 199 + "e9",
        "1" * 199 + ".5E+110",
        "5e308",
        "1" * 310 + ".0",
        "1" * 300,
        "1" * 301,
        "-" + "1" * 301,
        "0" * 2,
    ),
    *(
        "NaN",
        "Infinity",
        "-Infinity",
        '"Infinity"',
        '{"Infinity":1}',
        '["1e400"]',
        "1E0400",
        "1e-400",
        "0e999",
        "-0",
        "-0.0",
    ),
    *(
        '"\\ud800"',
        '"\\udc00\\ud800"',
        '"\\ud83d\\ude00"',
        '{"\\ud800":1}',
        '"\\uFFFE"',
        '{"a":1,"a":2}',
        "[" * 500 + "]" * 500,
    ),
    *(
        "[" * 501 + "]" * 501,
        "[" * 199 + "]" * 199,
        "[" * 201 + "]" * 201,
        '"\x7f"',
        '"\t"',
        "\ufeff{}",
        " \t\r\n1 ",
        "\x0b1",
        "1\x00",
    ),
    *(
        "[1,]",
        "{,}",
        "tru",
        "1.",
        ".5",
        "+1",
        "01",
        "0x1",
        "'a'",
        "// c\n1",
        '"\\x41"',
        '"\\u12"',
        '"a',
        "{}{}",
        "\u00a01",
    ),
]


def assert_agree(raw: bytes) -> None:
    value, fault = read_json(raw)
    body = read_body(raw)
    assert fault == body.fault, raw[:80]
    if fault is None:
        # Compare representations: 1, 1.0 and True are equal in Python.
        assert repr(value) == repr(body.value), raw[:80]


@pytest.mark.parametrize("text", ODD, ids=lambda text: repr(text[:20]))
def test_unusual_json_is_parsed_alike(text: str) -> None:
    assert_agree(text.encode("utf-8"))
    assert_agree(f'{{"message":"hi","x":{text}}}'.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32-be", "latin-1", "utf-8-sig"])
def test_other_encodings_are_parsed_alike(encoding: str) -> None:
    assert_agree('{"message":"é"}'.encode(encoding))


def test_generated_bodies_are_parsed_alike() -> None:
    for raw in islice(Bodies(11), 4000):
        assert_agree(raw)


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=40) | st.text(max_size=40).map(lambda text: f'["{text}"]'.encode("utf-8", "surrogatepass")))
def test_arbitrary_bytes_are_parsed_alike(raw: bytes) -> None:
    assert_agree(raw)
