"""Fixtures for the integration tests of the mock."""

from tests.support.mock import client, fails, run_mock, say, server, snapshot

__all__ = ["client", "fails", "run_mock", "say", "server", "snapshot"]
