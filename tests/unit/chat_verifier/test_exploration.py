"""Exploration cases depend on the contract and the seed only."""

from __future__ import annotations

from pathlib import Path

import pytest

from chat_contract import load_contract
from chat_verifier.planning.exploration import generate_cases


@pytest.mark.parametrize("text", ["junk = [", "[generation]\nmode = 'positive'\nallow-x00 = false\n"])
def test_configuration_of_schemathesis_in_the_working_directory_is_not_read(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = load_contract()
    usual = generate_cases(contract, 3, 6)
    (tmp_path / "schemathesis.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert [case.id for case in generate_cases(contract, 3, 6)] == [case.id for case in usual]
