"""Every report is made from the evidence of a run, says the same of it, and can be read by what reads such files."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from chat_contract import load_contract
from chat_contract.exchange import Response
from chat_verifier.findings.causes import find_causes
from chat_verifier.findings.verdict import RunResult, clause_results, run_verdict
from chat_verifier.planning.case import Case, Group, single
from chat_verifier.planning.plan import make_plan
from chat_verifier.report import RENDERERS
from chat_verifier.report.evidence import evidence
from chat_verifier.report.markdown import LONGEST
from chat_verifier.report.reproduce import Way
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_http.redaction.secrets import secrets_of

CONTRACT = load_contract()
HOSTILE = '<script>alert(1)</script> </pre> "><img src=x onerror=alert(2)> `|` \x00\x1b[31m \ud800 ]]> {{ 7*7 }}'
KEY = "sk-Very+Secret/Key=42"


class Hostile(ReferenceServer):
    """Says in every reply what no report may take for markup, and the key of the run."""

    def send(self, request):
        answer = super().send(request)
        if answer.status != 200:
            return answer
        reply = json.loads(answer.body)
        said = {**reply, "message": 5, "items": [{"item_id": HOSTILE, "title": HOSTILE, "extra": KEY}]}
        return Response(200, (*answer.headers, ("X-Echo", f"Bearer {KEY}")), json.dumps(said).encode(), 0.25)


HEADERS = (("Authorization", f"Bearer {KEY}"),)


@pytest.fixture(scope="module")
def document():
    runner = Runner(CONTRACT, Hostile(CONTRACT))
    runner.play(make_plan(CONTRACT, budget=60).sequences[:40])
    causes = find_causes(runner, runner.journal.observations)
    clauses = clause_results(CONTRACT, runner.journal.observations, causes, strict=True, skipped={})
    verdict, reason = run_verdict((one.clause.id, one.clause.level, one.verdict, one.asked) for one in clauses)
    result = RunResult(
        verdict, reason, "http://127.0.0.1:1/v1", 0, 40, 1.5, clauses, {"limit-zero": "refused"},
        tuple(runner.journal.observations), started="2026-11-23T10:00:00+00:00",
    )  # fmt: skip
    return evidence(result, Way("http://127.0.0.1:1/v1", HEADERS, secrets_of(HEADERS)))


@pytest.mark.parametrize("name", RENDERERS)
def test_no_report_holds_the_key_in_any_spelling(name, document):
    text = RENDERERS[name](document)
    assert not secrets_of(HEADERS).leaked(text)
    assert KEY not in text
    text.encode("utf-8")


@pytest.mark.parametrize("name", ["text", "markdown", "html", "junit"])
def test_every_report_names_every_broken_clause(name, document):
    text = RENDERERS[name](document)
    failed = [clause["id"] for clause in document["clauses"] if clause["verdict"] == "fail"]
    assert "reply.message" in failed
    assert [one for one in failed if one not in text] == []


def test_what_a_server_says_is_no_markup_in_the_page(document):
    page = RENDERERS["html"](document)
    assert "<script" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert not re.search(r"(?:src|href)\s*=\s*['\"]?(?:https?:)?//", page)
    assert "&lt;script&gt;" in page


def test_what_a_server_says_is_code_in_markdown(document):
    text = RENDERERS["markdown"](document)
    prose = re.sub(r"(`+).+?\1", "", re.sub(r"^(`{3,})sh\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE))
    assert "<script" not in prose
    assert "<img" not in prose
    assert len(text) <= LONGEST + 100


def test_junit_has_a_case_for_each_clause(document):
    root = ET.fromstring(RENDERERS["junit"](document))
    assert [case.get("name") for case in root.iter("testcase")] == list(CONTRACT.clauses)
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == {clause["id"] for clause in document["clauses"] if clause["verdict"] == "fail"}


RECORDS = {"type": "array", "items": {"type": "object", "required": ["name", "value"]}}
HAR = {
    "type": "object",
    "required": ["log"],
    "properties": {
        "log": {
            "required": ["version", "creator", "entries"],
            "properties": {
                "version": {"const": "1.2"},
                "entries": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "required": ["startedDateTime", "time", "request", "response", "cache", "timings"],
                        "properties": {
                            "startedDateTime": {"type": "string", "format": "date-time"},
                            "time": {"type": "number", "minimum": 0},
                            "request": {
                                "required": [
                                    *("method", "url", "httpVersion", "cookies", "headers", "queryString"),
                                    *("headersSize", "bodySize"),
                                ],
                                "properties": {"headers": RECORDS, "url": {"pattern": "^http://127.0.0.1:1/v1/"}},
                            },
                            "response": {
                                "required": [
                                    *("status", "statusText", "httpVersion", "cookies", "headers", "content"),
                                    *("redirectURL", "headersSize", "bodySize"),
                                ],
                                "properties": {
                                    "headers": RECORDS,
                                    "content": {"required": ["size", "mimeType"]},
                                    "status": {"type": "integer"},
                                },
                            },
                            "timings": {"required": ["send", "wait", "receive"]},
                        },
                    },
                },
            },
        }
    },
}


def test_the_archive_is_as_the_format_wants_it(document):
    """The required members of HAR 1.2, as its specification lists them."""
    archive = json.loads(RENDERERS["har"](document))
    jsonschema.validate(archive, HAR)
    assert len(archive["log"]["entries"]) == len(document["exchanges"])


def test_the_json_report_is_the_evidence(document):
    assert json.loads(RENDERERS["json"](document))["clauses"][0] == document["clauses"][0]


def test_what_the_bounds_of_a_run_left_out_is_said():
    sequence = single(Case("hello", "hello", {"message": "hello"}), Group.ROBUSTNESS)
    result = RunResult("conforms", "", "http://127.0.0.1:1/v1", 0, 1, 0.1, (), {}, (), (sequence, sequence))
    text, way = RENDERERS["text"], Way("http://127.0.0.1:1/v1", (), secrets_of(()))
    assert "left out, to keep to the bounds of the run: 2 of robustness" in text(evidence(result, way))
    assert "left out" not in text(evidence(replace(result, left_out=()), way))
