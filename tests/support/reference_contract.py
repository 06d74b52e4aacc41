"""The reference of what the contract knows, with its sources, and of what it leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chat_contract import load_contract
from chat_contract.document.source import read_source
from chat_contract.resources import openapi_dir

_QUESTIONS_HEAD = """\
# Open questions

This page lists the questions that the documents of the API leave open.
No answer in the table violates a MUST clause.
`chat-contract verify` reports the answers of a server.
[Handle unspecified behaviour](../how-to/unspecified-behaviour.md) says what each answer means.

This page is generated from `openapi/latitude.yaml`.

| id | question | possible answers |
| --- | --- | --- |
"""
_FACTS_HEAD = """\
# Facts and their sources

This page lists the facts of the contract with their sources.
Each constraint of `openapi/chat.yaml` names the page of the API's vendor that states it, or why it is inferred.
[Documented and inferred](../explanation/documented-and-inferred.md) says what the difference means for a verdict.

This page is generated from the `x-provenance` of `openapi/chat.yaml`.
"""


def questions_page() -> str:
    """Return the page of the open questions."""
    rows = (
        f"| `{question.id}` | {question.text} | {', '.join(f'`{answer}`' for answer in question.answers)} |"
        for question in load_contract().questions.values()
    )
    return _QUESTIONS_HEAD + "\n".join(rows) + "\n"


def facts_page() -> str:
    """Return the page of the facts, by the page that states them; what is inferred comes last."""
    facts = list(_facts(read_source(openapi_dir() / "chat.yaml").value, ""))
    pages = sorted({page for page, _, _ in facts if page})
    return "\n".join([_FACTS_HEAD, *(line for page in (*pages, "") for line in _table(page, facts))])


def _table(page: str, facts: list[tuple[str, str, str]]) -> Iterator[str]:
    title, column = (f'Documented on the page "{page}"', "fact") if page else ("Inferred", "reason")
    yield from (f"## {title}", "", f"| place | {column} |", "| --- | --- |")
    yield from (f"| `{pointer or '/'}` | {text} |" for source, pointer, text in facts if source == page)
    yield ""


def _facts(value: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    """Yield the page (empty if inferred), the pointer and the text of each fact."""
    if isinstance(value, list):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return
    for entry in value.get("x-provenance", ()):
        text = entry.get("states") or entry["inferred"]
        yield entry.get("documented", ""), pointer, text
    for key, inner in value.items():
        if key != "x-provenance":
            yield from _facts(inner, f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}")
