"""Credentials are replaced by names of variables, and commands with these names still work."""

from __future__ import annotations

import base64
import html
import json
import subprocess
from collections.abc import Callable
from urllib.parse import quote

import pytest

from kit_http.redaction.secrets import is_credential, key_in, secrets_of

KEY = "Sk-live-0123456789"
BEARER = (("Authorization", f"Bearer {KEY}"),)


def test_key_is_returned_without_its_scheme() -> None:
    assert key_in(BEARER) == KEY
    assert key_in((("X-API-Key", KEY),)) == KEY
    assert key_in((("X-Trace", "1"),)) is None


@pytest.mark.parametrize("form", [KEY, KEY[:-1], KEY.swapcase(), f"{KEY}x", f"Bearer {KEY}"])
def test_text_contains_no_variant_of_the_key_after_redaction(form: str) -> None:
    hidden = secrets_of(BEARER).hide(f"before {form} after")
    assert KEY not in hidden
    assert KEY[:-1] not in hidden
    assert KEY.swapcase() not in hidden


@pytest.mark.parametrize("form", [KEY, KEY[:-1], KEY.swapcase(), f"{KEY}x", KEY[: (len(KEY) + 1) // 2] + "000"])
def test_shell_with_the_key_in_its_environment_restores_the_text(form: str) -> None:
    hidden = secrets_of(BEARER).hide(form)
    said = subprocess.run(
        ["bash", "-c", f'printf %s "{hidden}"'],
        env={"CHAT_API_KEY": KEY, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert said.stdout.decode() == form


def test_header_without_a_secret_is_not_redacted() -> None:
    assert not is_credential("X-Request-Id")
    assert secrets_of((("X-Request-Id", "abc"),)).hide("abc") == "abc"


def numbered(text: str) -> str:
    return "".join(f"&#{ord(character)};" for character in text)


def percent_encoded(text: str) -> str:
    return "".join(f"%{ord(character):02x}" for character in text)


HARD = "Ab+/c=d&e<g>'h%24$x`i12345"
ENCODINGS: dict[str, Callable[[str], str]] = {
    "upper": str.upper,
    "lower": str.lower,
    "json in json": lambda key: json.dumps(json.dumps(key)),
    "escapes": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "url": lambda key: quote(key, safe=""),
    "url, all of it": percent_encoded,
    "url, twice": lambda key: quote(percent_encoded(key)),
    "html": html.escape,
    "html by numbers": numbered,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64 of the header": lambda key: base64.b64encode(f"Bearer {key}".encode()).decode(),
    "base64 of user and key": lambda key: base64.urlsafe_b64encode(f"me:{key}:x".encode()).decode(),
    "base64 over lines": lambda key: "\n  ".join(base64.b64encode(key.encode()).decode().partition("5")),
    "hexadecimal": lambda key: key.encode().hex(),
    "over lines": lambda key: f"{key[:9]}\r\n    {key[9:]}",
    "over lines in JSON": lambda key: json.dumps(f"{key[:9]}\n{key[9:]}"),
    "a list of lines": lambda key: json.dumps([key[:9], key[9:]], indent=2),
}


@pytest.mark.parametrize("key", [KEY, HARD])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encoded_key_is_found_and_masked(encoding: str, key: str) -> None:
    secrets = secrets_of((("X-API-Key", key),))
    text = f"before {ENCODINGS[encoding](key)} after"
    assert secrets.leaked(text)
    for hidden in (secrets.hide(text), secrets.masked(text)):
        assert not secrets.leaked(hidden)
        assert hidden.startswith("before ")
        assert hidden.endswith(" after")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_masked_text_keeps_its_length(encoding: str) -> None:
    text = f"{ENCODINGS[encoding](KEY)} and {KEY}"
    assert len(secrets_of(BEARER).masked(text)) == len(text)


def test_key_inside_base64_data_is_found() -> None:
    encoded = base64.b64encode(json.dumps({"message": "x" * 50, "echo": KEY.upper()}).encode()).decode()
    assert secrets_of(BEARER).leaked(f'{{"body": "{encoded}"}}')


def test_beginning_of_the_key_in_a_shortened_text_is_redacted() -> None:
    assert KEY[:12] not in secrets_of(BEARER).hide(f'got "{KEY[:12]}…')


def test_text_without_the_key_is_unchanged() -> None:
    text = "sk-live is not the key, %41%42 &amp; \\u0041 " + base64.b64encode(b"another text, and long enough").decode()
    assert secrets_of(BEARER).hide(text) == secrets_of(BEARER).masked(text) == text
    assert not secrets_of(BEARER).leaked(text)


@pytest.mark.parametrize("bad", ["\\" * 200_000, "%25" * 60_000, "&amp;" * 40_000, '" ' * 100_000, "Sk-live-" * 20_000])
def test_long_text_full_of_escapes_is_searched_to_its_end(bad: str) -> None:
    hidden = secrets_of(BEARER).hide(f"{bad} {KEY.upper()}")
    assert hidden.startswith(bad)
    assert KEY.upper() not in hidden


def test_password_of_basic_and_cookie_values_are_redacted() -> None:
    basic = base64.b64encode(b"me:open sesame 42").decode()
    assert "open sesame" not in secrets_of((("Authorization", f"Basic {basic}"),)).hide("open sesame 42")
    assert "8f7e6d5c" not in secrets_of((("Cookie", "session=8f7e6d5c4b; theme=dark"),)).hide("session 8f7e6d5c4b")


def test_password_in_the_proxy_url_is_redacted() -> None:
    hidden = secrets_of((), "http://me:p%40ssword42@127.0.0.1:3128").hide("p@ssword42 and p%40ssword42")
    assert hidden == "${CHAT_PROXY_PASSWORD} and ${CHAT_PROXY_PASSWORD}"


def test_invalid_basic_credential_is_redacted_as_a_whole() -> None:
    assert "!!notbase64!!" not in secrets_of((("Authorization", "Basic !!notbase64!!"),)).hide("got !!notbase64!!")


def test_key_in_binary_data_is_masked() -> None:
    body = b"\xff" + KEY.encode() + b"\x00"
    masked = secrets_of(BEARER).masked_bytes(body)
    assert KEY.encode() not in masked
    assert (len(masked), masked[:1], masked[-1:]) == (len(body), b"\xff", b"\x00")


def test_short_key_is_replaced_as_a_whole_word_only() -> None:
    secrets = secrets_of((("X-API-Key", "ab"),))
    assert secrets.hide("about ab, lab") == "about ${CHAT_API_KEY}, lab"
    assert secrets.in_text("ab")
    assert not secrets.leaked("ab")
