"""The reports of a run, each made from its evidence and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

from contract_tests.engine.evidence import Document
from contract_tests.engine.reports.har import as_har
from contract_tests.engine.reports.html import as_html
from contract_tests.engine.reports.junit import as_junit
from contract_tests.engine.reports.markdown import as_markdown
from contract_tests.engine.reports.text import as_text


def as_json(document: Document) -> str:
    """Return the evidence itself."""
    text = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return text.encode("utf-8", "backslashreplace").decode()


RENDERERS: dict[str, Callable[[Document], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": as_markdown,
    "html": as_html,
    "junit": as_junit,
    "har": as_har,
}
