"""The schemas of ``chat-contract schema``: shipped files conform to them, and broken ones do not."""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chat_contract import load_contract
from chat_contract.document.source import parse_source
from chat_contract.profile import as_profile
from chat_verifier.report.model import VerifyReport
from kit_cli.actions.schema import schema_of
from kit_cli.commands.schema import NAMES
from kit_reports.codec import json_schema
from kit_reports.waivers import draft, read_waivers
from mock_server.loading.load import read_snapshot
from mock_server.loading.options import Options
from mock_server.shop.scaffolding import scaffold
from spec_gate.report.model import DiffReport
from tests.support.paths import ROOT

FIXTURES = sorted((ROOT / "fixtures").rglob("*.yaml"))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema_of(name))


def name_for(file: Path) -> str:
    return "catalogue" if file.name == "catalogue.yaml" else "conversation"


def read(file: Path) -> Any:
    return parse_source(file.read_text("utf-8"), file).value


@pytest.mark.parametrize("name", [name for name in NAMES if name != "control"])
def test_every_schema_is_a_valid_schema(name: str) -> None:
    Draft202012Validator.check_schema(schema_of(name))


@pytest.mark.parametrize(
    ("name", "model", "command"),
    [
        ("report-verify", VerifyReport, "chat_verifier.report.schema"),
        ("report-diff", DiffReport, "tests.unit.spec_gate.write_schema"),
    ],
)
def test_shipped_schema_of_a_report_describes_its_model(name: str, model: type[object], command: str) -> None:
    assert schema_of(name) == json_schema(model), f"Renew the schema: python -m {command}"


@pytest.mark.parametrize("file", FIXTURES, ids=lambda file: file.stem)
def test_shipped_fixtures_conform(file: Path) -> None:
    validator(name_for(file)).validate(read(file))


def broken_conversations() -> Iterator[dict[str, Any]]:
    whole = {"turns": [{"shopper": {"words": ["desk"]}, "reply": "Here.", "items": ["A1"], "delay": "800ms"}]}
    changes: list[Callable[[dict[str, Any]], object]] = [
        lambda turn: turn.pop("shopper"),
        lambda turn: turn.pop("reply"),
        lambda turn: turn.update(reply=" "),
        lambda turn: turn.update(status=99),
        lambda turn: turn.update(fault="explode"),
        lambda turn: turn.update(delay="soon"),
        lambda turn: turn.update(headers={}),
        lambda turn: turn.update(items=["A1", "A1"]),
        lambda turn: turn.update(shopper={"words": ["a"], "phrases": ["b"]}),
        lambda turn: turn.update(body={}),
        lambda turn: turn.update(colour="red"),
    ]
    for change in changes:
        changed = copy.deepcopy(whole)
        change(changed["turns"][0])
        yield changed
    yield {"turns": []}
    yield {"turns": whole["turns"], "more": 1}


@pytest.mark.parametrize("value", list(broken_conversations()))
def test_broken_conversations_do_not_conform(value: dict[str, Any]) -> None:
    assert not validator("conversation").is_valid(value)


def test_turns_with_an_outcome_conform() -> None:
    turns = [
        {"shopper": {"pattern": "^a"}, "status": 429, "headers": {"Retry-After": "7"}, "body": {"detail": "x"}},
        {"shopper": {"phrases": ["b"]}, "reply": "Here.", "fault": "reset", "delay": "median=1s p95=2s"},
        {"shopper": {"phrases": ["b"]}, "reply": "Here.", "status": 200},
    ]
    validator("conversation").validate({"turns": turns})


@pytest.mark.parametrize("price", ["999,99", "5\n", 5, ""])
def test_broken_catalogues_do_not_conform(price: object) -> None:
    item = {"item_id": "A1", "title": "Desk", "status": "active", "description": "A desk.", "price": price}
    assert not validator("catalogue").is_valid({"items": [item]})
    assert validator("catalogue").is_valid({"items": [item | {"price": "5.00"}]})
    assert validator("catalogue").is_valid({"recorded": True, "items": [{"item_id": "A1"}]})


def test_drafted_waivers_conform_once_they_are_filled_in(tmp_path: Path) -> None:
    entry = {"clause": "limit.asked", "pointer": "", "observed": "x", "cases": ["c"]}
    file = tmp_path / "waivers.yaml"
    file.write_text(draft([entry], dt.date(2030, 1, 1)))
    assert not validator("waivers").is_valid(read(file))
    file.write_text(file.read_text().replace('reason: ""', "reason: r").replace('owner: ""', "owner: o"))
    validator("waivers").validate(read(file))
    read_waivers(file, {"clause": str, "pointer": str, "observed": str, "cases": list}, dt.date(2029, 1, 1))
    of_diff = {"rule": "r", "operation": "", "pointer": "/a", "reason": "r", "owner": "o", "expires": "2030-01-01"}
    validator("waivers").validate({"waivers": [of_diff]})
    for wrong in ({"waivers": {}}, {"waivers": [{**entry, "clause": "*"}]}, {"waivers": [], "more": 1}):
        assert not validator("waivers").is_valid(wrong)


def test_profiles_conform() -> None:
    contract = load_contract()
    answers = {name: next(iter(question.answers)) for name, question in contract.questions.items()}
    profile = json.loads(as_profile(answers, contract, "http://x/v1"))
    validator("profile").validate(profile)
    assert not validator("profile").is_valid(profile | {"answers": {"colour": "red"}})
    assert not validator("profile").is_valid(profile | {"answers": {next(iter(answers)): "red"}})


def test_scaffolded_files_name_schemas_to_which_they_conform(tmp_path: Path) -> None:
    files = scaffold(tmp_path, "birthday-gift")
    assert len(files) == 2
    for file in files:
        first = file.read_text().splitlines()[0]
        schema = file.parent / first.removeprefix("# yaml-language-server: $schema=")
        assert json.loads(schema.read_text()) == schema_of(name_for(file))
        validator(name_for(file)).validate(read(file))
    assert read_snapshot(Options(fixtures=tmp_path)).fixtures.counts == "1 conversation, 1 item"
