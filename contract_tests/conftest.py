"""The suite as pytest tests: one test id a clause, its cases as subtests, over the same engine as ``verify``.

    pytest contract_tests --base-url http://127.0.0.1:4010/v1

One run of the engine serves all selected tests; it sends what they need and no more. Without ``--base-url`` our own
mock is judged, started on a free port.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_contract import Contract, KitError, load_contract
from chat_contract.exchange import Headers
from chat_verifier.findings.causes import Cause
from chat_verifier.findings.verdict import ClauseResult, RunResult
from chat_verifier.report.reproduce import Way, command
from chat_verifier.run.runner import by_clause
from chat_verifier.verify import Options, run
from kit_http.headers import parse_headers
from kit_http.redaction.secrets import Secrets, secrets_of

_COULD_NOT_JUDGE = 2
_READY = re.compile(r"http://\S+(?=/chat)")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the suite's options; ``--base-url`` only where no other plugin has it."""
    group = parser.getgroup("contract", "the chat contract")
    try:
        group.addoption("--base-url", metavar="URL", help="The server to judge; without it, our own mock.")
    except ValueError as error:
        # pytest-base-url and others register the same option, with the same meaning.
        if "--base-url" not in str(error):
            raise
    group.addoption("--header", action="append", default=[], metavar="'NAME: VALUE'", help="Sent with every request.")
    group.addoption("--expect-auth", action="store_true", help="The server demands the key given by --header.")
    group.addoption("--spec", type=Path, metavar="FILE", help="Another contract to judge by.")
    group.addoption("--overlay", type=Path, action="append", default=[], metavar="FILE", help="What this server adds.")
    group.addoption("--strict-clauses", action="store_true", help="Fail for broken SHOULD clauses too.")
    group.addoption("--contract-seed", type=int, default=0, metavar="N", help="The same seed sends the same.")
    group.addoption("--call-timeout", type=float, metavar="S", help="Seconds a call may take.")
    group.addoption("--workers", type=int, default=1, metavar="N", help="How many requests may be on their way.")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Let one worker of pytest-xdist send everything: each would judge the server anew, and pay for it again."""
    # pytest-xdist ships no types, so that what is made of it has none either.
    from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # noqa: PLC0415 - may be missing

    class OneWorker(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return "contract" if Path(__file__).parent.name in nodeid else str(super()._split_scope(nodeid))

    return OneWorker(config, log)


class Judged:
    """The result of the run, asked clause by clause."""

    def __init__(self, result: RunResult, headers: Headers, subtests: Any) -> None:
        self.result = result
        self.headers = headers
        self.secrets: Secrets = secrets_of(headers)
        self.subtests = subtests

    def hold(self, name: str) -> None:
        """Pass if the clause holds, fail if it is broken; a broken SHOULD is an expected failure with its reason."""
        found = next(clause for clause in self.result.clauses if clause.clause.id == name)
        if found.verdict == "skipped":
            pytest.skip(found.reason)
        if found.verdict == "warn":
            pytest.xfail("; ".join(self._brief(cause) for cause in found.causes))
        self._cases(found)

    def _cases(self, found: ClauseResult) -> None:
        broken = {id(cause.exhibit): cause for cause in found.causes if not cause.intermittent}
        shown = found.verdict == "fail"
        for observation in by_clause(self.result.observations).get(found.clause.id, []):
            with self.subtests.test(observation.case.label):
                cause = broken.pop(id(observation), None) if shown else None
                if cause is not None:
                    pytest.fail(self._story(cause), pytrace=False)
        for cause in broken.values() if shown else ():
            with self.subtests.test(cause.exhibit.case.label):
                pytest.fail(self._story(cause), pytrace=False)

    def _brief(self, cause: Cause) -> str:
        return self.secrets.hide(cause.violation.message)

    def _story(self, cause: Cause) -> str:
        shown = command(cause.exhibit, Way(self.result.base_url, self.headers, self.secrets))
        return self.secrets.hide(f"{cause.violation.message}\n{cause.violation.requirement}\n\n{shown}")


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config) -> Iterator[str]:
    """Name the server to judge."""
    given = pytestconfig.getoption("--base-url", None)
    if given:
        yield given
        return
    with subprocess.Popen(
        [sys.executable, "-m", "mock_server", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as mock:
        assert mock.stdout is not None
        said = ""
        for line in mock.stdout:
            said += line
            if ready := _READY.search(line):
                yield ready.group()
                mock.terminate()
                mock.wait(timeout=10)
                return
        pytest.exit(f"the mock did not start: {said}", returncode=_COULD_NOT_JUDGE)


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """Load the contract to judge by."""
    try:
        return load_contract(pytestconfig.getoption("--spec"), pytestconfig.getoption("--overlay"))
    except KitError as error:
        pytest.exit(f"could not judge: {error}", returncode=_COULD_NOT_JUDGE)


@pytest.fixture(scope="session")
def run_result(base_url: str, contract: Contract, request: pytest.FixtureRequest) -> RunResult:
    """Run once for all tests, sending what the selected clauses need."""
    selected = {
        item.callspec.params["clause"] for item in request.session.items if hasattr(item, "callspec") and _is_ours(item)
    }
    config = request.config
    try:
        return run(
            contract,
            Options(
                base_url=base_url,
                headers=parse_headers(tuple(config.getoption("--header"))),
                expect_auth=config.getoption("--expect-auth"),
                strict=config.getoption("--strict-clauses"),
                seed=config.getoption("--contract-seed"),
                timeout=config.getoption("--call-timeout"),
                workers=config.getoption("--workers"),
                only=None if selected >= set(contract.clauses) else frozenset(selected),
            ),
        )
    except KitError as error:
        pytest.exit(f"could not judge: {error}", returncode=_COULD_NOT_JUDGE)


def _is_ours(item: Any) -> bool:
    return "clause" in item.callspec.params


@pytest.fixture
def judged(run_result: RunResult, pytestconfig: pytest.Config, subtests: Any) -> Judged:
    """Give the run's result, with the subtests of this test."""
    return Judged(run_result, parse_headers(tuple(pytestconfig.getoption("--header"))), subtests)
