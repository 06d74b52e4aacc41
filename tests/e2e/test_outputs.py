"""The output in the README and in docs/ is that of the commands that the pages show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import RequireProgram
from tests.support.outputs import Shared, agree, pages, renewed, shared_mock, shortened
from tests.support.paths import ROOT


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    with shared_mock() as mock:
        yield mock


@pytest.mark.parametrize("page", pages())
def test_output_in_a_page_is_that_of_its_commands(page: str, shared: Shared, require_program: RequireProgram) -> None:
    require_program("curl", "curl")
    require_program("node", "nodejs")
    hint = "run python -m tests.support.outputs --write"
    assert renewed(page, shared) == (ROOT / page).read_text("utf-8"), hint


def test_readme_shows_output() -> None:
    assert "README.md" in pages()


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\ntwo\n", "one\ntwo\n"),
        ("one\n…\nfour\n", "one\ntwo\nthree\nfour\n"),
        ("one\n…\n", "one\n"),
        ("done in 2.4 s\n", "done in 11 s\n"),
        ("1 passed in 8.89s\n", "1 passed in 72.10s (0:01:12)\n"),
        (
            '{"id": "b95a2b77-bbc1-4220-adec-ec82fb40875d"}\n',
            '{"id": "00000000-bbc1-4220-adec-ec82fb40875d"}\n',
        ),
    ],
)
def test_equal_output_agrees(shown: str, printed: str) -> None:
    assert agree(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("one\n", "one\ntwo\n"),
        ("one\n…\nfour\n", "one\ntwo\n"),
        ("3 requests in 2.4 s\n", "4 requests in 2.4 s\n"),
        ("1 conversation\n", ""),
    ],
)
def test_other_output_does_not_agree(shown: str, printed: str) -> None:
    assert not agree(shown, printed)


@pytest.mark.parametrize(
    ("shown", "printed", "renewed"),
    [
        ("one\n", "two\n", "two\n"),
        ("a 1\n…\nz 1\n", "a 2\nb\nz 2\n", "a 2\n…\nz 2\n"),
        ("a 1\n…\n", "a 2\nb\n", "a 2\n…\n"),
        ("a\n…\nm\n  9\n…\n", "a\nb\nm\n  10\nz\n", "a\n…\nm\n  10\n…\n"),
        ("a 1\n…\ngone\n…\nz\n", "a 2\nb\nz\n", "a 2\n…\nz\n"),
        ("a 1\n…\nz\n", "a 2\n", "a 2\n"),
    ],
)
def test_renewed_output_keeps_the_parts_that_the_page_showed(shown: str, printed: str, renewed: str) -> None:
    assert shortened(shown, printed) == renewed
