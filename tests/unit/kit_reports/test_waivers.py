"""Waivers are read strictly; every error has its place in the file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from chat_contract import DocumentError
from kit_reports.waivers import check_used, draft, read_waivers

TODAY = dt.date(2026, 11, 23)
KEYS: dict[str, type] = {"clause": str, "pointer": str, "requests": list}
GOOD = """\
waivers:
  - clause: limit.asked
    pointer: ""
    requests: ["limit 1"]
    reason: fixed in 2.4
    owner: team-search
    expires: 2026-12-31
"""


def read(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    return read_waivers(file, KEYS, TODAY)


def test_waiver_is_read_with_all_its_keys(tmp_path: Path) -> None:
    (waiver,) = read(tmp_path, GOOD)
    assert waiver.match == {"clause": "limit.asked", "pointer": "", "requests": ["limit 1"]}
    assert (waiver.owner, waiver.expires) == ("team-search", dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (GOOD, "- a", "expected a list of waivers"),
        (GOOD, "waivers: [5]", "expected a waiver"),
        (GOOD, "waivers: {}", "expected a list of waivers"),
        ('    pointer: ""\n', "", '"pointer" is missing in a waiver'),
        ("    owner: team-search\n", "", '"owner" is missing in a waiver'),
        ("limit.asked", "'*'", "wildcards are not allowed"),
        ('["limit 1"]', "[]", "expected a non-empty list of strings"),
        ('["limit 1"]', "['*']", "wildcards are not allowed"),
        ("team-search", "''", '"owner" is empty'),
        ("team-search", "5", "expected a string"),
        ("2026-12-31", "2026-11-22", "waiver expired on 2026-11-22"),
        ("2026-12-31", "soon", "invalid date"),
        ("reason:", "because:", 'unknown key "because"'),
    ],
)
def test_invalid_waiver_raises_an_error_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DocumentError) as error:
        read(tmp_path, GOOD.replace(old, new))
    assert message in str(error.value)
    assert "waivers.yaml:" in str(error.value)


def test_duplicate_waiver_raises_an_error(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="duplicate waiver"):
        read(tmp_path, GOOD + GOOD.partition("\n")[2])


def test_waiver_is_valid_on_its_expiry_date(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace("2026-12-31", "2026-11-23"))


def test_unused_waiver_raises_an_error(tmp_path: Path) -> None:
    waivers = read(tmp_path, GOOD)
    check_used(waivers, waivers)
    with pytest.raises(DocumentError, match="unused waiver"):
        check_used(waivers, [])


def test_draft_is_valid_once_reason_and_owner_are_filled_in(tmp_path: Path) -> None:
    text = draft([{"clause": "a.b", "pointer": "/x", "requests": ["«é»: 1"]}], dt.date(2026, 12, 1))
    with pytest.raises(DocumentError, match='"reason" is empty'):
        read(tmp_path, text)
    (waiver,) = read(tmp_path, text.replace('""', '"known"'))
    assert waiver.match["requests"] == ["«é»: 1"]
    assert read(tmp_path, draft([], TODAY)) == ()
