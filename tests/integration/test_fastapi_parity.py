"""The mock rejects what FastAPI rejects, with the same body, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.fastapi_parity.comparison import JSON, REFERENCES, Pair, compare

SETTINGS = settings(max_examples=250, deadline=None, derandomize=True, database=None)
SAMPLE_SIZE = 1200


@pytest.fixture(scope="module", params=REFERENCES)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    made = Pair(request.param)
    yield made
    made.close()


@pytest.fixture(scope="module")
def documented() -> Iterator[Pair]:
    made = Pair("documented")
    yield made
    made.close()


def assert_equal(pair: Pair, raw: bytes, content_type: str | None = JSON) -> None:
    mock, fastapi = pair.compare(raw, content_type)
    assert mock == fastapi, raw


@pytest.mark.parametrize("profile", REFERENCES)
def test_generated_text_gets_the_response_of_fastapi(profile: str) -> None:
    """A sample; ``make fastapi-parity`` sends 20,000 bodies."""
    result = compare(profile, SAMPLE_SIZE, seed=1)
    assert not result.differences, "\n".join(map(str, result.differences[:3]))
    assert result.count == SAMPLE_SIZE
    assert min(result.statuses[200], result.statuses[422]) > SAMPLE_SIZE / 20
    assert len(result.types) > 8


# Literal bodies, one for each kind of error -----------------------------------------------------------

MALFORMED = [
    '{"message":',
    "hello",
    '{"message":"hi",}',
    "{'message':'hi'}",
    '{"message":"hi"}{"message":"hi"}',
    "   ",
    '{"message":"a\nb"}',
    '{"message":"hi',
    '{"message":"\\x41"}',
    '{"message" "hi"}',
    '{"message":"hi" "limit":4}',
    '{"message":"hi"} // c',
    '{"message":"hi","limit":04}',
    '{"message":"é"',
]
BODIES = ["[]", '[{"message":"hi"}]', '"text"', "null", "5", "true", "false", "0", '""', "{}"]
TOP_LEVEL = [
    '{"message":null}',
    '{"message":5}',
    '{"message":true}',
    '{"message":["hi"]}',
    '{"message":{}}',
    '{"message":""}',
    '{"Message":"hi"}',
    '{"message":"hi","foo":1}',
    '{"message":"hi","__proto__":{"a":1}}',
    '{"message":5,"message":"hi"}',
    '{"message":"hi","message":5}',
    '{"message":"a\\u0000b"}',
    *(
        f'{{"message":"hi","{name}":{value}}}'
        for name in ("conversation_id", "session_id", "user_id")
        for value in ("null", "5", '""', "true", "[]", "{}", "1.5")
    ),
]
LIMITS = [
    *('"5"', '"abc"', "5.0", "5.5", '"5.0"', '"5.5"', "true", "false", "null", "[]", "{}", '""', '" 5 "', '"1_000"'),
    *(
        "1e2",
        "-1",
        "-1.0",
        "-0.0",
        "0",
        "51",
        "100000000000000000000",
        '"+5"',
        '"0x5"',
        '"٥"',
        "-100000000000000000000",
    ),
    *("9223372036854775807", "9223372036854775808", "1e18", "2.5e-3"),
]
EVENTS = [
    *("null", "{}", '"x"', "[null]", "[1]", '["x"]', "[{}]", "[[]]", "[]", "5", "true"),
    '[{"timestamp":"2024-06-14T10:00:00Z"}]',
    '[{"timestamp":"2024-06-14T10:00:00Z","type":5}]',
    '[{"timestamp":"2024-06-14T10:00:00Z","type":"x"},{"timestamp":"2024-06-14T10:00:00Z"}]',
    '[{"timestamp":"2024-06-14T10:00:00Z","type":"x","z":1}]',
    '[{"timestamp":"2024-06-14T10:00:00Z","type":"x","item_id":null,"description":7}]',
]
TIMESTAMPS = [
    *('"2024-06-14T10:00:00Z"', '"not a date"', '""', '"2024-06-14"', '"2024-06-14T10:00:00"', '"2024-06-14 10:00:00"'),
    *('"2024-13-01T00:00:00Z"', '"2024-02-30T00:00:00Z"', '"2024-06-14T25:00:00Z"', '"2024-06-14T10:61:00Z"'),
    *('"2024-06-14T10:00:00+25:00"', '"2024-06-14T10:00:00.1234567890Z"', '"2024-06-14T10:00:61Z"', '"14/06/2024"'),
    *("true", "null", "[]", "{}", '"2024-06-14T10"', '"2024-W24-5"', '"0000-01-01T00:00:00Z"'),
    '" 2024-06-14T10:00:00Z"',
    *('"10000-01-01T00:00:00Z"', '"2024-06-14t10:00:00z"', '"٢٠٢٤-06-14T10:00:00Z"', '"2024-06-14T10:00:00-14:00"'),
    '"9999-12-31T23:59:59-01:00"',
]
NUMERIC_TIMESTAMPS = ["1718359200", "1718359200.5", "1718359200000", "1e30"]
SEVERAL = ['{"limit":"abc","user_id":5,"events":[{"timestamp":"x"},7]}', '{"limit":2.5,"events":7,"x":1}']

ALL = [
    *MALFORMED,
    *BODIES,
    *TOP_LEVEL,
    *(f'{{"message":"hi","limit":{limit}}}' for limit in LIMITS),
    *(f'{{"message":"hi","events":{events}}}' for events in EVENTS),
    *(
        f'{{"message":"hi","events":[{{"timestamp":{timestamp},"type":"click"}}]}}'
        for timestamp in [*TIMESTAMPS, *NUMERIC_TIMESTAMPS]
    ),
    *SEVERAL,
]


@pytest.mark.parametrize("raw", ALL)
def test_literal_body_gets_the_response_of_fastapi(pair: Pair, raw: str) -> None:
    assert_equal(pair, raw.encode())


MEDIA_TYPES = [
    *(None, JSON, "APPLICATION/JSON", "application/json; charset=utf-8", "application/json;charset=UTF-8"),
    *("application/vnd.api+json", "application/x+JSON; a=b", " application/json ", "application/json, text/plain"),
    *(
        "text/plain",
        "text/json",
        "json",
        "application/x-www-form-urlencoded",
        "application/jsonp",
        "application/json/x",
    ),
    *("", ";", "application/", "/json", "multipart/form-data; boundary=x", "application/problem+json"),
]


@pytest.mark.parametrize("raw", [b'{"message":"hi"}', b"message=hi", b""])
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_media_type_gets_the_response_of_fastapi(documented: Pair, media_type: str | None, raw: bytes) -> None:
    assert_equal(documented, raw, media_type)


@pytest.mark.parametrize("raw", [b'\xef\xbb\xbf{"message":"hi"}', '{"message":5}'.encode("utf-16")])
def test_other_encoding_gets_the_response_of_fastapi(documented: Pair, raw: bytes) -> None:
    assert_equal(documented, raw)


# Generated bodies ---------------------------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NUMBERS = st.integers(-(10**25), 10**25) | st.floats(-1e18, 1e18, allow_nan=False)
SCALARS = st.none() | st.booleans() | NUMBERS | TEXT
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3))
DATE_TIMES = st.datetimes().map(lambda moment: f"{moment:%Y-%m-%dT%H:%M:%S}".rjust(19, "0") + "Z")
MOMENTS = DATE_TIMES | st.sampled_from([json.loads(written) for written in TIMESTAMPS])


def or_anything(valid: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return valid | valid | valid | ANYTHING


def objects(required: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    known = st.fixed_dictionaries({}, optional={**required, **optional})
    return st.builds(lambda some, more: {**more, **some}, known, st.dictionaries(TEXT, ANYTHING, max_size=2))


EVENT = objects(
    {"timestamp": or_anything(MOMENTS), "type": or_anything(TEXT)},
    {"item_id": or_anything(TEXT), "description": or_anything(TEXT)},
)
REQUEST = objects(
    {"message": or_anything(TEXT)},
    {
        "conversation_id": or_anything(TEXT),
        "session_id": or_anything(TEXT),
        "user_id": or_anything(TEXT),
        "events": or_anything(st.lists(or_anything(EVENT), max_size=3)),
        "limit": or_anything(NUMBERS),
    },
)


def test_generated_body_gets_the_response_of_fastapi(pair: Pair) -> None:
    @SETTINGS
    @given(REQUEST | ANYTHING)
    def check(body: Any) -> None:
        assert_equal(pair, json.dumps(body, ensure_ascii=False).encode())

    check()


@SETTINGS
@given(cut=st.integers(0, 200), extra=st.text(st.characters(max_codepoint=127), max_size=3))
def test_malformed_json_is_rejected_at_the_same_character(documented: Pair, cut: int, extra: str) -> None:
    whole = '{"message":"Wéll","limit":3,"events":[{"timestamp":"x","type":"x"}],"a":[1.5,null,"\\u00e9"]}'
    cut = min(cut, len(whole))
    assert_equal(documented, (whole[:cut] + extra).encode())
