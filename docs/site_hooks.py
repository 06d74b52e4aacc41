"""Adapts the pages to the site.

A link to a file outside of docs/ becomes the path of this file in the repository.
The JSON Schemas become files, and the page that lists them links to these.
"""

from __future__ import annotations

import json
import posixpath
import re
from typing import Any

from mkdocs.structure.files import File, Files

from kit_cli.actions.schema import schema_of
from kit_cli.commands.schema import NAMES

_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((\.\./[^)\s]+)\)")
_SCHEMAS = "reference/schemas.md"


def on_files(files: Files, *, config: Any, **_: Any) -> Files:
    """Add the JSON Schemas."""
    for name in NAMES:
        text = json.dumps(schema_of(name), indent=2, ensure_ascii=False)
        files.append(File.generated(config, f"reference/schemas/{name}.json", content=text + "\n"))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Replace the links of a page that lead out of docs/, and add those to the JSON Schemas."""
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def replace(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(folder, link[2]))
        if target.startswith("docs/"):
            return link[0]
        return f"{link[1]} (`{target}`)" if link[1].strip("`") != target else f"`{target}`"

    text = _LINK.sub(replace, markdown)
    if page.file.src_uri == _SCHEMAS:
        text = re.sub(r"^\| `([a-z-]+)`", r"| [`\1`](schemas/\1.json)", text, flags=re.MULTILINE)
    return text
