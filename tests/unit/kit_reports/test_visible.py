"""Characters that change what a terminal shows."""

from __future__ import annotations

import pytest

from kit_reports.visible import pipes_escaped, visible


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain é 机 🙂\t", "plain é 机 🙂\t"),
        ("\x1b[31mred", "\\u001b[31mred"),
        ("a\u2028b\x85c\nd", "a\\u2028b\\u0085c\\u000ad"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("a ##[error]b ##vso[c", "a ##\\u005berror]b ##vso\\u005bc"),
        ("## [a](b) #[c]", "## [a](b) #[c]"),
    ],
)
def test_control_and_bidirectional_characters_become_escapes(line: str, expected: str) -> None:
    assert visible(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"), [("a|b", r"a\|b"), (r"a\|b", r"a\|b"), (r"a\\|b|", r"a\\\|b\|"), ("a\\", "a\\")]
)
def test_no_pipe_ends_a_cell_of_a_table(line: str, expected: str) -> None:
    assert pipes_escaped(line) == expected
