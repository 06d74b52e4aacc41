"""A random edit of a large document that breaks clients is found; the same document in other words has no finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from testbed.gate_quality.metamorphic import breaking_edit, compared, complaint, document, in_other_words

SEEDS = range(12)


@pytest.mark.parametrize("seed", SEEDS)
def test_breaking_edit_anywhere_is_found_with_a_witness(seed: int, tmp_path: Path) -> None:
    base = document(seed)
    assert complaint(base, breaking_edit(base, seed), tmp_path) == ""


@pytest.mark.parametrize("seed", SEEDS)
def test_document_in_other_words_has_no_findings(seed: int, tmp_path: Path) -> None:
    base = document(seed)
    assert compared(base, in_other_words(base, seed), tmp_path).findings == ()
