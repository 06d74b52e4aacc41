"""The tests of the recorder start mocks, as those of the mock do."""

from __future__ import annotations

from tests.support.mock import run_mock

__all__ = ["run_mock"]
