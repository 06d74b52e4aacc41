"""Schemathesis's own command line, which shares no oracle with the kit, finds nothing wrong with the mock."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_contract.resources import openapi_dir
from tests.support.mock import start
from tests.support.waiting import PATIENCE

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 150
"""Number of bodies that the fuzzing phase generates; the other phases add their own."""


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    running = start()
    yield running.url.removesuffix("/chat")
    running.stop()
    running.process.stdout.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_schemathesis_reports_no_failure_on_the_mock(base_url: str, seed: int, tmp_path: Path) -> None:
    command = [
        *(Path(sys.executable).with_name("schemathesis"), "run", openapi_dir() / "chat.yaml", "--url", base_url),
        *("--checks", CHECKS, "--seed", str(seed), "--max-examples", str(EXAMPLES), "--no-color"),
    ]
    # A folder of its own keeps settings and stored failures of other runs out.
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-1000:]
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", ended.stdout).groups()
    assert generated == passed
    assert int(generated) > 100
