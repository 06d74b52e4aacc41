"""The warning about a page of another origin contains an option that can be pasted into a shell."""

from __future__ import annotations

import pytest

from mock_server.http.cors import origin_refused_text


@pytest.mark.parametrize("origin", ["http://shop.test", "https://a-b.test:8443"])
def test_plain_origin_is_part_of_the_option(origin: str) -> None:
    assert origin_refused_text(origin).endswith(f" --cors-origin {origin}")


@pytest.mark.parametrize(
    "origin", ["http://a$(id).test", "http://a;id;b.test", "http://`id`.test", "http://a'b.test", "null", "http://a\nb"]
)
def test_other_origin_is_shown_but_not_part_of_the_option(origin: str) -> None:
    assert origin_refused_text(origin).endswith("Allow it with --cors-origin.")
