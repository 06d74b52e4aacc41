"""Fixtures for the unit tests of the mock."""

from tests.support.mock import blueprint, client, run_mock, say, server

__all__ = ["blueprint", "client", "run_mock", "say", "server"]
