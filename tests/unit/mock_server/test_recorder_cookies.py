"""A service behind the recorder gets only the cookies that it has set, and sets none of another program."""

from __future__ import annotations

import pytest

from mock_server.recorder.cookies import MAX_COOKIES, Cookies, prefix_of

SERVICE, OTHER = "https://staging.example/v1", "https://other.example/v1"
OWN, FOREIGN = prefix_of(SERVICE), prefix_of(OTHER)


def cookies() -> Cookies:
    return Cookies(SERVICE, "/v1")


def test_service_gets_only_its_own_cookies_under_their_names() -> None:
    sent = (("cookie", f"admin=a; {OWN}id=1; {FOREIGN}id=2;{OWN}theme=dark; {OWN[:-1]}=x"), ("x-trace", "7"))
    assert cookies().for_service(sent) == (("cookie", "id=1; theme=dark"), ("x-trace", "7"))
    assert cookies().for_service((("Cookie", f"admin=a; {FOREIGN}id=2"), ("x-trace", "7"))) == (("x-trace", "7"),)


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [
        ("id=1", "id=1; Path=/v1"),
        ("id=a=b; HttpOnly; Max-Age=60; Secure", "id=a=b; Path=/v1; HttpOnly; Max-Age=60; Secure"),
        ("id=1; path=/; DOMAIN=example.com; domain", "id=1; Path=/v1"),
        (" __Host-id = 1 ; Path = / ", "__Host-id=1; Path=/v1"),
        ("id=; Max-Age=0", "id=; Path=/v1; Max-Age=0"),
    ],
)
def test_client_gets_cookie_under_a_name_of_the_service_for_requests_to_the_recorder_only(
    cookie: str, shown: str
) -> None:
    assert cookies().for_client((("Set-Cookie", cookie), ("x", "y"))) == (("Set-Cookie", OWN + shown), ("x", "y"))


@pytest.mark.parametrize("cookie", ["", "=1", "a b=1", "a\tb=1", "é=1"])
def test_cookie_without_a_valid_name_is_dropped(cookie: str) -> None:
    assert cookies().for_client((("Set-Cookie", cookie),)) == ()


def test_cookie_that_was_set_comes_back_to_the_service() -> None:
    both = cookies()
    ((_, shown),) = both.for_client((("Set-Cookie", "id=a=b; Path=/"),))
    assert both.for_service((("Cookie", shown.partition(";")[0]),)) == (("Cookie", "id=a=b"),)


def test_all_cookies_together_stay_below_a_size() -> None:
    both = cookies()
    value = "x" * 4000
    kept = [both.for_client((("Set-Cookie", f"c{number}={value}"),)) for number in range(50)]
    assert 7 <= sum(map(bool, kept)) <= MAX_COOKIES // 4000
    assert kept[0]
    # One that exists may change, and one that is deleted makes room.
    assert both.for_client((("Set-Cookie", f"c0={value}"),))
    assert not both.for_client((("Set-Cookie", f"new={value}"),))
    assert both.for_client((("Set-Cookie", "c0=; Max-Age=0"),))
    assert both.for_client((("Set-Cookie", f"new={value}"),))


def test_cookies_without_a_value_count_too_unless_they_are_deleted() -> None:
    both = cookies()
    kept = [bool(both.for_client((("Set-Cookie", f"c{number}="),))) for number in range(2000)]
    assert kept[:500] == [True] * 500
    assert kept[-500:] == [False] * 500
    assert both.for_client((("Set-Cookie", "c0=; max-age=99; Secure"),)) == (
        ("Set-Cookie", f"{OWN}c0=; Path=/v1; Max-Age=0"),
    )
    assert both.for_client((("Set-Cookie", "new=1"),))
