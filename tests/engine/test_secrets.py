"""Keys are named, never shown, and the commands that name them still work."""

from __future__ import annotations

import subprocess

import pytest

from contract_tests.engine.secrets import is_credential, key_in, secrets_of

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
