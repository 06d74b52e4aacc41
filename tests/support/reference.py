"""Writes the generated pages of docs/reference, and llms.txt: python -m tests.support.reference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from tests.support.paths import ROOT
from tests.support.reference_clauses import clauses_page
from tests.support.reference_commands import commands_page
from tests.support.reference_contract import facts_page, questions_page
from tests.support.reference_exit_codes import exit_codes_page
from tests.support.reference_llms import llms_text
from tests.support.reference_rules import rules_page
from tests.support.reference_schemas import schemas_page
from tests.support.reference_tables import with_tables

PAGES: Mapping[str, Callable[[], str]] = {
    "commands": commands_page,
    "clauses": clauses_page,
    "gate-rules": rules_page,
    "open-questions": questions_page,
    "facts": facts_page,
    "schemas": schemas_page,
    "exit-codes": exit_codes_page,
    **{page: partial(with_tables, page) for page in ("limits", "configuration", "control-api", "fixtures", "rules")},
    "llms.txt": llms_text,
}


def file_of(name: str) -> Path:
    """Return the file of a generated text."""
    return ROOT / name if name == "llms.txt" else ROOT / "docs" / "reference" / f"{name}.md"


if __name__ == "__main__":
    for name, page in PAGES.items():
        file_of(name).write_text(page(), "utf-8")
