"""A mock of the chat service that responds from fixtures, as the contract documents it."""

from typing import TYPE_CHECKING, Any

from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.loading.snapshot import Snapshot

if TYPE_CHECKING:
    from mock_server.app import create_app

__all__ = ["Options", "Snapshot", "create_app", "read_snapshot"]


def __getattr__(name: str) -> Any:
    """Import Flask only when the application is created: the server starts without it."""
    if name == "create_app":
        from mock_server.app import create_app  # noqa: PLC0415 - see above

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
