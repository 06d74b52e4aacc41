"""A witness shows the change that it stands under, whatever else has changed."""

from __future__ import annotations

from pathlib import Path

from tests.unit.spec_gate.changing import CONTRACT, body, changed, report_of, written

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


def test_witness_keeps_its_value_although_another_field_has_an_equal_one(tmp_path: Path) -> None:
    """The witness is an empty text, and so is the message; the field that shows the change must stay."""
    report = report_of(
        CONTRACT,
        changed(
            tmp_path,
            ("required: [message]", "required: [message, user_id]"),
            (
                "        session_id:\n          type: string",
                "        session_id:\n          type: string\n          pattern: ^a",
            ),
            (
                "        type:\n          type: string",
                "        type:\n          type: string\n          enum: [click, browse]",
            ),
        ),
    )
    reasons = {one.path: one.witness.rejection.detail for one in report.findings if one.witness is not None}
    assert set(reasons) == {"/user_id", "/session_id", "/events/*/type"}
    assert reasons["/session_id"].startswith("/session_id: ")
    assert reasons["/events/*/type"].startswith("/events/0/type: ")


def test_values_of_the_same_type_do_not_change_the_type(tmp_path: Path) -> None:
    base = written(tmp_path, "base.yaml", body("{type: object, properties: {a: {type: string}}}"))
    listed = "{type: object, properties: {a: {type: string, enum: [x, y]}}}"
    report = report_of(base, written(tmp_path, "new.yaml", body(listed)))
    assert [one.rule for one in report.findings] == ["request-enum-added"]


def test_undecided_change_does_not_borrow_the_witness_of_another_one(tmp_path: Path) -> None:
    """Nothing shows that the pattern breaks clients; the closed object next to it does."""
    closed = "{type: object, properties: {a: {type: string, pattern: '%s'}}%s}"
    base = written(tmp_path, "base.yaml", body(closed % ("^(?!x)b$", "")))
    revision = written(tmp_path, "new.yaml", body(closed % ("^(?!y)b$", ", additionalProperties: false")))
    found = {one.rule: one for one in report_of(base, revision).findings}
    assert set(found) == {"request-additional-properties-closed", "not-proved"}
    assert found["not-proved"].witness is None
    assert found["request-additional-properties-closed"].witness is not None
