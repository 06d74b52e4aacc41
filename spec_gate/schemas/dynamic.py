"""Dynamic references: the gate compares one schema that they lead to, and the other ones as text."""

from __future__ import annotations

from typing import Any

from spec_gate.schemas.dispatch import without_texts
from spec_gate.schemas.values import canonical_text
from spec_gate.source.documents import Document
from spec_gate.source.identifiers import dynamic


class DynamicReferences:
    """The schemas that the dynamic references of a document may lead to."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._goals: dict[str, list[str]] = {}

    def unjudged(self, value: dict[str, Any]) -> dict[str, list[str]]:
        """Return what a dynamic reference in a schema may lead to, by its keyword; nothing if it is one schema."""
        if "$dynamicRef" not in value:
            return {}
        name = str(value["$dynamicRef"]).rpartition("#")[2]
        if name not in self._goals:
            sources = self.document.sources.values()
            found = (canonical_text(without_texts(one)) for source in sources for one in dynamic(source.value, name))
            self._goals[name] = sorted(found)
        return {"$dynamicRef": self._goals[name]} if len(self._goals[name]) > 1 else {}
