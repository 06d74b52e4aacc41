"""Bodies: their value, syntax errors and deviations from I-JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat_contract.body import ABSENT, MAX_DEPTH, Body, SyntaxFault, read_body
from tests.unit.chat_contract.properties import examples, json_values

# Values --------------------------------------------------------------------------------------------------------------

PLAIN = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=12)


@given(json_values(PLAIN), st.booleans())
@examples(400)
def test_i_json_is_read_like_the_json_module_reads_it(value: Any, escaped: bool) -> None:
    body = read_body(json.dumps(value, ensure_ascii=escaped).encode())
    assert body.value == value
    assert json.dumps(body.value) == json.dumps(value)
    assert body.fault is None
    assert not body.beyond_ijson
    assert not body.malformed
    assert body.depth == depth_of(value)


def depth_of(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("5", 5),
        ("5.0", 5.0),
        ("1e0", 1.0),
        ("1E2", 100.0),
        ("-1.5e-3", -0.0015),
        ("9007199254740993", 9007199254740993),
        ("100000000000000000000", 10**20),
        ("9" * 300, int("9" * 300)),
        ("1e-400", 0.0),
        (' \t\r\n"a" ', "a"),
        (r'"\ud83d\ude00"', "😀"),
        (r'"\u0000\/\b"', "\0/\b"),
        ('"\x7f"', "\x7f"),
        ("[]", []),
        ("{}", {}),
    ],
)
def test_numbers_and_strings_keep_their_value_and_type(written: str, value: Any) -> None:
    body = read_body(written.encode())
    assert (body.value, type(body.value)) == (value, type(value))
    assert body == Body(value, None, frozenset(), body.obstacles, depth=body.depth)


def test_an_empty_body_is_malformed() -> None:
    assert read_body(b"") == Body(ABSENT, SyntaxFault("Expecting value", 0), frozenset(), malformed=True, empty=True)
    assert repr(ABSENT) == "ABSENT"


# Grammar -------------------------------------------------------------------------------------------------------------

# Measured: the messages and offsets that FastAPI passes on.
MALFORMED = {
    '{"message":': ("Expecting value", 11),
    "hello": ("Expecting value", 0),
    '{"message":"hi",}': ("Expecting property name enclosed in double quotes", 16),
    "{'message':'hi'}": ("Expecting property name enclosed in double quotes", 1),
    '{"message":"hi"}{"message":"hi"}': ("Extra data", 16),
    "   ": ("Expecting value", 3),
    '{"message":"a\nb"}': ("Invalid control character at", 13),
    '{"message":"hi': ("Unterminated string starting at", 11),
    r'{"message":"\x41"}': ("Invalid \\escape", 12),
    '{"message" "hi"}': ("Expecting ':' delimiter", 11),
    '{"message":"hi" "limit":4}': ("Expecting ',' delimiter", 16),
    '{"message":"hi"} // c': ("Extra data", 17),
    '{"message":"hi","limit":04}': ("Expecting ',' delimiter", 25),
    '{"é":': ("Expecting value", 5),
    "[1,]": ("Expecting value", 3),
    "+1": ("Expecting value", 0),
    ".5": ("Expecting value", 0),
    "1.": ("Extra data", 1),
    "0x1": ("Extra data", 1),
    "tru": ("Expecting value", 0),
    "nan": ("Expecting value", 0),
    r'"\u12"': ("Invalid \\uXXXX escape", 2),
    "]": ("Expecting value", 0),
}


@pytest.mark.parametrize("text", MALFORMED)
def test_malformed_json_has_the_message_and_offset_of_the_json_module(text: str) -> None:
    body = read_body(text.encode())
    assert body.malformed
    assert body.value is ABSENT
    assert not body.empty
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(text)
    assert body.fault == SyntaxFault(caught.value.msg, caught.value.pos)
    if "trailing comma" not in caught.value.msg:  # Python 3.13 has words of its own for it.
        assert (body.fault.message, body.fault.offset) == MALFORMED[text]


def view_of_json(text: str) -> Any:
    """Return the value that the json module reads, or its message and offset."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        return SyntaxFault(error.msg, error.pos)


@given(st.text(st.sampled_from('{}[]",:\\ \n09.-+eEtrufalsn "é\u2028'), max_size=30))
@examples(1500)
def test_any_text_is_read_or_malformed_like_in_the_json_module(text: str) -> None:
    raw = text.encode()
    if not raw or json.detect_encoding(raw) != "utf-8":
        return
    body = read_body(raw)
    expected = view_of_json(text)
    if body.malformed:
        assert body.fault == expected
    elif not body.beyond_ijson:
        assert json.dumps(body.value) == json.dumps(expected)


VALID = json.dumps(
    {"message": "Which désk \ud83d\ude00?", "events": [{"type": 'a\\"b'}], "limit": 4, "x": [1.5e3, None]}
)


@given(st.integers(0, len(VALID)), st.integers(0, 3), st.text(st.sampled_from('{}[]",:\\0x'), max_size=2))
@examples(600)
def test_one_changed_character_is_reported_at_the_offset_of_the_json_module(
    start: int, length: int, piece: str
) -> None:
    text = VALID[:start] + piece + VALID[start + length :]
    body = read_body(text.encode())
    if body.malformed and text:
        assert body.fault == view_of_json(text)


# Beyond I-JSON -------------------------------------------------------------------------------------------------------

DEEP = MAX_DEPTH + 1
BEYOND: dict[str, tuple[bytes, set[str]]] = {
    "bytes that are not UTF-8": (b'{"message":"\xff"}', {"not-utf-8"}),
    "latin-1": ('"café"'.encode("latin-1"), {"not-utf-8"}),
    "a cut character": ("é".encode()[:1], {"not-utf-8"}),
    "a surrogate in bytes": (b'"\xed\xa0\x80"', {"not-utf-8"}),
    "an overlong slash": (b'"\xc0\xaf"', {"not-utf-8"}),
    "UTF-16": ('{"a":1}'.encode("utf-16"), {"other-encoding"}),
    "UTF-16 without a mark": ('{"a":1}'.encode("utf-16-le"), {"other-encoding"}),
    "UTF-32": ('{"a":1}'.encode("utf-32-be"), {"other-encoding"}),
    "broken UTF-16": ('{"a":1}'.encode("utf-16-le") + b"\x00", {"other-encoding", "not-utf-8"}),
    "a mark in front": (b'\xef\xbb\xbf{"a":1}', {"byte-order-mark"}),
    "a doubled key": (b'{"a":1,"a":2}', {"duplicate-keys"}),
    "a doubled key, once escaped": (rb'{"a":1,"\u0061":1}', {"duplicate-keys"}),
    "a doubled key inside": (b'{"x":[{"a":1,"b":2,"a":1}]}', {"duplicate-keys"}),
    "a surrogate": (rb'{"user_id":"\ud800"}', {"surrogate"}),
    "a low surrogate": (rb'["\uDC00"]', {"surrogate"}),
    "surrogates in the wrong order": (rb'["\udc00\ud800"]', {"surrogate"}),
    "a surrogate in a key": (rb'{"\ud800":1}', {"surrogate"}),
    "a surrogate in the message": (rb'{"message":"a\ud800"}', {"surrogate-in-message"}),
    "a surrogate inside the message": (rb'{"message":["\ud800"]}', {"surrogate"}),
    "surrogates in the message and elsewhere": (
        rb'{"message":"\ud800","user_id":"\ud800"}',
        {"surrogate", "surrogate-in-message"},
    ),
    "a noncharacter": ('{"a":"\ufffe"}'.encode(), {"noncharacter"}),
    "an escaped noncharacter": (rb'{"a":"\ufdd0"}', {"noncharacter"}),
    "a noncharacter beyond the first plane": ('"\U0001ffff"'.encode(), {"noncharacter"}),
    "an escaped one of the last plane": (rb'"\udbff\udffe"', {"noncharacter"}),
    "a noncharacter in a key": ('{"\ufdef":1}'.encode(), {"noncharacter"}),
    "not a number": (b'{"limit":NaN}', {"not-finite"}),
    "infinity": (b"[Infinity]", {"not-finite"}),
    "less than all": (b"[-Infinity]", {"not-finite"}),
    "1e400": (b"[1e400]", {"not-finite"}),
    "-1e400": (b"[-1e400]", {"not-finite"}),
    "301 digits": (b"9" * 301, {"huge-integer"}),
    "5000 digits": (b'{"limit":-' + b"9" * 5000 + b"}", {"huge-integer"}),
    "501 levels": (b"[" * DEEP + b"]" * DEEP, {"too-deep"}),
    "501 levels of objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, {"too-deep"}),
    "100,000 open brackets": (b"[" * 100_000, {"too-deep"}),
    "several at once": (b'{"a":NaN,"a":"\\ud800"}', {"not-finite", "duplicate-keys", "surrogate"}),
}


@pytest.mark.parametrize("case", BEYOND)
def test_deviations_from_i_json_are_reported(case: str) -> None:
    raw, kinds = BEYOND[case]
    body = read_body(raw)
    assert body.beyond_ijson == kinds
    assert not body.malformed


UNTRUSTED = {"not-utf-8", "not-finite", "surrogate", "surrogate-in-message", "huge-integer", "too-deep"}


@pytest.mark.parametrize("case", BEYOND)
def test_body_without_a_reliable_value_has_a_fault(case: str) -> None:
    raw, kinds = BEYOND[case]
    assert (read_body(raw).fault is not None) == bool(kinds & UNTRUSTED)


WITHIN: dict[str, bytes] = {
    "500 levels": b"[" * MAX_DEPTH + b"]" * MAX_DEPTH,
    "brackets in texts": b'["' + b"[{" * 2000 + b'"]',
    "brackets after an escaped quote": rb'["\"' + b"[" * 2000 + b'"]',
    "300 digits": b"-" + b"9" * 300,
    "a long fraction": b"0." + b"1" * 5000,
    "keys that differ in case": b'{"a":1,"A":2}',
    "equal keys in two objects": b'[{"a":1},{"a":1}]',
    "a private character": '"\ue000"'.encode(),
    "a replacement character": '"\ufffd"'.encode(),
    "an escaped backslash before ud800": rb'"\\ud800"',
    "a mark inside a string": '"\ufeff"'.encode(),
    "the text NaN": b'{"NaN":"NaN"}',
    "NUL escaped": rb'{"message":"a\u0000b"}',
}


@pytest.mark.parametrize("case", WITHIN)
def test_unusual_but_valid_bodies_are_i_json(case: str) -> None:
    body = read_body(WITHIN[case])
    assert not body.beyond_ijson
    assert body.fault is None


def test_last_of_duplicate_keys_counts() -> None:
    assert read_body(b'{"message":5,"message":"hi"}').value == {"message": "hi"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-32-le"])
def test_bodies_in_utf_16_and_utf_32_have_a_value(encoding: str) -> None:
    assert read_body('{"message":"é😀"}'.encode(encoding)).value == {"message": "é😀"}


def test_offset_counts_characters() -> None:
    assert read_body('{"é":"é" x}'.encode()).fault == SyntaxFault("Expecting ',' delimiter", 9)
    assert read_body('{"é😀":"'.encode() + b"\xff").fault == SyntaxFault("The body is not UTF-8", 7)


def test_fault_of_deep_nesting_has_the_offset_of_the_first_bracket_beyond_the_limit() -> None:
    fault = read_body(b'["[[",' + b"[" * 600).fault
    assert fault == SyntaxFault(f"Nested more than {MAX_DEPTH} levels deep", 6 + MAX_DEPTH - 1)


# Anything ------------------------------------------------------------------------------------------------------------


@given(st.binary(max_size=40))
@examples(600)
def test_reading_any_bytes_never_raises(raw: bytes) -> None:
    assert_sound(read_body(raw))


@given(
    st.lists(
        st.sampled_from(
            [b"[", b"{", b'"', b"\\", b"\\u", b"d800", b"\xff", b"NaN", b":", b",", b"\x00", b"9" * 200, b"e9", b"]"]
        ),
        max_size=14,
    )
)
@examples(600)
def test_reading_any_sequence_of_json_tokens_never_raises(pieces: list[bytes]) -> None:
    assert_sound(read_body(b"".join(pieces)))


def assert_sound(body: Body) -> None:
    if body.value is ABSENT:
        assert body.fault is not None
        assert body.malformed or body.beyond_ijson
    else:
        assert not body.malformed
        assert body.fault is None or body.beyond_ijson & UNTRUSTED
    if body.fault is not None:
        assert body.fault.message
        assert body.fault.offset >= 0


@pytest.mark.parametrize(
    "raw",
    [b'"' + b"a" * 2_000_000, b'["' + b"\\" * 2_000_000, b"[" * 2_000_000, b'{"a":"b",' * 200_000, b"9" * 2_000_000],
    ids=["a string", "backslashes", "brackets", "members", "digits"],
)
def test_large_bodies_are_read(raw: bytes) -> None:
    assert_sound(read_body(raw))
