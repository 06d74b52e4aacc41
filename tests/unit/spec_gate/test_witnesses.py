"""A witness shows the change that it stands under, whatever else has changed."""

from __future__ import annotations

from pathlib import Path

from tests.unit.spec_gate.changing import CONTRACT, changed, report_of

CHANGES = (
    ("required: [message]", "required: [message, user_id]"),
    ("          maximum: 2147483647\n          default: 4", "          maximum: 10\n          default: 4"),
    ("        title:\n          type: [string, 'null']", "        title:\n          type: number"),
    ("        price:\n          type: [string, 'null']", "        price:\n          type: number"),
)


def test_each_of_several_changes_has_its_own_witness(tmp_path: Path) -> None:
    report = report_of(CONTRACT, changed(tmp_path, *CHANGES))
    witnesses = {one.path: one.witness for one in report.findings if one.witness is not None}
    assert set(witnesses) == {"/user_id", "/limit", "/items/*/title", "/items/*/price"}
    assert "user_id" in witnesses["/user_id"].rejection.detail
    limit = witnesses["/limit"]
    assert limit.body is not None
    assert limit.body.value["limit"] > 10
    assert limit.rejection.detail.startswith("/limit: ")
    for name in ("title", "price"):
        witness = witnesses[f"/items/*/{name}"]
        assert witness.body is not None
        assert name in witness.body.value["items"][0]
        assert witness.rejection.detail.startswith(f"/items/0/{name}: ")
