"""A waiver names one finding, who answers for it and until when; all else is an error that says where."""

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
    reason: mended in 2.4
    owner: team-search
    expires: 2026-12-31
"""


def read(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "waivers.yaml"
    file.write_text(text)
    return read_waivers(file, KEYS, TODAY)


def test_a_waiver_is_read(tmp_path: Path) -> None:
    (waiver,) = read(tmp_path, GOOD)
    assert waiver.match == {"clause": "limit.asked", "pointer": "", "requests": ["limit 1"]}
    assert (waiver.owner, waiver.expires) == ("team-search", dt.date(2026, 12, 31))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (GOOD, "- a", "is no list of waivers"),
        (GOOD, "waivers: [5]", "is no waiver"),
        (GOOD, "waivers: {}", "is no list of waivers"),
        ('    pointer: ""\n', "", "has no pointer, so it covers more than one finding"),
        ("    owner: team-search\n", "", "has no owner"),
        ("limit.asked", "'*'", "stands for anything"),
        ('["limit 1"]', "[]", "is no list of texts"),
        ('["limit 1"]', "['*']", "stands for anything"),
        ("team-search", "''", "is empty"),
        ("team-search", "5", "is no text"),
        ("2026-12-31", "2026-11-22", "has expired on 2026-11-22"),
        ("2026-12-31", "soon", "is no day"),
        ("reason:", "because:", "a waiver has no 'because'"),
    ],
)
def test_what_is_no_waiver_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(DocumentError) as error:
        read(tmp_path, GOOD.replace(old, new))
    assert said in str(error.value)
    assert "waivers.yaml:" in str(error.value)


def test_the_same_finding_is_waived_once(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="is waived already"):
        read(tmp_path, GOOD + GOOD.partition("\n")[2])


def test_a_waiver_lasts_through_its_last_day(tmp_path: Path) -> None:
    assert read(tmp_path, GOOD.replace("2026-12-31", "2026-11-23"))


def test_one_that_waives_nothing_is_an_error(tmp_path: Path) -> None:
    waivers = read(tmp_path, GOOD)
    check_used(waivers, waivers)
    with pytest.raises(DocumentError, match="waives nothing that was found"):
        check_used(waivers, [])


def test_a_draft_counts_once_it_is_completed(tmp_path: Path) -> None:
    text = draft([{"clause": "a.b", "pointer": "/x", "requests": ["«é»: 1"]}], dt.date(2026, 12, 1))
    with pytest.raises(DocumentError, match="is empty"):
        read(tmp_path, text)
    (waiver,) = read(tmp_path, text.replace('""', '"known"'))
    assert waiver.match["requests"] == ["«é»: 1"]
    assert read(tmp_path, draft([], TODAY)) == ()
