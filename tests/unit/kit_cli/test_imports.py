"""Help and version are fast: they import nothing that only a running command needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE

HEAVY = {
    *("flask", "werkzeug", "jinja2", "uvicorn", "uvloop", "watchfiles", "a2wsgi"),
    *("requests", "urllib3", "httpx", "rich", "platformdirs"),
    *("hypothesis", "schemathesis", "pytest", "harfile"),
    *("jsonschema", "jsonschema_rs", "referencing", "openapi_spec_validator", "jsonpath_rfc9535"),
    *("yaml", "pydantic", "pydantic_core", "cachetools"),
}
PRODUCTS = {"chat_verifier", "mock_server", "spec_gate", "chat_mock", "kit_http", "kit_options", "kit_reports"}
IMPORTED = """
import atexit, sys
atexit.register(lambda: print(*{name.partition(".")[0] for name in sys.modules}, file=sys.stderr))
from kit_cli.main import run
run()
"""


def imported_by(*arguments: str) -> set[str]:
    """Return the packages that a call of the command line imports."""
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return set(ended.stderr.split())


@pytest.mark.parametrize("option", ["--version", "--help", "-h"])
def test_version_and_help_import_click_and_the_command_line_only(option: str) -> None:
    assert imported_by(option) & (HEAVY | PRODUCTS) == set()


@pytest.mark.parametrize(
    "command",
    [
        ("completion",),
        ("diff",),
        ("fixtures",),
        ("fixtures", "check"),
        ("fixtures", "list"),
        ("fixtures", "new"),
        ("mock",),
        ("parity",),
        ("record",),
        ("report",),
        ("verify",),
    ],
    ids=" ".join,
)
def test_help_of_a_command_imports_no_library_of_its_product(command: tuple[str, ...]) -> None:
    assert imported_by(*command, "--help") & HEAVY == set()
