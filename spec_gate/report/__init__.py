"""The reports: one module a format, each a function of the evidence."""

from __future__ import annotations

import json
from collections.abc import Callable

from spec_gate.report.evidence import Evidence
from spec_gate.report.github import as_github
from spec_gate.report.html import as_html
from spec_gate.report.junit import as_junit
from spec_gate.report.markdown import as_markdown
from spec_gate.report.sarif import as_sarif
from spec_gate.report.text import as_text


def as_json(document: Evidence) -> str:
    """Return the evidence as it is."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


RENDERERS: dict[str, Callable[[Evidence], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
    "junit": as_junit,
    "sarif": as_sarif,
    "github": as_github,
}
