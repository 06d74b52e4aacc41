"""Renders HTML reports: self-contained pages with a light and a dark theme. Every value is escaped."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent / "templates"


def render_page(folder: Path, template: str, **values: Any) -> str:
    """Render a template of the folder. It may extend ``page.html``. Every value is escaped."""
    environment = Environment(
        loader=FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = pretty
    text: str = environment.get_template(template).render(**values)
    # A lone surrogate is valid JSON, but UTF-8 cannot encode it.
    return text.encode("utf-8", "backslashreplace").decode()


def pretty(value: Any) -> str:
    """Return a JSON value, or a string that contains one, indented; other strings stay unchanged."""
    if isinstance(value, str):
        try:
            return json.dumps(json.loads(value), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            return str(value)
    return json.dumps(value, ensure_ascii=False, indent=2)
