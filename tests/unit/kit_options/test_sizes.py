"""Sizes on the command line are bytes, or numbers with a unit."""

from __future__ import annotations

import click
import pytest

from kit_options.sizes import Size, shown_size


@pytest.mark.parametrize(
    ("text", "size"),
    [("7", 7), ("7B", 7), ("512KiB", 524_288), ("10MiB", 10_485_760), ("10 mib", 10_485_760), ("1GiB", 1 << 30)],
)
def test_size_is_read_with_and_without_unit(text: str, size: int) -> None:
    assert Size().convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5MiB", "10MB", "MiB", "٤", "9" * 16, "0MiB", "1e6"])
def test_invalid_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="expected a size of at least 1B, for example 10MiB"):
        Size().convert(text, None, None)


@pytest.mark.parametrize("size", [1, 1000, 1024, 1 << 20, 3 << 20, 1 << 30])
def test_shown_size_is_read_as_the_same(size: int) -> None:
    assert Size().convert(shown_size(size), None, None) == size
