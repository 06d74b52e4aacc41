"""Request headers given by users: parsing, error messages without values, and headers to forward."""

from __future__ import annotations

import pytest

from chat_contract import UsageError
from kit_http.headers import check_one_credential, end_to_end, parse_headers

KEY = "sk-live-0123456789"


def test_header_line_is_split_into_name_and_value() -> None:
    assert parse_headers((f"Authorization: Bearer {KEY}", "X-Trace:1", "X-Empty:")) == (
        ("Authorization", f"Bearer {KEY}"),
        ("X-Trace", "1"),
        ("X-Empty", ""),
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (f"Authorization Bearer {KEY}", "the colon is missing"),
        (f"Bearer {KEY}: x", "invalid header name"),
        (f": {KEY}", "invalid header name"),
        (f"Authorization: {KEY}\r\nX-More: 1", "a header cannot carry"),
        (f"X-API-Key: {KEY}\u2603", "a header cannot carry"),
        (f"Content-Length: {KEY}", "sets this header itself"),
        ("transfer-encoding: chunked", "sets this header itself"),
    ],
)
def test_invalid_header_is_refused_without_showing_its_value(line: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem) as refused:
        parse_headers((line,), "--header-a")
    assert str(refused.value).startswith("--header-a")
    assert KEY not in str(refused.value)


def test_two_credentials_are_refused_by_name() -> None:
    with pytest.raises(UsageError, match="authorization and X-API-Key"):
        check_one_credential((("authorization", KEY), ("X-Trace", "1"), ("X-API-Key", KEY)))
    check_one_credential((("authorization", KEY), ("X-Trace", "1")))


def test_hop_by_hop_headers_and_those_named_by_connection_are_not_forwarded() -> None:
    headers = (("Connection", "close, X-Hop"), ("X-Hop", "1"), ("Host", "a"), ("TE", "trailers"), ("X-End", "2"))
    assert end_to_end(headers) == (("X-End", "2"),)
