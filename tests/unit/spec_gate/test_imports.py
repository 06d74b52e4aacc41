"""``chat-contract diff`` imports only what a comparison needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT
from tests.support.waiting import PATIENCE
from tests.unit.spec_gate.changing import body, written

RENDERERS = {"html", "junit", "sarif", "github", "markdown", "text"}
COMMAND = "from kit_cli.main import cli; cli.main(sys.argv[1:])"
LIST_MODULES = """
import json, sys
try:
    {}
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


def modules(*arguments: object) -> set[str]:
    """Return the modules that a run of the command line imports."""
    return imported(COMMAND, *arguments)


def imported(code: str, *arguments: object) -> set[str]:
    """Return the modules that a Python process has imported when this code ends."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", LIST_MODULES.format(code), *map(str, arguments)],
        capture_output=True, text=True, check=False, timeout=PATIENCE, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stderr
    return set(json.loads(done.stderr))


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Path, Path]:
    base, revision = (body(schema) for schema in ("{type: string}", "{type: integer}"))
    return written(tmp_path, "base.yaml", base), written(tmp_path, "revision.yaml", revision)


def test_small_comparison_imports_neither_the_contract_nor_slow_libraries(documents: tuple[Path, Path]) -> None:
    unwanted = {
        "chat_contract.contract", "chat_contract.document.overlay", "hypothesis", "jinja2", "jsonpath_rfc9535",
        "mock_server.loading", "flask", "chat_verifier", "pydantic", "spec_gate.impact.clauses", "urllib.request",
    }  # fmt: skip
    # Versions of jsonschema before 4.26 import urllib.request.
    assert (modules("diff", *documents) - imported("import jsonschema")) & unwanted == set()


@pytest.mark.parametrize("name", sorted(RENDERERS))
def test_only_the_requested_renderer_is_imported(documents: tuple[Path, Path], name: str) -> None:
    loaded = modules("diff", *documents, "--report", name)
    assert {one for one in RENDERERS if f"spec_gate.report.{one}" in loaded} == {name}


def test_help_imports_nothing_of_the_comparison() -> None:
    loaded = modules("diff", "--help")
    assert {name for name in loaded if name.startswith("spec_gate.")} == {
        "spec_gate.report", "spec_gate.report.formats",
    }  # fmt: skip
    assert {"jsonschema", "jsonschema_rs", "yaml"} & loaded == set()
