"""A running mock of the chat service for tests: the pytest fixture ``chat_mock``, and :func:`serve_mock` elsewhere.

pytest loads the plugin by its entry point. Until a test uses the fixture, nothing else is imported.
"""

from __future__ import annotations

TYPE_CHECKING = False  # Type checkers read it as true; importing it from typing takes 10 ms.

if TYPE_CHECKING:
    from chat_mock.client import ChatMock
    from chat_mock.control import ChatMockError
    from chat_mock.received import ChatRequest
    from chat_mock.serving import serve_mock

__all__ = ["ChatMock", "ChatMockError", "ChatRequest", "serve_mock"]


def __getattr__(name: str) -> object:
    """Import a public name when it is used."""
    from importlib import import_module  # noqa: PLC0415 - most test runs do not use it

    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("chat_mock.serving" if name == "serve_mock" else "chat_mock.client"), name)
