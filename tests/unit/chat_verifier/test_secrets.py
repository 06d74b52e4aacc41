"""Keys are named, never shown, and the commands that name them still work."""

from __future__ import annotations

import base64
import html
import json
import subprocess
from urllib.parse import quote

import pytest

from kit_http.redaction.secrets import is_credential, key_in, secrets_of

KEY = "Sk-live-0123456789"
BEARER = (("Authorization", f"Bearer {KEY}"),)


def test_the_key_is_found_without_its_scheme():
    assert key_in(BEARER) == KEY
    assert key_in((("X-API-Key", KEY),)) == KEY
    assert key_in((("X-Trace", "1"),)) is None


@pytest.mark.parametrize("form", [KEY, KEY[:-1], KEY.swapcase(), f"{KEY}x", f"Bearer {KEY}"])
def test_no_form_of_the_key_stays_in_a_text(form):
    hidden = secrets_of(BEARER).hide(f"before {form} after")
    assert KEY not in hidden
    assert KEY[:-1] not in hidden
    assert KEY.swapcase() not in hidden


@pytest.mark.parametrize("form", [KEY, KEY[:-1], KEY.swapcase(), f"{KEY}x", KEY[: (len(KEY) + 1) // 2] + "000"])
def test_a_shell_that_knows_the_key_gets_the_same_text_back(form):
    hidden = secrets_of(BEARER).hide(form)
    said = subprocess.run(
        ["bash", "-c", f'printf %s "{hidden}"'],
        env={"CHAT_API_KEY": KEY, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
    )
    assert said.stdout.decode() == form


def test_headers_that_carry_no_secret_are_left_alone():
    assert not is_credential("X-Request-Id")
    assert secrets_of((("X-Request-Id", "abc"),)).hide("abc") == "abc"


def numbered(text):
    return "".join(f"&#{ord(character)};" for character in text)


def percented(text):
    return "".join(f"%{ord(character):02x}" for character in text)


HARD = "Ab+/c=d&e<g>'h%24$x`i12345"
DISGUISES = {
    "upper": str.upper,
    "lower": str.lower,
    "json in json": lambda key: json.dumps(json.dumps(key)),
    "escapes": lambda key: "".join(f"\\u{ord(character):04X}" for character in key),
    "url": lambda key: quote(key, safe=""),
    "url, all of it": percented,
    "url, twice": lambda key: quote(percented(key)),
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
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_key_that_a_server_wrote_otherwise_is_found_and_masked(disguise, key):
    secrets = secrets_of((("X-API-Key", key),))
    text = f"before {DISGUISES[disguise](key)} after"
    assert secrets.leaked(text)
    for hidden in (secrets.hide(text), secrets.masked(text)):
        assert not secrets.leaked(hidden)
        assert hidden.startswith("before ")
        assert hidden.endswith(" after")


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_mask_is_as_long_as_what_it_hides(disguise):
    text = f"{DISGUISES[disguise](KEY)} and {KEY}"
    assert len(secrets_of(BEARER).masked(text)) == len(text)


def test_a_key_inside_of_what_was_packed_is_found():
    packed = base64.b64encode(json.dumps({"message": "x" * 50, "echo": KEY.upper()}).encode()).decode()
    assert secrets_of(BEARER).leaked(f'{{"body": "{packed}"}}')


def test_a_key_that_was_cut_off_is_hidden():
    assert KEY[:12] not in secrets_of(BEARER).hide(f'got "{KEY[:12]}…')


def test_a_text_without_the_key_stays_as_it_is():
    text = "sk-live is no key, %41%42 &amp; \\u0041 " + base64.b64encode(b"another text, and long enough").decode()
    assert secrets_of(BEARER).hide(text) == secrets_of(BEARER).masked(text) == text
    assert not secrets_of(BEARER).leaked(text)


@pytest.mark.parametrize("bad", ["\\" * 200_000, "%25" * 60_000, "&amp;" * 40_000, '" ' * 100_000, "Sk-live-" * 20_000])
def test_a_long_text_full_of_escapes_is_searched_to_its_end(bad):
    hidden = secrets_of(BEARER).hide(f"{bad} {KEY.upper()}")
    assert hidden.startswith(bad)
    assert KEY.upper() not in hidden


def test_parts_of_a_credential_are_secrets_too():
    basic = base64.b64encode(b"me:open sesame 42").decode()
    assert "open sesame" not in secrets_of((("Authorization", f"Basic {basic}"),)).hide("open sesame 42")
    assert "8f7e6d5c" not in secrets_of((("Cookie", "session=8f7e6d5c4b; theme=dark"),)).hide("session 8f7e6d5c4b")


def test_the_password_of_a_proxy_is_a_secret():
    hidden = secrets_of((), "http://me:p%40ssword42@127.0.0.1:3128").hide("p@ssword42 and p%40ssword42")
    assert hidden == "${CHAT_PROXY_PASSWORD} and ${CHAT_PROXY_PASSWORD}"
