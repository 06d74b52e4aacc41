"""Chromium renders every page without errors: light and dark, wide and narrow."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from testbed.screenshots import console, gate, load
from testbed.screenshots.__main__ import SCHEMES, SIZES, report_pages, screenshot
from tests.conftest import RequireProgram
from tests.support.chromium import NAMELESS, POOR_CONTRAST, browser, page_of
from tests.support.paths import ROOT


def test_verify_report_renders_light_dark_and_on_a_phone(tmp_path: Path, require_program: RequireProgram) -> None:
    require_program("chromium", "chromium")
    page = report_pages(tmp_path)[1]
    drawn = set()
    for form, size in SIZES.items():
        for scheme, options in SCHEMES.items():
            file = tmp_path / f"{form}-{scheme}.png"
            screenshot(page.as_uri(), file, size, *options)
            drawn.add(file.read_bytes())
    # An empty page would be much smaller, and no two pictures are equal.
    assert len(drawn) == len(SIZES) * len(SCHEMES)
    assert min(map(len, drawn)) > 30_000


def shown_pictures() -> set[str]:
    """Return the names of the pictures that the README and the pages in docs show."""
    pages = (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
    return {
        name for page in pages for name in re.findall(r"\]\([^)]*pictures/([^/)]+\.png)\)", page.read_text("utf-8"))
    }


def test_console_pictures_of_the_documents_can_be_regenerated(tmp_path: Path, require_program: RequireProgram) -> None:
    require_program("chromium", "chromium")
    taken = console.take_for_the_documents(tmp_path)
    assert {path.name for path in taken} == {name for name, _ in console.DOCUMENTED}
    assert all(path.name in shown_pictures() and path.stat().st_size > 30_000 for path in taken)


def test_diff_report_renders_wide_and_on_a_phone_with_enough_contrast(
    tmp_path: Path, require_program: RequireProgram
) -> None:
    require_program("chromium", "chromium")
    with gate.page() as file, browser(shutil.which("chromium") or "") as opened:
        for viewport in gate.FORMS.values():
            for scheme in gate.SCHEMES:
                with page_of(opened, file.parent.as_uri(), color_scheme=scheme, **viewport) as shown:
                    shown.goto(file.as_uri())
                    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
                    assert shown.evaluate(POOR_CONTRAST) == []
                    assert shown.evaluate(NAMELESS) == []
                    assert shown.get_by_role("heading", name="Impact", exact=True).is_visible()


def test_diff_picture_of_the_documents_can_be_regenerated(tmp_path: Path, require_program: RequireProgram) -> None:
    require_program("chromium", "chromium")
    [taken] = gate.take_for_the_documents(tmp_path)
    assert taken.name in shown_pictures()
    assert taken.stat().st_size > 30_000


def test_load_report_renders_with_enough_contrast(require_program: RequireProgram) -> None:
    require_program("chromium", "chromium")
    assert "load.png" in shown_pictures()
    with load.page(seconds=10) as file, browser(shutil.which("chromium") or "") as opened:
        for viewport in gate.FORMS.values():
            for scheme in gate.SCHEMES:
                with page_of(opened, file.parent.as_uri(), color_scheme=scheme, **viewport) as shown:
                    shown.goto(file.as_uri())
                    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
                    assert shown.evaluate(POOR_CONTRAST) == []
                    assert shown.evaluate(NAMELESS) == []
                    assert shown.get_by_role("heading", name="Over time", exact=True).is_visible()
