"""What importing the package costs, and that its lazy names resolve."""

from __future__ import annotations

import subprocess
import sys

import pytest

import chat_contract

HEAVY = {"yaml", "jsonschema", "referencing", "jsonpath_rfc9535", "rfc3339_validator", "typing"}


CODE = "import sys; sys.path[:0] = sys.argv[1:]; import chat_contract.version"


def test_importing_the_version_loads_no_other_module_of_the_package() -> None:
    command = [sys.executable, "-S", "-X", "importtime", "-c", CODE, *sys.path]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert not loaded & HEAVY
    assert {name for name in loaded if name.startswith("chat_contract")} == {"chat_contract", "chat_contract.version"}


@pytest.mark.parametrize("name", chat_contract.__all__)
def test_every_exported_name_resolves(name: str) -> None:
    assert getattr(chat_contract, name) is not None


def test_an_unknown_name_raises_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'absent'"):
        _ = chat_contract.absent
