"""The tests of the recorder start mocks, as those of the mock do."""

from __future__ import annotations

from tests.mock_server.conftest import run_mock

__all__ = ["run_mock"]
