"""The JSON Schemas that ``chat-contract schema`` prints."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from chat_contract import load_contract
from chat_contract.profile import profile_schema
from chat_load.report.model import LoadReport
from chat_verifier.findings.waivers import KEYS as VERIFY_KEYS
from chat_verifier.report.schema import SCHEMA_FILE as VERIFY_FILE
from kit_cli.config import config_schema
from kit_cli.doctor.model import DoctorReport
from kit_reports.codec import json_schema
from kit_reports.waivers import waivers_schema
from mock_server.control.description import describe
from mock_server.overrides.schema import rules_schema
from mock_server.shop.editor_schemas import catalogue_schema, conversation_schema
from spec_gate.report.model import SCHEMA_FILE as DIFF_FILE
from spec_gate.report.waivers import KEYS as DIFF_KEYS
from spec_gate.severity.schema import severity_schema


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema with this name."""
    return _SCHEMAS[name]()


def _shipped(file: Path) -> dict[str, Any]:
    """Return a schema that is in the package, since pydantic's version changes what is generated from a model."""
    schema: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return schema


def _config() -> dict[str, Any]:
    from kit_cli.main import all_commands  # noqa: PLC0415 - it imports every command

    return config_schema(all_commands())


_SCHEMAS: Mapping[str, Callable[[], dict[str, Any]]] = {
    "catalogue": catalogue_schema,
    "conversation": conversation_schema,
    "rules": rules_schema,
    "waivers": lambda: waivers_schema(VERIFY_KEYS, DIFF_KEYS),
    "profile": lambda: profile_schema(load_contract()),
    "severity": severity_schema,
    "config": _config,
    "report-verify": lambda: _shipped(VERIFY_FILE),
    "report-diff": lambda: _shipped(DIFF_FILE),
    "report-load": lambda: json_schema(LoadReport),
    "report-doctor": lambda: json_schema(DoctorReport),
    "control": describe,
}
