"""Settings of the property tests: the same examples in each run, without a deadline or a database."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st


def examples(count: int) -> settings:
    """Return settings with this number of examples, derived from the test itself."""
    return settings(
        derandomize=True,
        deadline=None,
        database=None,
        max_examples=count,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def json_values(text: st.SearchStrategy[str] | None = None) -> st.SearchStrategy:
    """Generate JSON values of every type."""
    strings = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) if text is None else text
    numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | numbers | strings,
        lambda children: st.lists(children, max_size=4) | st.dictionaries(strings, children, max_size=4),
        max_leaves=12,
    )
