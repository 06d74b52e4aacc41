"""Names of recorded files are valid on every file system."""

from __future__ import annotations

import pytest

from mock_server.recorder.grouping import name_for
from mock_server.shop.fixture_paths import portable_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a-desk", "a-desk"),
        ("con", "conversation-con"),
        ("AUX", "conversation-AUX"),
        ("nul.txt", "conversation-nul.txt"),
        ("com1", "conversation-com1"),
        ("lpt²", "conversation-lpt²"),
        ("console", "console"),
        ("desk. .", "desk"),
        (" .hidden", "hidden"),
        ('a<b>:"/\\|?*\x00', "a-b---------"),
        ("...", "conversation"),
        ("", "conversation"),
        ("a" * 300, "a" * 100),
    ],
)
def test_name_is_valid_on_every_file_system(name: str, expected: str) -> None:
    assert portable_name(name) == expected


@pytest.mark.parametrize("message", ["Con?", "aux", "NUL.", "prn", "com1"])
def test_message_that_is_the_name_of_a_device_gets_another_name(message: str) -> None:
    assert name_for(message) == f"conversation-{message.lower().strip('?.')}"
