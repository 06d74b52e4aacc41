"""Whether what is served is what the files say: a frozen value, replaced as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chat_contract import DocumentError, DocumentsError, KitError
from chat_contract.errors import render_pointer, shorten


@dataclass(frozen=True)
class Freshness:
    """``errors`` keep what the files say now from being served; the mock goes on with what it read at ``read_at``."""

    read_at: float
    revision: int = 1
    errors: tuple[KitError, ...] = ()

    def shown(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {
            "status": "stale" if self.errors else "ok",
            "revision": self.revision,
            "read_at": datetime.fromtimestamp(self.read_at, UTC).isoformat(timespec="seconds"),
            "errors": [_shown(error) for error in self.errors],
        }


def apart(error: KitError) -> tuple[KitError, ...]:
    """Return the errors that an error holds: those in each of several files, or itself."""
    return error.errors if isinstance(error, DocumentsError) else (error,)


def _shown(error: KitError) -> dict[str, Any]:
    if not isinstance(error, DocumentError):
        return {"file": None, "line": None, "pointer": "", "problem": str(error), "value": None, "hint": ""}
    return {
        "file": error.path,
        "line": error.line,
        "pointer": render_pointer(error.pointer),
        "problem": error.problem,
        "value": shorten(error.value) if error.has_value else None,
        "hint": error.hint,
    }
