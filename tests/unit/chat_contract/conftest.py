"""Fixtures of the core tests: the shipped contract, and a function that writes documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chat_contract import Contract, load_contract

Write = Callable[..., Path]


@pytest.fixture(scope="session")
def contract() -> Contract:
    return load_contract()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a function that writes text, bytes or a JSON value to a file and returns its path."""

    def write_document(content: Any, name: str = "document.yaml") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")
        return path

    return write_document
