"""Fixtures for the integration tests of the recorder."""

from __future__ import annotations

from tests.support.mock import run_mock

__all__ = ["run_mock"]
