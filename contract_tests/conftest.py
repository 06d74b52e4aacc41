"""Options and fixtures of the verifier for pytest.

    pytest contract_tests --base-url http://127.0.0.1:4010/v1

Each clause is a test, and the exchanges that exercise it are its subtests. One run serves all selected tests and sends
only what they need. Without ``--base-url``, the suite starts the mock of this kit on a free port and verifies it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from chat_contract import Contract, KitError, load_contract
from chat_verifier.options import Options
from chat_verifier.report.build import build_report
from chat_verifier.report.model import VerifyReport
from chat_verifier.report.reproduce import Access
from chat_verifier.verify import run
from kit_http.headers import parse_headers
from kit_http.redaction.secrets import secrets_of

_CANNOT_VERIFY = 2
_MOCK = (sys.executable, "-P", "-m", "mock_server", "--port", "0")
"""``-P`` keeps Python from starting a folder of the same name in the working directory."""

_READY = re.compile(r"http://\S+(?=/chat)")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the suite."""
    group = parser.getgroup("contract", "the chat contract")
    try:
        group.addoption("--base-url", metavar="URL", help="Server to verify. Default: the mock of this kit.")
    except ValueError as error:
        # pytest-base-url and other plugins register the same option with the same meaning.
        if "--base-url" not in str(error):
            raise
    group.addoption(
        "--header", action="append", default=[], metavar="'NAME: VALUE'", help="Send this header with every request."
    )
    group.addoption(
        "--expect-auth", action="store_true", help="Check that the server rejects missing and wrong credentials."
    )
    group.addoption("--spec", type=Path, metavar="FILE", help="Use this document instead of the bundled contract.")
    group.addoption(
        "--overlay", type=Path, action="append", default=[], metavar="FILE", help="Apply this OpenAPI Overlay."
    )
    group.addoption("--strict-clauses", action="store_true", help="Fail on violated SHOULD clauses too.")
    group.addoption("--contract-seed", type=int, default=0, metavar="N", help="The same seed sends the same requests.")
    group.addoption("--call-timeout", type=float, metavar="S", help="Timeout of one request in seconds.")
    group.addoption("--workers", type=int, default=1, metavar="N", help="Number of concurrent requests.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Send everything from one worker of pytest-xdist: each worker would verify the whole server again."""
    # pytest-xdist ships no types, so its subclasses have none either.
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 - may be missing

    class OneWorker(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "contract" if Path(__file__).parent.name in nodeid else str(super()._split_scope(nodeid))

    return OneWorker(config, log)


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """Return the base URL of the server to verify."""
    given = pytestconfig.getoption("--base-url", None)
    if given:
        yield given
        return
    with subprocess.Popen(  # noqa: S603 - our own module
        _MOCK, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as mock:
        assert mock.stdout is not None
        output = ""
        for line in mock.stdout:
            output += line
            if ready := _READY.search(line):
                yield ready.group()
                mock.terminate()
                mock.wait(timeout=10)
                return
        _exit(f"the mock did not start:\n{output}")


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """Return the contract to verify against."""
    try:
        return load_contract(pytestconfig.getoption("--spec"), pytestconfig.getoption("--overlay"))
    except KitError as error:
        _exit(str(error))


@pytest.fixture(scope="session")
def report(base_url: str, contract: Contract, request: pytest.FixtureRequest) -> VerifyReport:
    """Verify the server once for all tests and return the report."""
    option = request.config.getoption
    selected = {
        item.callspec.params["clause"]
        for item in request.session.items
        if hasattr(item, "callspec") and "clause" in item.callspec.params
    }
    try:
        headers = parse_headers(tuple(option("--header")))
        options = Options(
            base_url=base_url,
            headers=headers,
            expect_auth=option("--expect-auth"),
            strict=option("--strict-clauses"),
            seed=option("--contract-seed"),
            timeout=option("--call-timeout"),
            workers=option("--workers"),
            only=None if selected >= set(contract.clauses) else frozenset(selected),
        )
        return build_report(run(contract, options), Access(base_url, headers, secrets_of(headers)))
    except KitError as error:
        _exit(str(error))


def _exit(problem: str) -> NoReturn:
    """End the session: without a verdict, no test may pass or fail."""
    pytest.exit(f"cannot verify: {problem}", returncode=_CANNOT_VERIFY)
