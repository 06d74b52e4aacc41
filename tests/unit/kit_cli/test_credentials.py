"""API keys from environment variables."""

from __future__ import annotations

import pytest

from chat_contract import UsageError
from kit_cli.credentials import key_headers, key_of

KEY = "sk-live-0123456789"


def test_key_is_sent_as_bearer_token_or_api_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGING_KEY", KEY)
    assert key_headers({"key_env": "STAGING_KEY", "key_as": "bearer"}) == (("Authorization", f"Bearer {KEY}"),)
    assert key_headers({"key_env": "STAGING_KEY", "key_as": "x-api-key"}) == (("X-API-Key", KEY),)


def test_no_option_sends_no_key() -> None:
    assert key_headers({"key_env": None, "key_as": "bearer"}) == ()


@pytest.mark.parametrize("value", [None, ""])
def test_missing_or_empty_variable_is_refused(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGING_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("STAGING_KEY", value)
    with pytest.raises(UsageError, match="--key-env STAGING_KEY: the environment variable is not set or empty"):
        key_headers({"key_env": "STAGING_KEY", "key_as": "bearer"})


def test_key_in_place_of_a_name_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="expected the name of an environment variable") as refused:
        key_of("--key-env", "sk-s3cr3t")
    assert "s3cr3t" not in str(refused.value)
    monkeypatch.setenv("STAGING_KEY", "sk-s3cr3t")
    assert key_of("--key-env", "STAGING_KEY") == "sk-s3cr3t"
