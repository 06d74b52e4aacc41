"""A mock of the chat service that responds from fixtures, as the contract documents it.

Names are imported on first use: the command line shows its help without them, and the server starts without Flask.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False  # Type checkers read it as true; importing it from typing takes 10 ms.

if TYPE_CHECKING:
    from mock_server.app import create_app
    from mock_server.loading.load import read_snapshot
    from mock_server.loading.options import Options
    from mock_server.loading.snapshot import Snapshot

__all__ = ["Options", "Snapshot", "create_app", "read_snapshot"]

_MODULES = {
    "Options": "loading.options",
    "Snapshot": "loading.snapshot",
    "create_app": "app",
    "read_snapshot": "loading.load",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is used."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
