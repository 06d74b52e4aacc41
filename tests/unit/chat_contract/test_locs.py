"""The locs of a response of any form."""

from __future__ import annotations

from typing import Any

import pytest

from chat_contract.rules.locs import locs_of


@pytest.mark.parametrize(
    "response",
    [None, 5, "detail", [], {}, {"detail": 5}, {"detail": {"loc": []}}, {"detail": [7, None, {}, {"loc": "body"}]}],
)
def test_response_of_another_form_has_no_locs(response: Any) -> None:
    assert list(locs_of(response)) == []


@pytest.mark.parametrize("part", [{"a": 1}, [1], None, True, 1.5])
def test_loc_with_other_parts_than_names_and_indices_is_left_out(part: Any) -> None:
    response = {"detail": [{"loc": ["body", part]}, {"loc": ["body", "events", 0]}]}
    assert list(locs_of(response)) == [(1, ["body", "events", 0])]
