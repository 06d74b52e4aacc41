"""The reports: one module a format, each a function of the evidence."""

from __future__ import annotations

import json
from collections.abc import Callable

from spec_gate.evidence import Evidence
from spec_gate.reports.text import as_text


def as_json(document: Evidence) -> str:
    """Return the evidence as it is."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


RENDERERS: dict[str, Callable[[Evidence], str]] = {"text": as_text, "json": as_json}
