"""Every page can be looked at: Chromium draws it, light and dark, wide and narrow, and finds nothing to complain of."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import RequireProgram
from tests.looks.__main__ import SCHEMES, SIZES, picture, report_pages


def test_the_report_is_drawn_in_both_schemes_and_on_a_phone(tmp_path: Path, require_program: RequireProgram) -> None:
    require_program("chromium", "chromium")
    page = report_pages(tmp_path)[1]
    drawn = set()
    for form, size in SIZES.items():
        for scheme, options in SCHEMES.items():
            file = tmp_path / f"{form}-{scheme}.png"
            picture(page.as_uri(), file, size, *options)
            drawn.add(file.read_bytes())
    # An empty page is much smaller; no two of the pictures are the same.
    assert len(drawn) == len(SIZES) * len(SCHEMES)
    assert min(map(len, drawn)) > 30_000
