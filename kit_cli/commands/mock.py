"""``chat-contract mock``: serve the mock."""

from __future__ import annotations

from kit_cli.frame import Command
from mock_server.cli import mock as plain

mock = Command(name=plain.name, callback=plain.callback, params=plain.params, help=plain.help)
"""The command of ``python -m mock_server``, in the frame of this command line."""
