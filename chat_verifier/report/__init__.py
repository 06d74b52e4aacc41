"""The reports of a run, each made from its evidence and from nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable

from chat_verifier.report.evidence import Document
from chat_verifier.report.har import as_har
from chat_verifier.report.html import as_html
from chat_verifier.report.junit import as_junit
from chat_verifier.report.markdown import as_markdown
from chat_verifier.report.text import as_text


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
