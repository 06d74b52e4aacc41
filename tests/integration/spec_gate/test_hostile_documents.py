"""A sample of the hostile documents of ``make hostile-documents``."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.hostile.documents import RAW, Hostile, generated, run

SAMPLE = tuple(generated(len(RAW) + 16, seed=3))


@pytest.mark.parametrize("hostile", SAMPLE, ids=lambda one: one.name)
def test_hostile_documents_end_with_a_report_or_a_message(hostile: Hostile, tmp_path: Path) -> None:
    assert run(hostile, tmp_path).complaint == ""
