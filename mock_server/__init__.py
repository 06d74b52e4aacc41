"""A mock of the chat service: answers as the contract says, from fixtures. Nothing happens at import."""

from typing import TYPE_CHECKING, Any

from mock_server.loading.load import Blueprint, read_blueprint
from mock_server.loading.options import Options

if TYPE_CHECKING:
    from mock_server.app import create_app

__all__ = ["Blueprint", "Options", "create_app", "read_blueprint"]


def __getattr__(name: str) -> Any:
    """Load Flask when somebody asks for the application; the mock starts without waiting for it."""
    if name == "create_app":
        from mock_server.app import create_app  # noqa: PLC0415 - that is the point

        return create_app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
