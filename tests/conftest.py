"""Fixtures for every test: a clean environment, a check for threads left behind, and required programs."""

from __future__ import annotations

import hashlib
import inspect
import os
import pickle
import shutil
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, settings

from chat_contract import Contract
from chat_verifier.planning.plan import Plan, make_plan
from chat_verifier.planning.tiers import Sizes
from tests.support.waiting import PATIENCE

if "mix_stderr" in inspect.signature(CliRunner).parameters:
    # Versions of click before 8.2 mix the streams by default.
    CliRunner.__init__.__defaults__ = ("utf-8", None, False, False)

# The deadline of an example, and the time to generate examples, are wall time, which a busy machine exceeds.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")

REQUIRE_ALL = "CHAT_CONTRACT_REQUIRE_ALL"
_OURS = "CHAT_CONTRACT_"
_MISLEADING = (
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "NETRC", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    *("TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "PYTHONIOENCODING", "PYTEST_ADDOPTS"),
)

RequireProgram = Callable[[str, str], str]


def find_program(name: str, package: str) -> str:
    """Return the program's path, or skip the test with the name of its package; with REQUIRE_ALL, fail instead."""
    # Debian installs servers into folders that only root has on its PATH.
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        give_up = pytest.fail if os.environ.get(REQUIRE_ALL) == "1" else pytest.skip
        give_up(f"needs {name}: install the package {package}")
    return found


@pytest.fixture(scope="session")
def require_program() -> RequireProgram:
    """Return a function: ``require_program(name, package)`` gives the program's path or ends the test."""
    return find_program


@pytest.fixture(autouse=True, scope="session")
def plans_are_made_once() -> Iterator[None]:
    """Keep the plans of ``verify``: the same arguments give the same plan, and making one takes most of a second."""
    kept: dict[object, Plan] = {}

    def keep(contract: Contract, sizes: Sizes, *, seed: int = 0, key: str | None = None) -> Plan:
        arguments = (hashlib.sha256(pickle.dumps(contract)).digest(), sizes, seed, key)
        if arguments not in kept:
            kept[arguments] = make_plan(contract, sizes, seed=seed, key=key)
        return kept[arguments]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat_verifier.verify.make_plan", keep)
        yield


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the kit's own variables, and those that change how HTTP clients and terminals behave, from every test."""
    for name in list(os.environ):
        ours = name.startswith(_OURS) and name != REQUIRE_ALL
        if ours or name.upper() in _MISLEADING:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_thread_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread running which would keep the process alive."""
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + PATIENCE
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(max(0.0, deadline - time.monotonic()))
    assert [thread.name for thread in left if thread.is_alive()] == []
