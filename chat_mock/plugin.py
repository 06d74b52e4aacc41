"""The pytest plugin. What the fixture is made of is imported when a test first asks for it."""

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
    """Serve the mock on a free port: one a session, one a worker under pytest-xdist."""
    from chat_mock.server import Server, ServerError  # noqa: PLC0415 - most runs never come here

    try:
        server = Server.start(chat_mock_options)
    except ServerError as error:
        pytest.fail(str(error), pytrace=False)
    yield server
    server.stop()


@pytest.fixture
def chat_mock(chat_mock_server: Server) -> Iterator[ChatMock]:
    """Give the mock, as good as new for every test; a request that breaks the contract fails the test that sent it."""
    from chat_mock.client import ChatMock  # noqa: PLC0415 - likewise

    mock = ChatMock(chat_mock_server.base_url)
    mock.reset()
    yield mock
    mock.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Judge what the test's client sent while the test still can fail; in a teardown it would be an error."""
    result = yield
    mock = getattr(item, "funcargs", {}).get(_FIXTURE)
    complaint = getattr(mock, "complaint", None)
    if complaint is not None and (text := complaint()):
        pytest.fail(text, pytrace=False)
    return result
