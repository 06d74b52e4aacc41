"""The snapshot of messages is up to date, so that every change of a text shows in review."""

from __future__ import annotations

from tests.support.messages import FILE, page


def test_snapshot_of_messages_is_up_to_date() -> None:
    assert page().splitlines() == FILE.read_text("utf-8").splitlines(), "run python -m tests.support.messages"
