"""Pairwise rows cover every pair of levels, if there are enough rows."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from chat_verifier.planning.pairwise import Row, pairwise


def pairs_of(rows: list[Row], names: list[str]) -> set[frozenset[tuple[str, str]]]:
    return {frozenset({(one, row[one]), (other, row[other])}) for row in rows for one, other in combinations(names, 2)}


@settings(deadline=None, max_examples=30)
@given(
    faults=st.integers(1, 5),
    factors=st.dictionaries(
        st.sampled_from("abcd"), st.integers(1, 4).map(lambda n: [str(i) for i in range(n)]), min_size=1
    ),
)
def test_enough_rows_cover_every_pair(faults: int, factors: dict[str, list[str]]) -> None:
    fixed = [{"fault": str(number), "index": str(number)} for number in range(faults)] * 20
    rows = pairwise(fixed, factors, key="fault")
    names = ["fault", *factors]
    levels = {"fault": [row["fault"] for row in fixed], **factors}
    wanted = {
        frozenset({(one, left), (other, right)})
        for one, other in combinations(names, 2)
        for left in levels[one]
        for right in levels[other]
    }
    assert wanted <= pairs_of(rows, names)


def test_fixed_rows_are_kept_in_order() -> None:
    fixed = [{"fault": "a", "index": str(number)} for number in range(3)]
    rows = pairwise(fixed, {"turn": ["first", "later"]}, key="fault")
    assert [row["index"] for row in rows] == ["0", "1", "2"]
    assert {row["turn"] for row in rows} == {"first", "later"}
