"""Base URLs and proxy URLs given by users."""

from __future__ import annotations

import pytest

from chat_contract import UsageError
from chat_contract.errors import without_credentials
from kit_http.urls import check_base_url, check_proxy

PASSWORD = "s3cr3t-passw0rd"


@pytest.mark.parametrize(
    "url",
    ["", "ftp://a/b", "http://", "http://a b/", "http://a/?x=1", "http://a/#x", "docs/a.yaml", "http://[::1/v1"],
)
def test_invalid_base_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(UsageError, match=r"Invalid upstream URL .* for example http://x/v1"):
        check_base_url(url, name="upstream URL", example="http://x/v1")


@pytest.mark.parametrize("url", ["localhost", "localhost:4010", "127.0.0.1:4010/v1", "staging.example.com/v1"])
def test_base_url_without_a_scheme_is_refused_with_the_complete_url(url: str) -> None:
    with pytest.raises(UsageError, match=f"Add the scheme: http://{url}"):
        check_base_url(url)


@pytest.mark.parametrize("url", ["http://a:99999/", "http://a:x/", "http://a:0", "https://[::1]:-1/v1"])
def test_url_with_an_impossible_port_is_refused_with_the_range(url: str) -> None:
    with pytest.raises(UsageError, match=r"Invalid base URL .* Expected a port from 1 to 65535"):
        check_base_url(url)


def test_password_in_base_url_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="Pass credentials with --key-env NAME") as refused:
        check_base_url(f"http://user:{PASSWORD}@127.0.0.1/v1", credentials_option="--key-env NAME")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:4010/v1", "http://127.0.0.1:4010/v1"),
        ("https://staging.example.com/", "https://staging.example.com"),
        ("http://[::1]:8000/api/v1/", "http://[::1]:8000/api/v1"),
    ],
)
def test_base_url_is_returned_without_trailing_slash(url: str, expected: str) -> None:
    assert check_base_url(url) == expected


def test_proxy_url_may_contain_a_password() -> None:
    check_proxy(None)
    check_proxy(f"http://user:{PASSWORD}@127.0.0.1:3128")


def test_invalid_proxy_url_is_refused_without_showing_it() -> None:
    with pytest.raises(UsageError, match="--proxy: invalid URL") as refused:
        check_proxy(f"socks5://user:{PASSWORD}@127.0.0.1")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"redis://:{PASSWORD}@host:1/0", "redis://…@host:1/0"),
        (f"http://me:pass/w@{PASSWORD}@host:bad/v1", "http://…@host:bad/v1"),
        (f"https://host/raw?private_token={PASSWORD}&ref=main", "https://host/raw?private_token=…&ref=main"),
        (f"https://host/x?ref=main&X-Amz-Signature={PASSWORD}#part", "https://host/x?ref=main&X-Amz-Signature=…#part"),
        (f"('http://a/', 'http://u:{PASSWORD}@b/')", "('http://a/', 'http://…@b/')"),
        ("http://127.0.0.1:4010/v1?monkey", "http://127.0.0.1:4010/v1?monkey"),
        ("a@b.example, 5", "a@b.example, 5"),
    ],
)
def test_credentials_in_urls_are_not_shown(text: str, shown: str) -> None:
    assert without_credentials(text) == shown


@pytest.mark.parametrize("url", [f"http://me:{PASSWORD}@host:bad/v1", f"http://host/v1?api_key={PASSWORD}"])
def test_invalid_base_url_is_shown_without_credentials(url: str) -> None:
    with pytest.raises(UsageError, match="Invalid base URL") as refused:
        check_base_url(url)
    assert PASSWORD not in str(refused.value)
