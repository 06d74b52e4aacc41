"""Texts with many marks in a row take no time that grows with their square."""

from __future__ import annotations

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from chat_contract.decomposition import decompose
from chat_contract.ids import fold
from mock_server.shop.words import words_of
from tests.support.waiting import at_most_cpu_seconds

GENEROUS = 20.0
MARKS = "\u0301\u0327\u302e"


def test_many_marks_in_a_row_are_decomposed_in_linear_time() -> None:
    """Python's own decomposition of this text would take an hour."""
    text = "b" + "".join(mark * 300_000 for mark in MARKS)
    with at_most_cpu_seconds(GENEROUS):
        assert (fold(text), words_of(text)) == ("b", ["b"])


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(st.text(alphabet=st.characters() | st.sampled_from(MARKS), max_size=300))
def test_letters_are_those_of_the_whole_text(text: str) -> None:
    def letters(decomposed: str) -> list[str]:
        return [each for each in decomposed if not unicodedata.combining(each)]

    assert letters(decompose(text)) == letters(unicodedata.normalize("NFKD", text))
