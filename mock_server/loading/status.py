"""Whether the served snapshot matches the files: a frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chat_contract import DocumentsError, KitError


class Freshness(StrEnum):
    """Whether the mock serves the current content of the files."""

    OK = "ok"
    STALE = "stale"


@dataclass(frozen=True)
class Status:
    """When the snapshot was loaded, and the errors of the latest reload if it failed."""

    read_at: float
    """Unix time in seconds."""
    revision: int = 1
    """Increases by one with every reload, failed ones included."""
    errors: tuple[KitError, ...] = ()

    @property
    def freshness(self) -> Freshness:
        """Stale while errors keep the current files from being served."""
        return Freshness.STALE if self.errors else Freshness.OK


def split_errors(error: KitError) -> tuple[KitError, ...]:
    """Return one error per file, or the error itself if it is about one file only."""
    return error.errors if isinstance(error, DocumentsError) else (error,)
