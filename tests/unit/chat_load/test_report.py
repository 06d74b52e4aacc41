"""The report of a load, in every format."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import replace
from typing import TypeGuard
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from chat_contract import Contract
from chat_contract.loading import load_contract
from chat_load.launch import Swarm
from chat_load.report import RENDERERS
from chat_load.report.build import Limits, build_report
from chat_load.report.charts import HEIGHT, WIDTH, charts
from chat_load.report.model import LoadReport, LoadVerdict
from chat_load.settings import ClauseTally, Conversation, Example, Latency, Moment, Result, SentRequest, Settings, Tally
from kit_cli.actions.schema import schema_of
from kit_reports.codec import decode, encode

SETTINGS = Settings("", "http://127.0.0.1:1/v1", None, (), (Conversation("a", (("b",),)),), 0.05, (1, 3), 10, 3, 60)
SWARM = Swarm(users=50, spawn_rate=2)
MARKUP = "<script>alert(1)</script>"
COMMAND = """curl -sS -H "Authorization: Bearer ${CHAT_API_KEY}" 'x'"""
REQUESTS = tuple(
    SentRequest("POST", "/chat", {"Content-Type": "application/json"}, body)
    for body in ('{"message": "a"}', '{"message": "b", "conversation_id": "${conversation_id}"}')
)
EXAMPLE = Example("turn 2", "at most 4 items", f"14 items {MARKUP}", "/items", 200, MARKUP, COMMAND, REQUESTS)


def tally(clause: str = "limit.asked", at: float = 12.5) -> ClauseTally:
    return ClauseTally(clause, 3, 40, at, {12: 1, 14: 2}, EXAMPLE)


def result(*clauses: ClauseTally, judged: int = 90, errors: int = 2, refused: int = 0) -> Result:
    last = Moment(20.0, 50, 100, 2, 0.02, {each.clause: each.violations for each in clauses})
    return Result(
        started="2026-01-02T03:04:05+00:00",
        seconds=20.0,
        users=50,
        workers=0,
        tally=Tally(100, judged, errors, refused, ("limit.asked", "reply.item"), clauses),
        latencies=(Latency("turn 1", 100, 0.004, 0.02, 0.03, 0.4), Latency("all", 100, 0.004, 0.02, 0.03, 0.4)),
        timeline=(Moment(0.0, 1, 0, 0, 0.0, {}), Moment(10.0, 20, 50, 1, 0.01, {}), last),
        failures=(),
    )


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load_contract()


def report(
    contract: Contract, measured: Result, *, interrupted: bool = False, limits: Limits | None = None
) -> LoadReport:
    return build_report(contract, SETTINGS, SWARM, measured, interrupted=interrupted, limits=limits or Limits())


@pytest.mark.parametrize(
    ("measured", "interrupted", "limits", "verdict"),
    [
        (result(), False, Limits(), LoadVerdict.CONFORMS),
        (result(), False, Limits(0.02, 0.02), LoadVerdict.CONFORMS),
        (result(), False, Limits(p95=0.019), LoadVerdict.LIMIT_EXCEEDED),
        (result(), False, Limits(error_rate=0.0), LoadVerdict.LIMIT_EXCEEDED),
        (result(tally()), False, Limits(), LoadVerdict.VIOLATES),
        (result(tally()), True, Limits(), LoadVerdict.VIOLATES),
        (result(tally("reply.message-blank")), False, Limits(), LoadVerdict.CONFORMS),
        (result(), True, Limits(), LoadVerdict.INTERRUPTED),
        (result(judged=0), False, Limits(), LoadVerdict.NOTHING_JUDGED),
    ],
)
def test_verdict_follows_from_the_result_and_the_limits(
    contract: Contract, measured: Result, interrupted: bool, limits: Limits, verdict: LoadVerdict
) -> None:
    level = contract.clauses["reply.message-blank"].level
    assert level == "should"
    assert report(contract, measured, interrupted=interrupted, limits=limits).verdict is verdict


def test_json_report_is_read_back_and_fits_its_schema(contract: Contract) -> None:
    made = report(contract, result(tally()), limits=Limits(1.0, 0.5))
    assert decode(LoadReport, encode(made)) == made
    Draft202012Validator(schema_of("report-load")).validate(json.loads(encode(made)))
    with pytest.raises(ValueError, match="tools"):
        decode(LoadReport, encode(made).replace('"tool"', '"tools"'))


def test_text_names_the_moment_the_share_and_the_command(contract: Contract) -> None:
    measured = result(tally("reply.item", 14.0), tally(), refused=4)
    text = RENDERERS["text"](report(contract, measured, limits=Limits(p95=0.01)))
    lines = text.splitlines()
    assert lines[0] == "VIOLATES  http://127.0.0.1:1/v1 violates the contract under this load"
    assert "50 users: 100 responses in 20 s, 5.0 per second" in lines
    assert "Judged: 90 of 100 responses (90.0%)" in lines
    assert "Errors: 2 (2.0%); seed 3" in lines
    assert any(line.startswith("Not every response was judged") for line in lines)
    assert any(line.startswith("Responses 429: 4.") for line in lines)
    assert "--max-p95: 20 ms, more than 10 ms" in lines
    first = lines.index("  limit.asked, first violated at 40 users, after 12.5 s")
    assert lines[first + 1] == "  reply.item, first violated at 40 users, after 14.0 s"
    assert f"      {COMMAND}" in lines


def test_html_loads_nothing_and_shows_no_markup_of_the_server(contract: Contract) -> None:
    page = RENDERERS["html"](report(contract, result(tally())))
    assert MARKUP not in page
    assert "&lt;script&gt;" in page
    assert page.count("<polyline") == 4
    assert not re.findall(r"<(?:script|link|img|iframe)|@import|url\(", page)
    assert "limit.asked, first violated at 40 users, after 12.5 s" in page


def test_charts_keep_to_their_area(contract: Contract) -> None:
    made = report(contract, result(tally()))
    drawn = charts(made)
    assert [chart.title for chart in drawn] == ["Users", "Responses per second", "95th percentile", "Violations so far"]
    for chart in drawn:
        for line in chart.lines:
            places = [tuple(map(float, point.split(","))) for point in line.points.split()]
            assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert drawn[0].lines[0].points == "0.0,147.0 320.0,90.0 640.0,0.0"
    assert charts(replace(made, timeline=made.timeline[:1])) == []
    many = replace(made, timeline=tuple(Moment(float(at), at, at, 0, 0.1, {}) for at in range(2000)))
    assert len(charts(many)[0].lines[0].points.split()) <= 320


def test_junit_has_a_case_for_each_clause_and_limit(contract: Contract) -> None:
    measured = result(tally(), tally("reply.message-blank"))
    root = ET.fromstring(RENDERERS["junit"](report(contract, measured, limits=Limits(p95=0.01))))
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    assert cases.keys() == {"limit.asked", "reply.item", "reply.message-blank", "max-p95"}
    failed = {name for name, case in cases.items() if case.find("failure") is not None}
    assert failed == {"limit.asked", "max-p95"}
    failure = cases["limit.asked"].find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "limit.asked, first violated at 40 users, after 12.5 s"
    assert "curl" in (failure.text or "")
    assert root.attrib["failures"] == "2"


def test_exports_send_the_turns_of_the_first_violation_again(contract: Contract) -> None:
    made = report(contract, result(tally()))
    assert RENDERERS["sh"](made).endswith(f"got 14 items {MARKUP}\n{COMMAND}\n")
    first, second = RENDERERS["http"](made).split("\n\n###")
    assert "# @name turn1\nPOST http://127.0.0.1:1/v1/chat\nAuthorization: Bearer {{$processEnv CHAT_API_KEY}}" in first
    assert second.endswith('{"message": "b", "conversation_id": "{{turn1.response.body.$.conversation_id}}"}\n')
    module = ast.parse(RENDERERS["pytest"](made))
    [cases] = [ast.literal_eval(call.args[0]) for call in ast.walk(module) if _loads(call)]
    [case] = json.loads(cases)
    assert (case["clause"], case["key"]) == ("limit.asked", ["Authorization", "Bearer "])
    assert [turn["body"] for turn in case["turns"]] == [request.body for request in REQUESTS]


def _loads(node: ast.AST) -> TypeGuard[ast.Call]:
    if not isinstance(node, ast.Call) or ast.unparse(node.func) != "json.loads":
        return False
    return isinstance(node.args[0], ast.Constant)


def test_exports_without_a_violation_are_empty(contract: Contract) -> None:
    made = report(contract, result())
    assert RENDERERS["sh"](made).strip() == "#!/bin/sh"
    assert RENDERERS["http"](made).strip() == ""
