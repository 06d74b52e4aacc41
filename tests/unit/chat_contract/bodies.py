"""Generates bodies of every request class: fields from each set, combined, with mutations of the whole body."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.unit.chat_contract.properties import json_values

_CHARACTERS = st.characters(exclude_categories=["Cs", "Cn", "Co"])
_TEXT = st.text(_CHARACTERS, max_size=8) | st.sampled_from(
    ["", "a" * 1000, "a" * 1001, "a" * 100, "a" * 101, "a\nb", "\x9f", "\u00a0", " ", "\u200b", "\u0301", "?"]
)
_ID = st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True) | st.sampled_from(
    ["a" * 64, "a" * 65, "", "a b", "a\n", "é"]
)
_ANYTHING = json_values(st.text(_CHARACTERS, max_size=4))
_WRONG = st.sampled_from([None, True, False, 0, 5, 2.5, [], {}, ["a"], {"a": 1}])

_TIMES = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["2024", "2024", "1600", "1599", "9998", "9999", "0001", "0000", "10000", "24"]),
    st.sampled_from(["01", "02", "06", "12", "13", "00", "6"]),
    st.sampled_from(["01", "14", "28", "29", "30", "31", "32", "00"]),
    st.sampled_from(["T", "T", "T", "t", " ", ""]),
    st.sampled_from(["00", "10", "23", "24"]),
    st.sampled_from(["00", "59", "60"]),
    st.sampled_from(["00", "59", "60", "61"]),
    st.sampled_from(["", "", ".1", ".123456", ".1234567", ".", ",5"]),
    st.sampled_from(
        ["Z", "Z", "z", "", "+00:00", "-05:30", "+14:00", "-12:00", "-12:01", "+14:01", "+23:59", "+24:00", "+0100"]
    ),
)
_TIME = _TIMES | st.sampled_from(["2024-06-14T10:00:00Z", "2016-12-31T23:59:60Z", "yesterday", 5, 1.5]) | _TEXT | _WRONG

_LIMIT = (
    st.integers(-3, 30)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(-3, 30).map(float)
    | st.text(st.sampled_from("0159eE+-. _,xé٥"), max_size=5)
    | st.sampled_from([2**31 - 1, 2**31, 10**20, "abc", "1e3"])
    | _WRONG
)

EVENTS = st.fixed_dictionaries(
    {"timestamp": _TIME, "type": _TEXT | _WRONG},
    optional={"item_id": _ID | _WRONG, "description": _TEXT | _WRONG, "x": _ANYTHING},
)
_GOOD_EVENTS = st.fixed_dictionaries(
    {"timestamp": st.just("2024-06-14T10:00:00Z"), "type": st.sampled_from(["click", "purchase"])},
    optional={"item_id": st.just("ST678VG"), "description": st.just("Seen")},
)
_GOOD = st.fixed_dictionaries(
    {"message": st.sampled_from(["A desk", "Ein Büro 😀"])},
    optional={
        "session_id": st.just("s"),
        "user_id": st.just("u"),
        "events": st.lists(_GOOD_EVENTS, max_size=3),
        "limit": st.integers(1, 10),
    },
)
_ODD: dict[str, st.SearchStrategy[Any]] = {
    "message": _TEXT | _WRONG,
    "conversation_id": st.sampled_from(["issued", "unknown", ""]) | _WRONG,
    "session_id": _ID | _WRONG,
    "user_id": _ID | _WRONG,
    "events": st.lists(EVENTS | _GOOD_EVENTS, max_size=2) | st.lists(_ANYTHING, max_size=2) | _WRONG,
    "limit": _LIMIT,
    "x": _ANYTHING,
    "Limit": _LIMIT,
    "MESSAGE": _TEXT | _WRONG,
}


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Draw a must-accept request with up to two fields changed or removed, or rarely any value at all."""
    if draw(st.integers(0, 19)) == 0:
        return draw(_ANYTHING)
    body = draw(_GOOD)
    for name in draw(st.lists(st.sampled_from(sorted(_ODD)), max_size=2)):
        if draw(st.integers(0, 5)) == 0:
            body.pop(name, None)
        else:
            body[name] = draw(_ODD[name])
    return body
