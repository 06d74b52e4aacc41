"""Counts have their noun in the right form."""

from __future__ import annotations

import pytest

from kit_reports.counting import count_of


@pytest.mark.parametrize(
    ("count", "noun", "text"),
    [
        (1, "item", "1 item"),
        (2, "item", "2 items"),
        (0, "e-mail address", "0 e-mail addresses"),
        (1, "status", "1 status"),
    ],
)
def test_count_has_a_noun_in_the_right_form(count: int, noun: str, text: str) -> None:
    assert count_of(count, noun) == text


def test_irregular_plural_is_used() -> None:
    assert count_of(3, "reply", "replies") == "3 replies"
