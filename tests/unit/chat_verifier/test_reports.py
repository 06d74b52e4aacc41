"""Every report is rendered from the typed model, says the same, and is valid in its format."""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from chat_contract import UsageError, load_contract
from chat_contract.errors import DocumentError
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.findings.causes import find_causes
from chat_verifier.findings.verdict import (
    ClauseVerdict,
    RunReason,
    RunReasonId,
    RunResult,
    RunVerdict,
    clause_results,
    run_verdict,
)
from chat_verifier.planning.case import Case, Group, single
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.report import RENDERERS
from chat_verifier.report.build import build_report
from chat_verifier.report.commands import is_reproduction
from chat_verifier.report.markdown import LONGEST
from chat_verifier.report.model import NotSent, VerifyReport
from chat_verifier.report.read import read_report
from chat_verifier.report.reproduce import Access, reproduce
from chat_verifier.report.schema import SCHEMA_FILE
from chat_verifier.report.summary import run_reason
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_http.redaction.secrets import secrets_of
from kit_http.transport import Transport
from kit_reports.codec import decode, encode

CONTRACT = load_contract()
HOSTILE = '<script>alert(1)</script> </pre> "><img src=x onerror=alert(2)> `|` \x00\x1b[31m \ud800 ]]> {{ 7*7 }}'
KEY = "sk-Very+Secret/Key=42"
HEADERS = (("Authorization", f"Bearer {KEY}"),)
BASE_URL = "http://127.0.0.1:1/v1"


class Hostile(ReferenceServer):
    """Puts markup, control characters and the key of the run into every reply."""

    def send(self, request: Request) -> Response | Breakdown:
        response = super().send(request)
        if not isinstance(response, Response) or response.status != 200:
            return response
        reply = json.loads(response.body)
        hostile = {**reply, "message": 5, "items": [{"item_id": HOSTILE, "title": HOSTILE, "extra": KEY}]}
        return Response(200, (*response.headers, ("X-Echo", f"Bearer {KEY}")), json.dumps(hostile).encode(), 0.25)


@pytest.fixture(scope="module")
def result() -> RunResult:
    runner = Runner(CONTRACT, Hostile(CONTRACT))
    runner.play(make_plan(CONTRACT, ALLOCATIONS[Tier.QUICK].sizes).sequences[:40])
    causes = find_causes(runner, runner.journal.observations)
    clauses = clause_results(CONTRACT, runner.journal.observations, causes, strict=True, skipped={})
    verdict, reason = run_verdict(clauses)
    return RunResult(
        verdict, reason, BASE_URL, 0, 40, 1.5, clauses, {"limit-zero": "rejected"},
        tuple(runner.journal.observations), started="2026-11-23T10:00:00+00:00",
    )  # fmt: skip


@pytest.fixture(scope="module")
def report(result: RunResult) -> VerifyReport:
    return build_report(result, Access(BASE_URL, HEADERS, secrets_of(HEADERS)))


@pytest.mark.parametrize("name", RENDERERS)
def test_no_report_contains_the_key_in_any_encoding(name: str, report: VerifyReport) -> None:
    text = RENDERERS[name](report)
    assert not secrets_of(HEADERS).leaked(text)
    assert KEY not in text
    text.encode("utf-8")


@pytest.mark.parametrize("name", ["text", "markdown", "html", "junit"])
def test_report_names_every_failed_clause(name: str, report: VerifyReport) -> None:
    text = RENDERERS[name](report)
    failed = [clause.id for clause in report.with_verdict(ClauseVerdict.FAIL)]
    assert "reply.message" in failed
    assert [one for one in failed if one not in text] == []


@pytest.mark.parametrize("verdict", RunVerdict)
@pytest.mark.parametrize("name", RENDERERS)
def test_every_format_has_every_verdict(name: str, verdict: RunVerdict, report: VerifyReport) -> None:
    assert RENDERERS[name](replace(report, verdict=verdict))


def test_text_of_the_server_is_escaped_in_html(report: VerifyReport) -> None:
    page = RENDERERS["html"](report)
    assert "<script" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page
    assert not re.search(r"(?:src|href)\s*=\s*['\"]?(?:https?:)?//", page)
    assert "&lt;script&gt;" in page


def test_text_of_the_server_is_code_in_markdown(report: VerifyReport) -> None:
    text = RENDERERS["markdown"](report)
    prose = re.sub(r"(`+).+?\1", "", re.sub(r"^(`{3,})sh\n.*?^\1$", "", text, flags=re.DOTALL | re.MULTILINE))
    assert "<script" not in prose
    assert "<img" not in prose
    assert len(text) <= LONGEST + 100


def test_junit_has_a_test_case_for_each_clause(report: VerifyReport) -> None:
    root = ET.fromstring(RENDERERS["junit"](report))
    assert [case.get("name") for case in root.iter("testcase")] == list(CONTRACT.clauses)
    failed = {case.get("name") for case in root.iter("testcase") if case.find("failure") is not None}
    assert failed == {clause.id for clause in report.with_verdict(ClauseVerdict.FAIL)}


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
"""The required members of HAR 1.2, as its specification lists them."""


def test_har_has_the_required_members_and_every_exchange(report: VerifyReport) -> None:
    archive = json.loads(RENDERERS["har"](report))
    jsonschema.validate(archive, HAR)
    assert len(archive["log"]["entries"]) == len(report.exchanges)


# The JSON report and its schema


def test_json_report_is_read_back_as_the_same_model(report: VerifyReport) -> None:
    assert decode(VerifyReport, RENDERERS["json"](report)) == report


@pytest.mark.parametrize("name", RENDERERS)
def test_report_read_from_json_renders_the_same(name: str, report: VerifyReport, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(encode(report), "utf-8")
    assert RENDERERS[name](read_report(file)) == RENDERERS[name](report)


def test_real_report_is_valid_under_the_schema(report: VerifyReport) -> None:
    jsonschema.validate(json.loads(encode(report)), json.loads(SCHEMA_FILE.read_text("utf-8")))


def without(name: str) -> Callable[[Any], object]:
    return lambda document: document.pop(name)


ALTERATIONS: dict[str, Callable[[Any], object]] = {
    "unknown verdict": lambda document: document.update(verdict="perhaps"),
    "other format": lambda document: document.update(format="other"),
    "other version": lambda document: document.update(version=1),
    "unknown field": lambda document: document.update(more=1),
    "no clauses": without("clauses"),
    "reason is a sentence": lambda document: document.update(reason="because"),
    "unknown verdict of a clause": lambda document: document["clauses"][0].update(verdict="fine"),
    "exchange without a request": lambda document: document["exchanges"][0]["exchange"].pop("request"),
    "requests is a text": lambda document: document.update(requests="many"),
}


@pytest.mark.parametrize("alteration", ALTERATIONS)
def test_altered_report_is_invalid_and_cannot_be_read(alteration: str, report: VerifyReport, tmp_path: Path) -> None:
    document = json.loads(encode(report))
    ALTERATIONS[alteration](document)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text("utf-8")))
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(UsageError, match=r"report\.json: "):
        read_report(file)


@pytest.mark.parametrize("path", ["@127.0.0.2:8000/x", "3/x", ""])
def test_path_that_could_name_another_server_is_rejected(path: str, report: VerifyReport, tmp_path: Path) -> None:
    document = json.loads(encode(report))
    shown = next(clause["violations"][0] for clause in document["clauses"] if clause["violations"])
    shown["exchanges"][0]["request"]["path"] = path
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(UsageError, match=r'report\.json: the path ".*" of a request does not begin with "/"'):
        read_report(file)


FREE_TEXTS = frozenset(
    {"tool", "contract", "id", "group", "requirement", "source", "place", "pointer", "expected", "got", "label", "app"}
)


def with_hostile_texts(value: Any) -> Any:
    """Return a report with markup and control characters in every text that is not an id of the kit."""
    if isinstance(value, dict):
        return {
            name: f"{child}\n\n# a <img src=x>\x1b[31m\u202e\x9b`<b>`"
            if name in FREE_TEXTS and isinstance(child, str) and "clauses" not in value
            else with_hostile_texts(child)
            for name, child in value.items()
        }
    return [with_hostile_texts(child) for child in value] if isinstance(value, list) else value


def test_texts_of_a_hostile_report_are_no_markup_and_no_control_characters_in_markdown(report: VerifyReport) -> None:
    text = RENDERERS["markdown"](decode(VerifyReport, json.dumps(with_hostile_texts(json.loads(encode(report))))))
    assert not any(sign in text for sign in "\x1b\u202e\x9b")
    outside_of_code = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.DOTALL)
    assert "\n# a" not in outside_of_code
    assert re.findall(r"(?<!\\)<(?!/?(?:details|summary)>)", outside_of_code) == []


HOSTILE_COMMANDS: dict[str, Callable[[str], str]] = {
    "another command": lambda command: f"{command}; touch stolen",
    "another line": lambda command: f"{command}\ntouch stolen",
    "substitution": lambda command: command.replace("-sS", '-sS -H "X-A: $(touch stolen)"'),
    "backticks": lambda command: command.replace("-sS", '-sS -H "X-A: `touch stolen`"'),
    "another variable": lambda command: f'{command} -H "X-A: $HOME"',
    "output file": lambda command: command.replace("-sS", "-sS -o stolen"),
    "configuration file": lambda command: command.replace("-sS", "-sS -K stolen"),
    "body from a file": lambda command: command.partition(" --data-raw")[0] + " --data @/etc/hostname",
    "headers from a file": lambda command: command.replace(" -H ", " -H @/etc/hostname -H ", 1),
    "another server": lambda command: command.replace(BASE_URL, "http://evil.example/v1"),
    "user in the URL": lambda command: command.replace(BASE_URL, f"{BASE_URL}@evil.example"),
    "another path": lambda command: command.replace("/chat", "/users", 1),
    "another method": lambda command: command.replace("-X POST", "-X DELETE"),
    "interrupt in quotes": lambda command: command.replace("-sS", "-sS -H 'X-A: \x03'"),
    "line in quotes": lambda command: command.replace("-sS", "-sS -H 'X-A: \n'"),
    "no command": lambda command: "touch stolen",
    "empty": lambda command: "",
}


def altered(report: VerifyReport, alter: Callable[[Any], object], folder: Path) -> Path:
    """Return a file with the report after a change to its first violation."""
    document = json.loads(encode(report))
    alter(next(clause["violations"][0] for clause in document["clauses"] if clause["violations"]))
    file = folder / "report.json"
    file.write_text(json.dumps(document), "utf-8")
    return file


@pytest.mark.parametrize("name", HOSTILE_COMMANDS)
def test_command_of_a_report_that_verify_did_not_write_is_rejected(
    name: str, report: VerifyReport, tmp_path: Path
) -> None:
    def alter(violation: Any) -> None:
        changed = HOSTILE_COMMANDS[name](violation["command"])
        assert changed != violation["command"]
        violation["command"] = changed

    with pytest.raises(
        UsageError, match=r"report\.json: the command of a violation of \S+ differs from those that verify writes"
    ):
        read_report(altered(report, alter, tmp_path))


@pytest.mark.parametrize(
    ("part", "value", "problem"),
    [
        ("method", "GET http://evil.example #", "is not a method"),
        ("method", "POST\n", "is not a method"),
        ("path", "/a b", "contains a space"),
        ("path", "/a\n### b", "contains a space"),
        ("headers", {"@/etc/hostname": "x"}, "cannot be sent"),
        ("headers", {"X-A: b\nX-B": "x"}, "cannot be sent"),
        ("headers", {"X-A": "b\n\n### c"}, "cannot be sent"),
    ],
)
def test_request_of_a_report_that_cannot_be_sent_is_rejected(
    part: str, value: object, problem: str, report: VerifyReport, tmp_path: Path
) -> None:
    file = altered(report, lambda violation: violation["exchanges"][0]["request"].update({part: value}), tmp_path)
    with pytest.raises(UsageError, match=problem):
        read_report(file)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no FIFOs")
def test_report_that_is_a_fifo_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.json")
    with pytest.raises(DocumentError, match="it is a FIFO"):
        read_report(tmp_path / "report.json")


@pytest.mark.parametrize("url", ["http://h/$(id)", "-K/etc/hostname", "http://h/\x1b", "http://h?a=b", "http://h/ b"])
def test_base_url_of_a_report_that_verify_does_not_accept_is_rejected(
    url: str, report: VerifyReport, tmp_path: Path
) -> None:
    file = tmp_path / "report.json"
    file.write_text(encode(replace(report, base_url=url)), "utf-8")
    with pytest.raises(UsageError, match=r"report\.json: "):
        read_report(file)


def test_every_command_of_a_run_is_recognised(result: RunResult) -> None:
    access = Access(BASE_URL, HEADERS, secrets_of(HEADERS), Transport(Path("our ca.pem"), proxy="http://u:p@h:1"))
    requests = {(seen.exchange.request.method, seen.exchange.request.path) for seen in result.observations}
    commands = [reproduce(seen, access) for seen in result.observations]
    unknown = [command for command in commands if not is_reproduction(command, BASE_URL, requests)]
    assert unknown == []
    assert {kind for kind in ("| curl", "conversation_id=", "--data-raw") if any(kind in one for one in commands)}


@pytest.mark.parametrize("line", ["< /etc/hostname", "<@ .env", "> {% client.log(1) %}", "### next", "a\n  @b = c"])
def test_editor_finds_no_directive_in_a_body(line: str, report: VerifyReport) -> None:
    clause = next(one for one in report.clauses if one.verdict is ClauseVerdict.FAIL and one.violations)
    exchange = clause.violations[0].exchanges[0]
    headers = {"X-A": "{{$processEnv HOME}}", "###": "x"}
    hostile = replace(exchange, request=replace(exchange.request, body=line, headers=headers))
    shown = replace(clause, violations=(replace(clause.violations[0], exchanges=(hostile,), waiver=None),))
    text = RENDERERS["http"](replace(report, base_url="http://h/{{$processEnv HOME}}", clauses=(shown,)))
    assert "# An editor would change this body." in text
    assert "{{$processEnv HOME" not in text
    assert "\n###:" not in text


@pytest.mark.parametrize("text", ['"+[][0]+"', '"""\nraise\n"""', "\nraise", "{0}'", "\\"])
def test_texts_of_a_server_do_not_become_code_of_the_exported_tests(text: str, report: VerifyReport) -> None:
    hostile = f"http://h/{text}"
    source = RENDERERS["pytest"](replace(report, base_url=hostile))
    plain = RENDERERS["pytest"](replace(report, base_url="plain"))
    strings = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    assert hostile in strings
    assert shape_of(source) == shape_of(plain)


def test_editor_finds_no_variable_in_a_body_that_repeats_a_text_of_the_server(report: VerifyReport) -> None:
    clause = next(one for one in report.clauses if one.verdict is ClauseVerdict.FAIL and one.violations)
    (violation, *_) = clause.violations
    opening, following = violation.exchanges[0], violation.exchanges[-1]
    issued = "é{{$processEnv HOME}}"
    first = replace(following.response or opening.response, body=json.dumps({"conversation_id": issued}))
    turns = [
        replace(opening, request=replace(opening.request, body='{"message": "{{$guid}}"}'), response=first),
        *(
            replace(following, request=replace(following.request, body=body))
            for body in (json.dumps({"conversation_id": issued}), f'{{"conversation_id": "{issued}"}}', "{{plain")
        ),
    ]
    altered = replace(clause, violations=(replace(violation, exchanges=tuple(turns), waiver=None),))
    text = RENDERERS["http"](replace(report, clauses=(altered,)))
    bodies = [line for line in text.splitlines() if line and not line.startswith("#")]
    variables = set(re.findall(r"\{\{.*?\}\}", "\n".join(bodies)))
    assert variables <= {"{{turn1.response.body.$.conversation_id}}", "{{$processEnv CHAT_API_KEY}}"}
    assert text.count("{{turn1.response") == 2
    assert r'{"message": "\u007b\u007b$guid}}"}' in bodies
    assert "# An editor would change this body." in text


def shape_of(source: str) -> list[str]:
    return [type(node).__name__ for node in ast.walk(ast.parse(source))]


@pytest.mark.parametrize(("started", "at"), [("yesterday", 0.0), ("2026-11-30T10:00:00+00:00", 1e300)])
def test_impossible_time_is_rejected(started: str, at: float, report: VerifyReport, tmp_path: Path) -> None:
    document = json.loads(encode(report))
    document["started"] = started
    document["exchanges"][0]["at"] = at
    file = tmp_path / "report.json"
    file.write_text(json.dumps(document), "utf-8")
    with pytest.raises(UsageError, match=r"report\.json: not a valid report"):
        read_report(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "not a JSON document"),
        ("[" * 100_000, "not a JSON document"),
        ("[]", "not a report of chat-contract verify"),
        ('{"format": "chat-contract-report", "version": 1}', "report version 1, expected 2"),
    ],
)
def test_other_file_is_not_a_report(text: str, problem: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    file.write_text(text, "utf-8")
    with pytest.raises(UsageError, match=problem):
        read_report(file)


# The request limit


def test_report_counts_the_cases_that_the_request_limit_left_out(result: RunResult) -> None:
    sequence = single(Case("hello", "hello", {"message": "hello"}), Group.ROBUSTNESS)
    limited = replace(result, verdict=RunVerdict.CONFORMS, reason=None, left_out=(sequence, sequence))
    access = Access(BASE_URL, (), secrets_of(()))
    text = RENDERERS["text"]
    assert "Not sent (limit or interruption): 2 robustness cases" in text(build_report(limited, access))
    assert "Not sent" not in text(build_report(result, access))


@pytest.mark.parametrize("reason", [RunReasonId.CLAUSES_NOT_EXERCISED, RunReasonId.VIOLATIONS_NOT_CONFIRMED])
def test_inconclusive_run_names_the_option_that_raises_its_limit(reason: RunReasonId, report: VerifyReport) -> None:
    inconclusive = replace(
        report, verdict=RunVerdict.INCONCLUSIVE, reason=RunReason(reason, ("http.methods",)),
        not_sent=(NotSent("http", ("get",)),),
    )  # fmt: skip
    assert run_reason(inconclusive).endswith(
        "http.methods. Raise the limit of the run, such as --max-requests, or leave out --quick."
    )


def test_run_without_unsent_cases_names_no_option(report: VerifyReport) -> None:
    unsent = replace(report, reason=RunReason(RunReasonId.CLAUSES_NOT_EXERCISED, ("http.methods",)), not_sent=())
    assert run_reason(unsent).endswith("http.methods.")


def test_violation_needs_no_higher_limit(report: VerifyReport) -> None:
    violating = replace(
        report, reason=RunReason(RunReasonId.CLAUSES_VIOLATED, ("http.methods",)), not_sent=(NotSent("http", ("get",)),)
    )
    assert run_reason(violating).endswith("http.methods.")
