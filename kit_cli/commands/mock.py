"""``chat-contract mock``: serve the mock."""

from mock_server.cli import mock

__all__ = ["mock"]
