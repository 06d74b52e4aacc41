"""Export the JSON Schema of the report: ``python -m chat_verifier.report.schema``."""

from __future__ import annotations

import json
from pathlib import Path

from chat_verifier.report.model import VerifyReport
from kit_reports.codec import json_schema

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")


def schema_text() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(json_schema(VerifyReport), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), "utf-8")
