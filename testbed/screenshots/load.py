"""The screenshot of a load report: a server that violates the contract with four or more connections."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from testbed.load_servers import serve_loaded
from tests.support.chromium import browser, page_of

SIZE = {"width": 1100, "height": 1330}
SECONDS = 25


@contextmanager
def page(seconds: int = SECONDS, port: int = 0) -> Iterator[Path]:
    """Put load on a faulty server and yield the HTML report while the block runs."""
    with tempfile.TemporaryDirectory() as folder, serve_loaded("limit-ignored", connections=4, port=port) as url:
        file = Path(folder) / "load.html"
        options = ("--users", "8", "--spawn-rate", "0.5", "--run-time", f"{seconds}s", "--think-time", "200ms")
        command = [sys.executable, "-m", "kit_cli", "load", url, *options, "--report", f"html={file}"]
        subprocess.run(command, check=False, capture_output=True)
        yield file


def take_for_the_documents(folder: Path) -> list[Path]:
    """Take the screenshot that the documents show."""
    picture = folder / "load.png"
    with (
        page(port=4030) as file,
        browser(shutil.which("chromium") or "") as opened,
        page_of(opened, file.parent.as_uri(), color_scheme="light", viewport=SIZE) as shown,
    ):
        shown.goto(file.as_uri())
        shown.screenshot(path=picture)
    return [picture]
