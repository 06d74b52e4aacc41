"""Renews the JSON Schema of the gate's report: ``python -m tests.unit.spec_gate.write_schema``."""

from __future__ import annotations

import json

from kit_reports.codec import json_schema
from spec_gate.report.model import SCHEMA_FILE, DiffReport
from spec_gate.severity.schema import severity_schema
from tests.support.paths import ROOT

if __name__ == "__main__":
    text = json.dumps(json_schema(DiffReport), indent=2, ensure_ascii=False) + "\n"
    SCHEMA_FILE.write_text(text, "utf-8")
    schema = json.dumps(severity_schema(), indent=2) + "\n"
    (ROOT / "spec_gate/severity/severity.schema.json").write_text(schema, "utf-8")
