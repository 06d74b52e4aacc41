"""A witness shows the change that it stands under, whatever else has changed."""

from __future__ import annotations

from pathlib import Path

from tests.unit.spec_gate.changing import CONTRACT, changed, found

CHANGES = (
    ("required: [message]", "required: [message, user_id]"),
    ("          minimum: 0\n          default: 4", "          minimum: 0\n          maximum: 10\n          default: 4"),
    ("        title:\n          type: [string, 'null']", "        title:\n          type: number"),
    ("        price:\n          type: [string, 'null']", "        price:\n          type: number"),
)


def test_each_of_several_changes_has_a_witness_of_its_own(tmp_path: Path) -> None:
    document = found(CONTRACT, changed(tmp_path, *CHANGES))
    shown = {one["path"]: one["witness"] for one in document["findings"] if one["level"] == "breaking"}
    assert set(shown) == {"/user_id", "/limit", "/items/*/title", "/items/*/price"}
    assert "user_id" in shown["/user_id"]["why"]
    assert shown["/limit"]["body"]["limit"] > 10
    assert shown["/limit"]["why"].startswith("/limit: ")
    for name in ("title", "price"):
        assert name in shown[f"/items/*/{name}"]["body"]["items"][0]
        assert shown[f"/items/*/{name}"]["why"].startswith(f"/items/0/{name}: ")
