"""A mock of the chat service: answers as the contract says, from fixtures. Nothing happens at import."""

from mock_server.app import create_app
from mock_server.blueprint import Blueprint, read_blueprint
from mock_server.options import Options

__all__ = ["Blueprint", "Options", "create_app", "read_blueprint"]
