"""Coverage of the contract: what requests exercised of fields, keywords and examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from chat_contract import load_contract
from chat_contract.exchange import Exchange, Request, Response
from chat_verifier.findings.coverage import Coverage, FieldCoverage, KeywordCoverage, contract_coverage
from chat_verifier.findings.traffic import TrafficKind
from chat_verifier.traffic.judge import observe
from chat_verifier.traffic.recorded import Recorded, Traffic
from kit_cli.main import cli

CONTRACT = load_contract()
JSON = (("Content-Type", "application/json"),)


def covered(*bodies: Any) -> Coverage:
    exchanges = [
        Exchange(Request("POST", "/chat", JSON, json.dumps(body).encode()), Response(422, JSON, b"{}"))
        for body in bodies
    ]
    recorded = tuple(Recorded(number, None, 0.0, "http://a", one) for number, one in enumerate(exchanges, 1))
    return contract_coverage(CONTRACT, observe(CONTRACT, Traffic("f", TrafficKind.HAR, recorded, {})))


def field(coverage: Coverage, name: str) -> FieldCoverage:
    return next(one for one in coverage.fields if one.field == name)


def keyword(coverage: Coverage, name: str, wanted: str, set_name: str = "documented") -> KeywordCoverage:
    return next(one for one in field(coverage, name).keywords if (one.keyword, one.set) == (wanted, set_name))


def test_present_and_absent_fields_are_counted() -> None:
    found = covered({"message": "a"}, {"message": "b", "limit": 3}, {})
    assert (field(found, "message").present, field(found, "message").absent) == (2, 1)
    assert (field(found, "limit").present, field(found, "limit").absent) == (1, 2)


def test_fields_of_every_event_are_counted() -> None:
    event = {"timestamp": "2024-06-14T12:00:00Z", "type": "click"}
    found = covered({"message": "a", "events": [event, {**event, "type": 5}, {}]})
    assert (field(found, "events[].type").present, field(found, "events[].type").absent) == (2, 1)
    assert (keyword(found, "events[].type", "type").valid, keyword(found, "events[].type", "type").invalid) == (1, 1)


@pytest.mark.parametrize(
    ("limits", "valid", "invalid", "boundary"),
    [([3], 1, 0, False), ([0], 1, 0, False), ([0, -1], 1, 1, True), ([-5], 0, 1, False), (["0"], 0, 0, False)],
)
def test_boundary_needs_values_on_both_sides(limits: list[Any], valid: int, invalid: int, *, boundary: bool) -> None:
    found = keyword(covered(*({"message": "a", "limit": limit} for limit in limits)), "limit", "minimum")
    assert (found.valid, found.invalid, found.boundary) == (valid, invalid, boundary)


def test_narrower_limits_of_must_accept_are_counted_apart() -> None:
    found = covered({"message": "x" * 1000}, {"message": "x" * 1001})
    assert keyword(found, "message", "maxLength", "must-accept").boundary is True


def test_examples_are_counted_and_everything_has_a_gap_without_requests() -> None:
    example = CONTRACT.request_examples["documented"]
    assert {one.name: one.requests for one in covered(example).examples}["documented"] == 1
    nothing = covered()
    assert nothing.covered == 0
    assert nothing.possible > 40


def test_an_applications_own_traffic_is_shown_in_text_json_and_html(tmp_path: Path) -> None:
    entry = {
        "request": {
            "method": "POST",
            "url": "http://a/v1/chat",
            "headers": [{"name": "content-type", "value": "application/json"}],
            "postData": {"text": '{"message": "Hi", "limit": 3}'},
        },
        "response": {"status": 200, "headers": [{"name": "content-type", "value": "application/json"}],
                     "content": {"text": '{"conversation_id": "c", "message": "a", "items": []}'}},
    }  # fmt: skip
    har = tmp_path / "t.har"
    har.write_text(json.dumps({"log": {"entries": [entry]}}))
    html = tmp_path / "r.html"
    options = ["--report", "coverage", "--report", f"html={html}", "--report", f"json={tmp_path / 'r.json'}"]
    result = CliRunner().invoke(cli, ["judge", str(har), *options])
    assert result.exit_code == 0, result.output
    assert "limit: 1 present, NEVER absent" in result.stdout
    assert "minimum 0 (documented): 1 valid, NEVER invalid, both sides of the boundary NOT sent" in result.stdout
    assert "minimum 0 (documented): 1 valid" in html.read_text()
    assert json.loads((tmp_path / "r.json").read_text())["contract_coverage"]["fields"][0]["field"] == "message"
