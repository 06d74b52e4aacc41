"""Takes screenshots of the gate's HTML report on a change of the bundled contract."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chat_contract.resources import openapi_dir
from tests.support.chromium import browser, page_of

FORMS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1200, "height": 900}},
    "phone": {"viewport": {"width": 375, "height": 812}, "device_scale_factor": 2, "has_touch": True},
}
ROOT = Path(__file__).resolve().parents[2]
SCHEMES = ("light", "dark")
DOCUMENTED = "diff.png"
CHANGES = (
    ("required: [message]", "required: [message, user_id]"),
    ("          maximum: 2147483647\n          default: 4", "          maximum: 10\n          default: 6"),
    ("        price:\n          type: [string, 'null']", "        price:\n          type: number"),
    ("        session_id:\n", "        locale:\n          type: string\n        session_id:\n"),
)
CONSUMER = """consumer: web-shop
reads:
  - operation: POST /chat
    status: "200"
    fields: [/message, /items/*/price]
"""


@contextmanager
def page() -> Iterator[Path]:
    """Write the report of a change with three breaking edits; yields its file."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        text = (openapi_dir() / "chat.yaml").read_text("utf-8")
        (folder / "main.yaml").write_text(text, "utf-8")
        for old, new in CHANGES:
            assert old in text
            text = text.replace(old, new, 1)
        (folder / "chat.yaml").write_text(text, "utf-8")
        (folder / "consumer.yaml").write_text(CONSUMER, "utf-8")
        command = [sys.executable, "-m", "kit_cli", "diff", "main.yaml", "chat.yaml", "--report", "html=page.html"]
        subprocess.run(
            command, cwd=folder, check=False, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        )
        yield folder / "page.html"


def take(folder: Path) -> list[Path]:
    """Take the whole page: on a desktop and a phone, light and dark. Returns the files."""
    taken = []
    with page() as file, browser(shutil.which("chromium") or "") as opened:
        for form, viewport in FORMS.items():
            for scheme in SCHEMES:
                with page_of(opened, file.parent.as_uri(), color_scheme=scheme, **viewport) as shown:
                    shown.goto(file.as_uri())
                    taken.append(folder / f"gate-{form}-{scheme}.png")
                    shown.screenshot(path=taken[-1], full_page=True)
    return taken


def take_for_the_documents(folder: Path) -> list[Path]:
    """Take the picture for the documents: the top of the page."""
    with (
        page() as file,
        browser(shutil.which("chromium") or "") as opened,
        page_of(opened, file.parent.as_uri(), color_scheme="light", **FORMS["desktop"]) as shown,
    ):
        shown.goto(file.as_uri())
        shown.screenshot(path=folder / DOCUMENTED)
    return [folder / DOCUMENTED]
