"""The oddities of both documents, as the report lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chat_contract.errors import render_pointer
from spec_gate.report import model as m
from spec_gate.source.documents import Document
from spec_gate.source.notes import MEANINGS, ReadingNote

PLACES = 20
"""Number of places that the report lists of each oddity and document."""


def oddities(base: Document, revision: Document) -> tuple[m.OddityNote, ...]:
    """Return each oddity once, with its places: those of the revision first."""
    found: dict[m.Oddity, tuple[list[ReadingNote], list[ReadingNote]]] = {}
    for side, document in ((0, base), (1, revision)):
        for note in document.notes:
            found.setdefault(note.oddity, ([], []))[side].append(note)
    return tuple(
        m.OddityNote(oddity, len(old), len(new), (*_places(revision, new), *_places(base, old)))
        for oddity, (old, new) in found.items()
    )


def _places(document: Document, notes: Sequence[ReadingNote]) -> Iterable[m.OddityPlace]:
    for note in notes[:PLACES]:
        place = note.place
        yield m.OddityPlace(
            m.Location(place.file, note.line or document.line(place), render_pointer(place.pointer)), note.detail
        )


def oddity_line(note: m.OddityNote) -> str:
    """Return a note as one line: its first place, what is odd, and how often."""
    first = note.places[0]
    detail = f": {first.detail}" if first.detail else ""
    count = max(note.base, note.revision)
    more = f" ({count} places)" if count > 1 else ""
    return f"{first.location.file}:{first.location.line}: {MEANINGS[note.oddity]}{detail}{more}"
