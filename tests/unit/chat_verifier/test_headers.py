"""Headers are read as a user gives them, and no message shows a value."""

from __future__ import annotations

import pytest

from chat_contract import UsageError
from chat_verifier.verify import check_base_url
from kit_http.headers import parse_headers

KEY = "sk-live-0123456789"


def test_a_header_is_a_name_and_a_value():
    assert parse_headers((f"Authorization: Bearer {KEY}", "X-Trace:1")) == (
        ("Authorization", f"Bearer {KEY}"),
        ("X-Trace", "1"),
    )


@pytest.mark.parametrize(
    "line",
    [
        f"Authorization Bearer {KEY}",
        f"Bearer {KEY}: x",
        f"Authorization: {KEY}\r\nX-More: 1",
        f"X-API-Key: {KEY}\u2603",
        f": {KEY}",
        "Content-Length: 3",
        "transfer-encoding: chunked",
    ],
)
def test_what_is_no_header_is_refused_without_showing_it(line):
    with pytest.raises(UsageError) as refused:
        parse_headers((line,))
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "localhost:4010", "ftp://a/b", "http://", "http://a b/", "http://a/?x=1", "http://a:0/"]
)
def test_what_is_no_base_url_is_refused(url):
    with pytest.raises(UsageError, match="is no base URL"):
        check_base_url(url)


def test_a_password_in_the_url_is_refused_without_showing_it():
    with pytest.raises(UsageError) as refused:
        check_base_url(f"http://user:{KEY}@127.0.0.1/v1")
    assert KEY not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:4010/v1", "https://staging.example.com", "http://[::1]:8000/api/v1/"]
)
def test_a_base_url_is_taken(url):
    check_base_url(url)
