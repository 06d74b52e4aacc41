"""Fixtures for the unit tests of the mock."""

from tests.support.mock import client, run_mock, say, server, snapshot

__all__ = ["client", "run_mock", "say", "server", "snapshot"]
