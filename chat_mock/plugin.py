"""The pytest plugin. It imports the client and the server only when a test uses the fixture."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from chat_mock.client import ChatMock
    from chat_mock.server import Server

_FIXTURE = "chat_mock"


@pytest.fixture(scope="session")
def chat_mock_options() -> Sequence[str]:
    """Options of ``chat-contract mock`` for the server of this session; override it in a ``conftest.py``."""
    return ()


@pytest.fixture(scope="session")
def chat_mock_server(chat_mock_options: Sequence[str]) -> Iterator[Server]:
    """Serve the mock on a free port, one per session and pytest-xdist worker."""
    from chat_mock.server import Server, ServerError  # noqa: PLC0415 - most test runs do not use them

    try:
        server = Server.start(chat_mock_options)
    except ServerError as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def chat_mock(chat_mock_server: Server) -> Iterator[ChatMock]:
    """Provide the mock, reset for every test. A request that violates the contract fails the test that sent it."""
    from chat_mock.client import ChatMock  # noqa: PLC0415 - as above

    mock = ChatMock(chat_mock_server.base_url)
    mock.reset()
    yield mock
    mock.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail the test if its client violated the contract. In a teardown, this would be an error instead."""
    result = yield
    mock = getattr(item, "funcargs", {}).get(_FIXTURE)
    failure_message = getattr(mock, "failure_message", None)
    if failure_message is not None and (text := failure_message()):
        pytest.fail(text, pytrace=False)
    return result
