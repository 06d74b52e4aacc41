"""Modules and functions stay as short as CONTRIBUTING.md states."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT
from tests.support.sizes import MEASURES, measured

_SECTION = re.compile(r"^## Sizes\n(.*?)^## ", re.DOTALL | re.MULTILINE)


def stated() -> dict[str, int]:
    """Return the upper limits in the table of CONTRIBUTING.md."""
    section = _SECTION.search((ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert section is not None
    return {name: int(limit) for name, limit in re.findall(r"^\| ([^|]+?) \| (\d+) lines \|", section[1], re.MULTILINE)}


@pytest.mark.parametrize("measure", MEASURES)
def test_sizes_stay_below_the_limits_of_contributing(measure: str) -> None:
    assert measured()[measure] <= stated()[measure]


def test_table_has_exactly_these_measures() -> None:
    assert set(stated()) == set(MEASURES)
