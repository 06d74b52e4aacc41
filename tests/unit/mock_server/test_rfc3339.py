"""Date-times by RFC 3339, compared with jsonschema's format checker."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from mock_server.validation.rfc3339 import is_date_time

ORACLE = Draft202012Validator.FORMAT_CHECKER
PARTS = st.sampled_from(
    [
        "2024",
        "0000",
        "9999",
        "02",
        "29",
        "30",
        "13",
        "00",
        "23",
        "24",
        "59",
        "60",
        "-",
        ":",
        "T",
        "t",
        ".",
        "Z",
        "z",
        "+",
        " ",
        "1",
    ]
)
NEARLY = st.builds(
    "{}-{}-{}{}{}:{}:{}{}{}".format,
    st.sampled_from(["2024", "2023", "0000", "1", "10000", "0001"]),
    *[st.sampled_from(["01", "02", "12", "13", "00", "29", "31", "1"])] * 2,
    st.sampled_from(["T", "t", " ", "_", ""]),
    *[st.sampled_from(["00", "23", "24", "59", "60", "5", "٠٠"])] * 3,
    st.sampled_from(["", ".1", ".123456789", ".", ",5"]),
    st.sampled_from(["Z", "z", "+00:00", "-23:59", "+24:00", "+05", "+0530", "", "Zx", "+14:60"]),
)


@settings(max_examples=1500, deadline=None, derandomize=True, database=None)
@given(NEARLY | st.lists(PARTS, max_size=14).map("".join) | st.text(max_size=25))
@example("2024-02-29T00:00:00Z")
@example("2023-02-29T00:00:00Z")
def test_date_times_are_judged_as_by_jsonschema(text: str) -> None:
    """Except a trailing line break, which jsonschema accepts."""
    if text.endswith("\n"):
        return
    assert is_date_time(text) == ORACLE.conforms(text, "date-time")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1998-12-31T23:59:60Z", False),
        ("1998-12-31T15:59:60.123-08:00", False),
        ("2024-06-14T10:00:00Z\n", False),
        ("9999-12-31T23:59:59-23:59", True),
    ],
)
def test_leap_seconds_are_rejected_and_the_last_year_is_accepted(text: str, *, expected: bool) -> None:
    assert is_date_time(text) is expected
