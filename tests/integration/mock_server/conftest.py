"""Fixtures for the integration tests of the mock."""

from tests.support.mock import blueprint, client, run_mock, say, server

__all__ = ["blueprint", "client", "run_mock", "say", "server"]
