"""What every test can count on: a clean environment, no thread left behind, programs that are there or a skip."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

REQUIRE_ALL = "CHAT_CONTRACT_REQUIRE_ALL"
_OURS = "CHAT_CONTRACT_"
_MISLEADING = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_SECONDS_FOR_THREADS = 5.0
_RECURSION_LIMIT = sys.getrecursionlimit()

RequireProgram = Callable[[str, str], str]


def find_program(name: str, package: str) -> str:
    """The program's path; without it the test is skipped by the package's name, or fails where none may be skipped."""
    # Debian keeps servers where only root looks.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        give_up = pytest.fail if os.environ.get(REQUIRE_ALL) == "1" else pytest.skip
        give_up(f"needs {name}: install the package {package}")
    return found


@pytest.fixture(scope="session")
def require_program() -> RequireProgram:
    """``require_program("redis-server", "redis-server")`` is the program's path, or ends the test."""
    return find_program


@pytest.fixture(autouse=True)
def no_deeper_recursion() -> Iterator[None]:
    """The gate's command may nest deeper than others; how deep Python goes is no legacy for the next test."""
    yield
    sys.setrecursionlimit(_RECURSION_LIMIT)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kit's variables and those that change how HTTP clients behave are a developer's own; no test sees them."""
    for name in list(os.environ):
        ours = name.startswith(_OURS) and name != REQUIRE_ALL
        if ours or name.upper() in _MISLEADING:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """A thread that would keep the process alive must end with its test; those of wider fixtures were there before."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + _SECONDS_FOR_THREADS
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert [thread.name for thread in left if thread.is_alive()] == []
