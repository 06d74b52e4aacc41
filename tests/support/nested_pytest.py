"""pytest in a process of its own, in the project of a user."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.waiting import PATIENCE

_NOT_OURS = ("cacheprovider", "schemathesis", "locust", "faker", "hypothesispytest", "anyio")
"""Plugins of our environment that are not those of the user, and take longer to load than most tests."""


def pytest_in(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run pytest in the folder."""
    without = [part for name in _NOT_OURS for part in ("-p", f"no:{name}")]
    command = [sys.executable, "-m", "pytest", "-q", *without, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False)
