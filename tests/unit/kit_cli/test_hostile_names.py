"""Names and texts of others cannot control a terminal, a log or a page: no output contains a control character."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import yaml
from click.testing import CliRunner

from chat_contract import load_contract
from chat_contract.exchange import Breakdown, Request, Response
from chat_verifier.findings.causes import find_causes
from chat_verifier.findings.verdict import RunResult, clause_results, run_verdict
from chat_verifier.planning.plan import make_plan
from chat_verifier.planning.tiers import ALLOCATIONS, Tier
from chat_verifier.report import RENDERERS
from chat_verifier.report.build import build_report
from chat_verifier.report.reproduce import Access
from chat_verifier.run.reference_server import ReferenceServer
from chat_verifier.run.runner import Runner
from kit_cli.main import cli
from kit_cli.outputs import Output, write_outputs
from kit_http.redaction.secrets import secrets_of
from kit_reports.visible import visible_text
from spec_gate.report.formats import FORMATS

HOSTILE = "a\x1b[31m\u202eb\u2066c\x85d\u2028e\r::error::f\x07\x7f\u200f\ufeff"
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
CONTRACT = load_contract()


def document(*, required: bool) -> str:
    schema = {
        "type": "object",
        "properties": {HOSTILE: {"type": "string", "enum": [HOSTILE, "x"] if required else ["x"]}},
        "required": [HOSTILE] if required else [],
        "description": HOSTILE,
    }
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    operation = {"operationId": HOSTILE, "requestBody": body, "responses": {"200": {"description": HOSTILE}}}
    paths = {f"/{HOSTILE}": {"post": operation}, f"/gone{HOSTILE}": {"get": operation}}
    if required:
        del paths[f"/gone{HOSTILE}"]
    return yaml.safe_dump({"openapi": "3.1.0", "info": {"title": HOSTILE, "version": "1"}, "paths": paths})


def test_reports_of_diff_escape_names_of_documents(tmp_path: Path) -> None:
    base, revision = tmp_path / "base.yaml", tmp_path / "revision.yaml"
    base.write_text(document(required=False))
    revision.write_text(document(required=True))
    reports = [f"--report={name}={tmp_path / name}.out" for name in FORMATS]
    result = CliRunner().invoke(cli, ["diff", str(base), str(revision), *reports, "--report", "text"])
    assert result.exit_code == 1, result.output
    assert FORBIDDEN.search(result.output) is None
    written = {name: (tmp_path / f"{name}.out").read_text("utf-8") for name in FORMATS}
    assert {name: found for name, text in written.items() if (found := FORBIDDEN.findall(text))} == {}
    assert [name for name, text in written.items() if "u202e" not in text] == []
    assert "\u202e" in json.dumps(json.loads(written["json"]), ensure_ascii=False)
    assert not [line for line in written["github"].splitlines() if not line.startswith(("::error file=", "::warning "))]
    ET.fromstring(written["junit"])


class Hostile(ReferenceServer):
    """Puts control characters into every reply."""

    def send(self, request: Request) -> Response | Breakdown:
        response = super().send(request)
        if not isinstance(response, Response) or response.status != 200:
            return response
        reply = {**json.loads(response.body), HOSTILE: HOSTILE, "items": [{"item_id": HOSTILE, "title": 5}]}
        return Response(200, (*response.headers, ("X-Name", "\x85\x9b31m")), json.dumps(reply).encode(), 0.25)


@pytest.mark.parametrize("name", RENDERERS)
def test_reports_of_verify_escape_texts_of_the_server(name: str, result: RunResult, tmp_path: Path) -> None:
    report = build_report(result, Access("http://127.0.0.1:1/v1", (), secrets_of(())))
    write_outputs([Output(tmp_path / "report", lambda: RENDERERS[name](report))])
    written = (tmp_path / "report").read_text("utf-8")
    assert FORBIDDEN.findall(written) == []
    if name in {"json", "har", "sarif"}:
        json.loads(written)


@pytest.fixture(scope="module")
def result() -> RunResult:
    runner = Runner(CONTRACT, Hostile(CONTRACT))
    runner.play(make_plan(CONTRACT, ALLOCATIONS[Tier.QUICK].sizes).sequences[:20])
    causes = find_causes(runner, runner.journal.observations)
    clauses = clause_results(CONTRACT, runner.journal.observations, causes, strict=True, skipped={})
    verdict, reason = run_verdict(clauses)
    observations = tuple(runner.journal.observations)
    started = "2026-11-23T10:00:00+00:00"
    return RunResult(verdict, reason, f"http://x/{HOSTILE}", 0, 20, 1.5, clauses, {}, observations, started=started)


@pytest.mark.parametrize("arguments", [["list"], ["list", "--explain", "x"], ["check"]])
def test_fixtures_command_escapes_names_and_messages(arguments: list[str], tmp_path: Path) -> None:
    turns = [{"shopper": {"phrases": ["x"]}, "reply": HOSTILE, "items": []}]
    (tmp_path / "conversations").mkdir()
    (tmp_path / "catalogue.yaml").write_text("recorded: true\nitems: []\n")
    for name in ("a", HOSTILE.replace("/", "")):
        (tmp_path / f"conversations/{name}.yaml").write_text(yaml.safe_dump({"turns": turns}))
    result = CliRunner().invoke(cli, ["fixtures", *arguments, "--fixtures", str(tmp_path)])
    assert "u202e" in result.output or arguments == ["check"], result.output
    assert FORBIDDEN.findall(result.output) == []


def test_messages_and_notes_escape_what_they_quote(tmp_path: Path) -> None:
    for arguments in (["verify", f"ftp://{HOSTILE}"], ["diff", f"{tmp_path}/{HOSTILE}", "x"], ["explain", HOSTILE]):
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 2
        assert FORBIDDEN.findall(result.output) == [], arguments


@pytest.mark.parametrize("text", ["a\nb\tc é 🙂", '{"a": "\u202e\x7f"}'])
def test_escaped_text_keeps_its_value(text: str) -> None:
    escaped = visible_text(text)
    assert escaped == text if not text.startswith("{") else json.loads(escaped) == json.loads(text)
