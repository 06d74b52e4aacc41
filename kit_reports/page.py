"""The page that every HTML report is: self-contained, light and dark, nothing in it can become markup by accident."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent / "templates"


def render_page(folder: Path, template: str, **values: Any) -> str:
    """Render a template of the folder; it may extend ``page.html``. Every value is escaped, always."""
    environment = Environment(
        loader=FileSystemLoader([folder, _HERE]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pretty"] = pretty
    text: str = environment.get_template(template).render(**values)
    # A lone surrogate is valid JSON, but no file can hold it.
    return text.encode("utf-8", "backslashreplace").decode()


def pretty(value: Any) -> str:
    """Lay a JSON value out; a text that is none stays as it is."""
    if isinstance(value, str):
        try:
            found = json.loads(value)
        except ValueError:
            return str(value)
        return json.dumps(found, ensure_ascii=False, indent=2)
    return json.dumps(value, ensure_ascii=False, indent=2)
